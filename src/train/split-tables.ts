import { updateListed } from './average.js';
import type { FloatBuffer } from './engine.js';
import type { Bank, Memory } from './kernels.js';
import type { Segment } from './segments.js';
import type { MergeLayout, TableLayout } from './table-layout.js';

/*
 * Kernels read one memory. What a table in several, or in one that is not the first, has to do with the first is done here, number by
 * number, with the rounding of the kernels.
 */

const isIn = ({ from, rows }: Segment, row: number): boolean => row >= from && row < from + rows;

const segmentOf = ({ segments, name }: TableLayout, row: number): Segment => {
  for (const segment of segments) if (isIn(segment, row)) return segment;
  throw new RangeError(`${name} has no row ${row}`);
};

const bankOf = ({ banks }: Memory, { bank }: Segment): Bank => {
  const found = banks[bank];
  if (found === undefined) throw new Error(`there is no bank ${bank}`);
  return found;
};

/** As numbers of a buffer are rounded. */
const roundingOf = (floats: FloatBuffer): ((x: number) => number) => (floats instanceof Float32Array ? Math.fround : (x) => x);

/** out[r] = table[ids[r]], rows `outStride` apart. */
export const gatherSplit = (
  memory: Memory,
  table: TableLayout,
  dim: number,
  ids: number,
  count: number,
  out: number,
  outStride: number,
): void => {
  for (let r = 0; r < count; r++) {
    const row = memory.ints[ids + r] ?? 0;
    const segment = segmentOf(table, row);
    const { floats } = bankOf(memory, segment);
    const at = segment.at + (row - segment.from) * table.rowStride;
    const to = out + r * outStride;
    for (let i = 0; i < dim; i++) memory.floats[to + i] = floats[at + i] ?? NaN;
  }
};

/** The same for bags: sums, or means, of their rows; zeros for an empty one. */
export const gatherSplitBags = (
  memory: Memory,
  table: TableLayout,
  dim: number,
  ids: number,
  offsets: number,
  count: number,
  mean: boolean,
  out: number,
  outStride: number,
): void => {
  const { ints, floats: sums } = memory;
  const round = roundingOf(sums);
  for (let r = 0; r < count; r++) {
    const sum = out + r * outStride;
    sums.fill(0, sum, sum + dim);
    const from = ints[offsets + r] ?? 0;
    const to = ints[offsets + r + 1] ?? 0;
    for (let b = from; b < to; b++) {
      const row = ints[ids + b] ?? 0;
      const segment = segmentOf(table, row);
      const { floats } = bankOf(memory, segment);
      const at = segment.at + (row - segment.from) * table.rowStride;
      for (let i = 0; i < dim; i++) sums[sum + i] = (sums[sum + i] ?? NaN) + (floats[at + i] ?? NaN);
    }
    const share = mean && to > from ? round(1 / (to - from)) : 1;
    if (share !== 1) for (let i = 0; i < dim; i++) sums[sum + i] = (sums[sum + i] ?? NaN) * share;
  }
};

/** merged[p] += l2 · table[touched[p]], of one piece of the places. */
export const addSplitRows = (
  memory: Memory,
  table: TableLayout,
  { touched, merged, found, pieces }: MergeLayout,
  piece: number,
): void => {
  const { ints, floats } = memory;
  const { slotStride, rowStride } = table;
  const round = roundingOf(floats);
  const factor = round(table.l2);
  for (let p = piece; p < (ints[found] ?? 0); p += pieces) {
    const row = ints[touched + p] ?? 0;
    const segment = segmentOf(table, row);
    const weights = bankOf(memory, segment).floats;
    const at = segment.at + (row - segment.from) * rowStride;
    const to = merged + p * slotStride;
    for (let i = 0; i < slotStride; i++) floats[to + i] = (floats[to + i] ?? NaN) + round(factor * (weights[at + i] ?? NaN));
  }
};

const copyRow = (from: FloatBuffer, at: number, to: FloatBuffer, into: number, size: number): void => {
  for (let i = 0; i < size; i++) to[into + i] = from[at + i] ?? NaN;
};

/** Puts the gradients of rows `from` ≤ r < `to` of a segment, those that have one, where the kernels of its bank find them. */
export const mirrorRows = (
  { floats }: Memory,
  bank: Bank,
  { placeOf = 0, mirror }: Segment,
  { merged }: MergeLayout,
  slotStride: number,
  from: number,
  to: number,
): void => {
  if (mirror === undefined) return;
  for (let row = from; row < to; row++) {
    const place = bank.ints[placeOf + row] ?? 0;
    if (place === 0) continue;
    const of = (place - 1) * slotStride;
    copyRow(floats, merged + of, bank.floats, mirror.merged + of, slotStride);
  }
};

/** Updates the touched rows of places `from` ≤ p < `from` + `count`, segment by segment, with the kernels of its bank. */
export const updateSplitRows = (
  memory: Memory,
  table: TableLayout,
  { touched, merged }: MergeLayout,
  from: number,
  count: number,
  step: number,
): void => {
  const { segments, slotStride } = table;
  for (const segment of segments) {
    const { floats, ints, kernels } = bankOf(memory, segment);
    const { mirror, at } = segment;
    if (mirror === undefined) continue;
    let next = from;
    for (let p = from; p < from + count; p++) {
      const row = memory.ints[touched + p] ?? 0;
      if (!isIn(segment, row)) continue;
      ints[mirror.touched + next] = row - segment.from;
      copyRow(memory.floats, merged + p * slotStride, floats, mirror.merged + next * slotStride, slotStride);
      next++;
    }
    const gradients = mirror.merged + from * slotStride;
    updateListed(kernels, table, { at, touched: mirror.touched + from, count: next - from, gradients }, step);
  }
};
