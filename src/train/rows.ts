import type { FloatBuffer } from './engine.js';

/** The rows of a batch that a shard takes: `order[from]` …, or, without an order, rows `from` …; `real` of them. */
export type FillRows = (shard: number, order: Int32Array | undefined, from: number, real: number) => void;

/** Padding repeats the last row: zeros would be NaN under a norm, and NaN × 0 is NaN. */
export const repeatLast = (input: FloatBuffer | Int32Array, real: number, rows: number, width: number): void => {
  for (let r = real; r < rows; r++) input.copyWithin(r * width, (real - 1) * width, real * width);
};
