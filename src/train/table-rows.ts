import type { FloatBuffer } from './engine.js';
import type { Memory } from './kernels.js';
import type { SlotPlace, TableLayout } from './table-layout.js';

type Numbers = (floats: FloatBuffer, at: number) => void;

/** Visits rows `from` ≤ r < `to` of a table in order: `at` is where the row is in its bank. */
const eachRow = ({ banks }: Memory, { segments, rowStride }: TableLayout, from: number, to: number, visit: Numbers): void => {
  for (const segment of segments) {
    const { floats } = banks[segment.bank] ?? {};
    if (floats === undefined) throw new Error(`there is no bank ${segment.bank}`);
    const end = Math.min(to, segment.from + segment.rows);
    for (let row = Math.max(from, segment.from); row < end; row++) visit(floats, segment.at + (row - segment.from) * rowStride);
  }
};

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
  eachRow(memory, table, from, to, (floats, at) => {
    for (let i = 0; i < width; i++) values[next++] = floats[at + offset + i] ?? NaN;
  });
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
  eachRow(memory, table, from, to, (floats, at) => {
    for (let i = 0; i < width; i++) floats[at + offset + i] = values[next++] ?? NaN;
  });
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
  eachRow(memory, table, from, to, (floats, at) => {
    for (let i = 0; i < width; i++) floats[at + offset + i] = value;
  });
};
