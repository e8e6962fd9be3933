import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly user: Int32Array;
  readonly article: Int32Array;
  readonly bought: Bags;
  readonly shelf: Bags;
  readonly place: Int32Array;
  readonly price: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly taken: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    user: Int32Array.from(rows, (row) => row.user),
    article: Int32Array.from(rows, (row) => row.article),
    bought: bagsOf(rows.map((row) => row.bought)),
    shelf: bagsOf(rows.map((row) => row.shelf)),
    place: Int32Array.from(rows, (row) => row.place),
    price: Float32Array.from(rows, (row) => row.price),
  };
}

export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),

    labels: { taken: Float32Array.from(rows, ({ labels }) => labels.taken) },
  };
}

/** Some of the rows, in this order. */
export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
    user: rows.map((row) => batch.user[row]),
    article: rows.map((row) => batch.article[row]),
    bought: takeBags(batch.bought, rows),
    shelf: takeBags(batch.shelf, rows),
    place: rows.map((row) => batch.place[row]),
    price: takeNumbers(batch.price, 1, rows),
    labels: { taken: takeNumbers(batch.labels.taken, 1, rows) },
  };
}

/** Any number of ids a row: those of row i are `ids[offsets[i]]` … `ids[offsets[i + 1] - 1]`. */
export interface Bags {
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
}

function bagsOf(rows: readonly (readonly number[])[]): Bags {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((ids, i) => (offsets[i + 1] = offsets[i] + ids.length));
  const ids = new Int32Array(offsets[rows.length]);
  rows.forEach((row, i) => {
    ids.set(row, offsets[i]);
  });
  return { ids, offsets };
}

function takeBags({ ids, offsets }: Bags, rows: Int32Array): Bags {
  const taken = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (taken[i + 1] = taken[i] + offsets[row + 1] - offsets[row]));
  const all = new Int32Array(taken[rows.length]);
  rows.forEach((row, i) => {
    all.set(ids.subarray(offsets[row], offsets[row + 1]), taken[i]);
  });
  return { ids: all, offsets: taken };
}

function takeNumbers(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < width; j++) taken[i * width + j] = values[rows[i] * width + j];
  return taken;
}
