import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly author: Int32Array;
  readonly topic: Int32Array;
  readonly pages: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly shelf: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    author: Int32Array.from(rows, (row) => row.author),
    topic: Int32Array.from(rows, (row) => row.topic),
    pages: Float32Array.from(rows, (row) => row.pages),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),

    labels: { shelf: Float32Array.from(rows, ({ labels }) => labels.shelf) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    author: rows.map((row) => batch.author[row]),
    topic: rows.map((row) => batch.topic[row]),
    pages: takeNumbers(batch.pages, 1, rows),
    labels: { shelf: takeNumbers(batch.labels.shelf, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
