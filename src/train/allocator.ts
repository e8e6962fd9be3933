import type { BankSize } from './kernels.js';

export type MemoryPart = 'tables' | 'optimizer state' | 'dense weights' | 'gradients' | 'batches';

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Hands out the places of the first bank's floats, ints and doubles, and counts what all banks are for. */
export interface Allocator {
  readonly floats: (parts: readonly (readonly [MemoryPart, number])[]) => number;
  readonly ints: (part: MemoryPart, numbers: number) => number;
  readonly doubles: (numbers: number) => number;
  /** Counts numbers of four bytes that another one gives their place. */
  readonly count: (part: MemoryPart, numbers: number) => void;
  readonly taken: () => BankSize;
  readonly parts: () => readonly { readonly part: MemoryPart; readonly bytes: number }[];
}

export const createAllocator = (): Allocator => {
  let floats = 0;
  let ints = 0;
  let doubles = 0;
  const bytes = new Map<MemoryPart, number>();
  const count = (part: MemoryPart, numbers: number): void => void bytes.set(part, (bytes.get(part) ?? 0) + 4 * numbers);
  return {
    count,
    floats: (parts) => {
      const at = floats;
      for (const [part, numbers] of parts) {
        count(part, numbers);
        floats += numbers;
      }
      floats = roundUp(floats, 16);
      return at;
    },
    ints: (part, numbers) => {
      const at = ints;
      count(part, numbers);
      ints = roundUp(ints + numbers, 16);
      return at;
    },
    doubles: (numbers) => {
      const at = doubles;
      doubles = roundUp(doubles + numbers, 8);
      return at;
    },
    taken: () => ({ floats, ints, doubles }),
    parts: () => [...bytes].map(([part, size]) => ({ part, bytes: size })),
  };
};
