import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly movieId: Int32Array;
  readonly userId: Int32Array;
  readonly gender: Int32Array;
  readonly zipCode: Int32Array;
  readonly occupation: Int32Array;
  readonly age: Int32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly rating: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    movieId: Int32Array.from(rows, (row) => row.movieId),
    userId: Int32Array.from(rows, (row) => row.userId),
    gender: Int32Array.from(rows, (row) => row.gender),
    zipCode: Int32Array.from(rows, (row) => row.zipCode),
    occupation: Int32Array.from(rows, (row) => row.occupation),
    age: Int32Array.from(rows, (row) => row.age),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),

    labels: { rating: Float32Array.from(rows, ({ labels }) => labels.rating) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    movieId: rows.map((row) => batch.movieId[row]),
    userId: rows.map((row) => batch.userId[row]),
    gender: rows.map((row) => batch.gender[row]),
    zipCode: rows.map((row) => batch.zipCode[row]),
    occupation: rows.map((row) => batch.occupation[row]),
    age: rows.map((row) => batch.age[row]),
    labels: { rating: takeNumbers(batch.labels.rating, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
