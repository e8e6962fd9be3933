import type { EncodedRow, TrainingRow } from './encoder.js';

/** Rows as columns. */
export interface Batch {
  /** How many there are. */
  readonly rows: number;
  readonly userId: Int32Array;
  readonly filmId: Int32Array;
  readonly device: Int32Array;
  readonly zipCode: Int32Array;
  readonly slot: Int32Array;
  readonly genres: Bags;
  readonly seen: Bags;
  readonly age: Int32Array;
  readonly price: Float32Array;
  /** [rows, 3] */
  readonly title: Float32Array;
  /** [rows, 4] */
  readonly seenAt: Float32Array;
  /** [rows, 2] */
  readonly boughtAt: Float32Array;
  readonly userGenre: Int32Array;
  readonly late: Float32Array;
}

export interface TrainingBatch extends Batch {
  readonly labels: { readonly liked: Float32Array };
}

export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
    userId: Int32Array.from(rows, (row) => row.userId),
    filmId: Int32Array.from(rows, (row) => row.filmId),
    device: Int32Array.from(rows, (row) => row.device),
    zipCode: Int32Array.from(rows, (row) => row.zipCode),
    slot: Int32Array.from(rows, (row) => row.slot),
    genres: bagsOf(rows.map((row) => row.genres)),
    seen: bagsOf(rows.map((row) => row.seen)),
    age: Int32Array.from(rows, (row) => row.age),
    price: Float32Array.from(rows, (row) => row.price),
    title: numbersOf(
      rows.map((row) => row.title),
      3,
    ),
    seenAt: numbersOf(
      rows.map((row) => row.seenAt),
      4,
    ),
    boughtAt: numbersOf(
      rows.map((row) => row.boughtAt),
      2,
    ),
    userGenre: Int32Array.from(rows, (row) => row.userGenre),
    late: Float32Array.from(rows, (row) => row.late),
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
    filmId: rows.map((row) => batch.filmId[row]),
    device: rows.map((row) => batch.device[row]),
    zipCode: rows.map((row) => batch.zipCode[row]),
    slot: rows.map((row) => batch.slot[row]),
    genres: takeBags(batch.genres, rows),
    seen: takeBags(batch.seen, rows),
    age: rows.map((row) => batch.age[row]),
    price: takeNumbers(batch.price, 1, rows),
    title: takeNumbers(batch.title, 3, rows),
    seenAt: takeNumbers(batch.seenAt, 4, rows),
    boughtAt: takeNumbers(batch.boughtAt, 2, rows),
    userGenre: rows.map((row) => batch.userGenre[row]),
    late: takeNumbers(batch.late, 1, rows),
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
