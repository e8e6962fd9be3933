import { freemem, totalmem } from 'node:os';
import type { EncodedRows } from '../encode/program.js';
import type { Session } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { plainMemory } from './plain-kernels.js';
import { bankBytes } from './segments.js';
import { copiedBytes } from './state.js';
import { wasmMemory } from './wasm-kernels.js';

/**
 * Memory for a layout, all zero: float64 and plain loops for an engine that computes in float64, else float32 in WebAssembly.
 * @param held rows that are in memory already, which only the sum in a message is told
 * @throws TrainError `out-of-memory`, with the sum: a system that has no more would rather kill the process
 */
export const reserve = (layout: Layout, isFloat64: boolean, held: readonly EncodedRows[] = [], machine = freeBytes()): Memory => {
  const { banks } = layout;
  refuseOverflow(layout, isFloat64, held, machine);
  if (!isFloat64) return wasmMemory(banks);
  try {
    return plainMemory(
      banks.map(({ floats, ints }) => ({ floats: new Float64Array(floats), ints: new Int32Array(ints) })),
      new Float64Array(banks[0]?.doubles ?? 0),
    );
  } catch {
    const numbers = banks.reduce((sum, { floats }) => sum + floats, 0);
    throw trainError('out-of-memory', `there is no room for ${numbers} float64 numbers`);
  }
};

/** Whether an engine computes in float64. */
export const isFloat64 = ({ outputs }: Session): boolean =>
  Object.values(outputs).some((output) => output instanceof Float64Array);

/** What this process may still take. Only Linux counts the memory of its file cache as free, so that elsewhere all of it is. */
const freeBytes = (): number => {
  const limit = process.constrainedMemory() || Infinity;
  return Math.min(process.platform === 'linux' ? freemem() : totalmem(), limit - process.memoryUsage.rss());
};

type Part = readonly [name: string, bytes: number];

/** @throws TrainError `out-of-memory` with the sum and its parts, if the layout needs more than `free` bytes. */
export const refuseOverflow = (layout: Layout, isFloat64: boolean, held: readonly EncodedRows[], free: number): void => {
  const { banks, training } = layout;
  const scale = isFloat64 ? 2 : 1;
  const counted = layout.parts.map(({ part, bytes }): Part => [part, bytes * scale]);
  const bytes = isFloat64
    ? banks.reduce((sum, { floats, ints, doubles }) => sum + 8 * (floats + doubles) + 4 * ints, 0)
    : banks.reduce((sum, bank) => sum + bankBytes(bank), 0);
  // Training keeps a copy of the best weights, unless they are too many.
  const best = counted.reduce((sum, [part, size]) => sum + (part === 'tables' || part === 'dense weights' ? size : 0), 0);
  const copied = training === undefined || best > copiedBytes ? 0 : best;
  if (bytes + copied <= free) return;
  const rows = held.reduce((sum, one) => sum + rowBytes(one), 0);
  const needed = bytes + copied + rows;
  const named = [...counted, ['best weights', copied] as const, ['encoded rows', rows] as const];
  const parts = named
    .filter(([, size]) => size >= needed / 200)
    .sort(([, a], [, b]) => b - a)
    .map(([part, size]) => `${part} ${gibibytes(size)}`);
  throw trainError(
    'out-of-memory',
    `training needs ${gibibytes(needed)} (${parts.join(', ')}), but there is room for ${gibibytes(free + rows)}; ` +
      'smaller dims, a larger min_count, hashing, or adagrad or sgd for the embeddings make it less',
  );
};

const rowBytes = ({ ids, bags, dense, labels }: EncodedRows): number =>
  [
    ...Object.values(ids),
    ...Object.values(bags).flatMap((bag) => [bag.ids, bag.offsets]),
    ...Object.values(dense).map(({ values }) => values),
    ...Object.values(labels),
  ].reduce((sum, { byteLength }) => sum + byteLength, 0);

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
