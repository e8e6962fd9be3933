import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly age: Float32Array;
  readonly employed: Float32Array;
  readonly rum: Float32Array;
  readonly soda: Float32Array;
  readonly almonds: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly clicks: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    age: Float32Array.from(rows, (row) => row.age),
    employed: Float32Array.from(rows, (row) => row.employed),
    rum: Float32Array.from(rows, (row) => row.rum),
    soda: Float32Array.from(rows, (row) => row.soda),
    almonds: Float32Array.from(rows, (row) => row.almonds),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),

    labels: { clicks: Float32Array.from(rows, ({ labels }) => labels.clicks) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    age: takeNumbers(batch.age, 1, rows),
    employed: takeNumbers(batch.employed, 1, rows),
    rum: takeNumbers(batch.rum, 1, rows),
    soda: takeNumbers(batch.soda, 1, rows),
    almonds: takeNumbers(batch.almonds, 1, rows),
    labels: { clicks: takeNumbers(batch.labels.clicks, 1, rows) },
  };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
