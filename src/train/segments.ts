import { roundUp } from './allocator.js';
import { trainError } from './errors.js';
import type { BankSize } from './kernels.js';

/** Rows `from` ≤ r < `from` + `rows` of a table, all in one bank, with all that is remembered of them. */
export interface Segment {
  readonly bank: number;
  /** Where the first of the rows is. */
  readonly at: number;
  readonly from: number;
  readonly rows: number;
  /** Of a table whose rows are all updated: 1 + the place of each row's gradient, 0 where the batch has none; all 0 between steps. */
  readonly placeOf?: number;
  /** Copies of touched rows and their gradients, for the kernels of a bank that has not the table's own. */
  readonly mirror?: { readonly touched: number; readonly merged: number };
}

/** A table as a number of numbers. */
export interface TableNeed {
  readonly rows: number;
  readonly rowStride: number;
  readonly slotStride: number;
  /** Most rows that a batch can touch. */
  readonly distinct: number;
  readonly isSwept: boolean;
}

/** Bytes of a WebAssembly memory: Node 20 has none with 64 bits. */
export const largestBank = 2 ** 32;

/** The first bytes of a bank are left to what the kernels' compiler may keep there. */
export const reservedBytes = 1024;

/** Bytes of a bank. */
export const bankBytes = ({ floats, ints, doubles }: BankSize): number => reservedBytes + 8 * doubles + 4 * (floats + ints);

/** Numbers that rounding up may cost. */
const slack = 64;

/**
 * Puts tables into the first bank, beside what is there, and into more banks of at most `largest` bytes as far as they are needed; the
 * smaller ones first, so that few are split. Every further bank begins with `scalars` floats, those of the first bank.
 * @throws TrainError `out-of-memory` if what is not tables does not fit into one bank
 */
export const placeTables = (
  needs: readonly TableNeed[],
  first: BankSize,
  scalars: number,
  largest: number,
): { readonly segments: readonly (readonly Segment[])[]; readonly banks: readonly BankSize[] } => {
  if (bankBytes(first) > largest)
    throw trainError(
      'out-of-memory',
      `dense weights, gradients and batches need ${(bankBytes(first) / 2 ** 30).toFixed(2)} GiB, but can have ` +
        `${(largest / 2 ** 30).toFixed(2)} GiB; a smaller batch or smaller layers make it less`,
    );
  const banks: { floats: number; ints: number; doubles: number }[] = [{ ...first }];
  let bank = 0;
  const room = (): number => Math.floor((largest - bankBytes(banks[bank] ?? first)) / 4) - slack;
  const take = (kind: 'floats' | 'ints', numbers: number): number => {
    const size = banks[bank] ?? { floats: 0, ints: 0, doubles: 0 };
    const at = size[kind];
    size[kind] = roundUp(at + numbers, 16);
    return at;
  };
  const place = ({ rows, rowStride, slotStride, distinct, isSwept }: TableNeed): readonly Segment[] => {
    const each = rowStride + (isSwept ? 1 : 0);
    const segment = (from: number, count: number): Segment => ({
      bank,
      from,
      rows: count,
      at: take('floats', count * rowStride),
      ...(isSwept && { placeOf: take('ints', count) }),
    });
    if (bank === 0 && rows * each <= room()) return [segment(0, rows)];
    const segments: Segment[] = [];
    for (let from = 0, isFresh = false; from < rows;) {
      const count = Math.min(rows - from, Math.floor((room() - distinct * (slotStride + 1)) / each));
      if (count > 0) {
        const mirror = { touched: take('ints', distinct), merged: take('floats', distinct * slotStride) };
        segments.push({ ...segment(from, count), mirror });
        from += count;
      } else if (isFresh) throw trainError('out-of-memory', `a row and its gradients do not fit into ${largest} bytes`);
      isFresh = count <= 0;
      if (isFresh) bank = banks.push({ floats: scalars, ints: 0, doubles: 0 }) - 1;
    }
    return segments;
  };
  const bySize = needs
    .map((need, t) => ({ need, t }))
    .sort((a, b) => a.need.rows * a.need.rowStride - b.need.rows * b.need.rowStride);
  const segments = new Array<readonly Segment[]>(needs.length);
  for (const { need, t } of bySize) segments[t] = place(need);
  return { segments, banks };
};
