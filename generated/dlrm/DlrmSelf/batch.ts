import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly userId: Int32Array;
  readonly movieId: Int32Array;
  readonly gender: Int32Array;
  readonly age: Float32Array;
  readonly occupation: Int32Array;
  readonly zipCode: Int32Array;
  readonly genres: Bags;
  /** [rows, 4] */
  readonly seenAt: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly liked: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    userId: Int32Array.from(rows, (row) => row.userId),
    movieId: Int32Array.from(rows, (row) => row.movieId),
    gender: Int32Array.from(rows, (row) => row.gender),
    age: Float32Array.from(rows, (row) => row.age),
    occupation: Int32Array.from(rows, (row) => row.occupation),
    zipCode: Int32Array.from(rows, (row) => row.zipCode),
    genres: bagsOf(rows.map((row) => row.genres)),
    seenAt: numbersOf(
      rows.map((row) => row.seenAt),
      4,
    ),
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
    gender: rows.map((row) => batch.gender[row]),
    age: takeNumbers(batch.age, 1, rows),
    occupation: rows.map((row) => batch.occupation[row]),
    zipCode: rows.map((row) => batch.zipCode[row]),
    genres: takeBags(batch.genres, rows),
    seenAt: takeNumbers(batch.seenAt, 4, rows),
    labels: { liked: takeNumbers(batch.labels.liked, 1, rows) },
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

function numbersOf(rows: readonly (readonly number[])[], width: number): Float32Array {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    values.set(row, i * width);
  });
  return values;
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
