import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly userId: Int32Array;
  readonly movieId: Int32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly liked: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    userId: Int32Array.from(rows, (row) => row.userId),
    movieId: Int32Array.from(rows, (row) => row.movieId),
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
    userId: rows.map((row) => batch.userId[row]),
    movieId: rows.map((row) => batch.movieId[row]),
    labels: { liked: takeNumbers(batch.labels.liked, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
