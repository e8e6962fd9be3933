import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly user: Int32Array;
  readonly price: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly liked: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    user: Int32Array.from(rows, (row) => row.user),
    price: Float32Array.from(rows, (row) => row.price),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),

    labels: { liked: Float32Array.from(rows, ({ labels }) => labels.liked) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    user: rows.map((row) => batch.user[row]),
    price: takeNumbers(batch.price, 1, rows),
    labels: { liked: takeNumbers(batch.labels.liked, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
