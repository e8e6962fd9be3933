import type { Part } from '../../code/parts.js';

export type BatchName = 'bags' | 'bagsOf' | 'numbersOf' | 'takeBags' | 'takeNumbers';

/** How features of rows become columns, and rows are taken of them. */
export const batchParts: Readonly<Record<BatchName, Part<BatchName>>> = {
  bags: {
    uses: [],
    code: `
/** Any number of ids a row: those of row i are \`ids[offsets[i]]\` … \`ids[offsets[i + 1] - 1]\`. */
export interface Bags {
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
}`,
  },
  bagsOf: {
    uses: ['bags'],
    code: `
function bagsOf(rows: readonly (readonly number[])[]): Bags {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((ids, i) => (offsets[i + 1] = offsets[i] + ids.length));
  const ids = new Int32Array(offsets[rows.length]);
  rows.forEach((row, i) => {
    ids.set(row, offsets[i]);
  });
  return { ids, offsets };
}`,
  },
  numbersOf: {
    uses: [],
    code: `
function numbersOf(rows: readonly (readonly number[])[], width: number): Float32Array {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    values.set(row, i * width);
  });
  return values;
}`,
  },
  takeBags: {
    uses: ['bags'],
    code: `
function takeBags({ ids, offsets }: Bags, rows: Int32Array): Bags {
  const taken = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (taken[i + 1] = taken[i] + offsets[row + 1] - offsets[row]));
  const all = new Int32Array(taken[rows.length]);
  rows.forEach((row, i) => {
    all.set(ids.subarray(offsets[row], offsets[row + 1]), taken[i]);
  });
  return { ids: all, offsets: taken };
}`,
  },
  takeNumbers: {
    uses: [],
    code: `
function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}`,
  },
};
