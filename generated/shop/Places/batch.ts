import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly user: Int32Array;
  readonly article: Int32Array;
}

export interface TrainingBatch extends Batch {
  readonly place: Int32Array;
  readonly labels: { readonly taken: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    user: Int32Array.from(rows, (row) => row.user),
    article: Int32Array.from(rows, (row) => row.article),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),
    place: Int32Array.from(rows, ({ features }) => features.place),
    labels: { taken: Float32Array.from(rows, ({ labels }) => labels.taken) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    user: rows.map((row) => batch.user[row]),
    article: rows.map((row) => batch.article[row]),
    place: rows.map((row) => batch.place[row]),
    labels: { taken: takeNumbers(batch.labels.taken, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
