import type { FloatBuffer } from './engine.js';
import type { Memory } from './kernels.js';
import type { SlotPlace, TableLayout } from './table-layout.js';

/** Rows that lie one after the other in one bank, the first of them at `at`. */
interface Span {
  readonly floats: FloatBuffer;
  readonly at: number;
  readonly count: number;
}

/** Where rows `from` ≤ r < `to` of a table are, in order. */
const spansOf = ({ banks }: Memory, { segments, rowStride, name }: TableLayout, from: number, to: number): readonly Span[] =>
  segments.flatMap((segment) => {
    const { floats } = banks[segment.bank] ?? {};
    if (floats === undefined) throw new Error(`${name} has no bank ${segment.bank}`);
    const first = Math.max(from, segment.from);
    const count = Math.min(to, segment.from + segment.rows) - first;
    return count > 0 ? [{ floats, at: segment.at + (first - segment.from) * rowStride, count }] : [];
  });

/** A part of each of the rows, one after the other, in the numbers of the memory. */
export const readRows = (
  memory: Memory,
  table: TableLayout,
  { offset, width }: SlotPlace,
  from: number,
  to: number,
): FloatBuffer => {
  const size = (to - from) * width;
  const values = memory.floats instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  let next = 0;
  for (const { floats, at, count } of spansOf(memory, table, from, to))
    for (let r = 0, row = at + offset; r < count; r++, row += table.rowStride)
      for (let i = 0; i < width; i++) values[next++] = floats[row + i] ?? NaN;
  return values;
};

/** The opposite: `values` are those of rows `from` ≤ r < `to`. */
export const writeRows = (
  memory: Memory,
  table: TableLayout,
  { offset, width }: SlotPlace,
  from: number,
  to: number,
  values: FloatBuffer,
): void => {
  let next = 0;
  for (const { floats, at, count } of spansOf(memory, table, from, to))
    for (let r = 0, row = at + offset; r < count; r++, row += table.rowStride)
      for (let i = 0; i < width; i++) floats[row + i] = values[next++] ?? NaN;
};

/** Gives a part of each of the rows one value. */
export const fillRows = (
  memory: Memory,
  table: TableLayout,
  { offset, width }: SlotPlace,
  from: number,
  to: number,
  value: number,
): void => {
  for (const { floats, at, count } of spansOf(memory, table, from, to))
    for (let r = 0, row = at + offset; r < count; r++, row += table.rowStride)
      for (let i = 0; i < width; i++) floats[row + i] = value;
};
