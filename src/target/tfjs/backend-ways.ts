import { sumByScatter, sumByTree, type SumPlan } from './sums.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** Rows of a table that a batch has: [places], and behind them, up to a fixed size, the table's spare row. */
export interface TouchedRows {
  readonly rows: Int32Array;
  /** How many of them are the batch's. */
  readonly count: number;
  /** Of the table, its spare row included. */
  readonly tableRows: number;
}

/**
 * How a backend does what its kernels do at very different cost. Backends on a GPU compile a shader for each size, and add to one place
 * from many threads slowly or in any order.
 */
export interface BackendWays {
  /** The size that `count` numbers are padded to. */
  readonly sizeFor: (count: number) => number;
  /** Rows behind a table's own, which padding reads and writes. */
  readonly spareRows: number;
  /** Plans sums of rows: row i goes to sum `of[i]` of so many, or to none if that is -1. */
  readonly planSum: (of: Int32Array, sums: number) => SumPlan;
  /** The table with other values in the rows that are touched. */
  readonly write: (tf: TfjsNamespace, table: Tensor, touched: TouchedRows, values: Tensor) => Tensor;
  /** Values of the touched rows, in a table of zeros. */
  readonly spread: (tf: TfjsNamespace, touched: TouchedRows, values: Tensor) => Tensor;
  /** Whether ids pass through float32, which knows no whole numbers beyond 2²⁴. */
  readonly hasFloatIds: boolean;
}

/** At most a quarter is padding, and four sizes lie between a power of two and the next. */
export const roundSize = (count: number): number => {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, count))) - 2);
  return Math.max(4, Math.ceil(count / step) * step);
};

/** Truth values or whole numbers as float32. A cast of webgpu keeps them as they are, which its sums and transpositions cannot read. */
export const asFloat = (tf: TfjsNamespace, x: Tensor): Tensor =>
  tf.getBackend() === 'webgpu' && x.dtype !== 'float32' ? tf.tidy(() => tf.mul(tf.cast(x, 'float32'), 1)) : tf.cast(x, 'float32');

const asIndices = (tf: TfjsNamespace, rows: Int32Array): Tensor => tf.tensor2d(rows, [rows.length, 1], 'int32');

const writeByScatter: BackendWays['write'] = (tf, table, { rows }, values) =>
  tf.tensorScatterUpdate(table, asIndices(tf, rows), values);

const spreadByScatter: BackendWays['spread'] = (tf, { rows, tableRows }, values) =>
  tf.scatterND(asIndices(tf, rows), values, [tableRows, values.shape[1] ?? 1]);

/** For each row of the table its place, or `none`. */
const placesOf = ({ rows, count, tableRows }: TouchedRows, none: number): Int32Array => {
  const places = new Int32Array(tableRows).fill(none);
  for (let place = 0; place < count; place++) places[rows[place] ?? 0] = place;
  return places;
};

const writeByGather: BackendWays['write'] = (tf, table, touched, values) => {
  const places = tf.tensor1d(placesOf(touched, -1), 'int32');
  const isTouched = tf.greaterEqual(tf.reshape(places, [touched.tableRows, 1]), 0);
  const at = tf.cast(tf.maximum(places, 0), 'int32');
  return tf.where(isTouched, tf.gather(values, at), table);
};

const spreadByGather: BackendWays['spread'] = (tf, touched, values) => {
  const [count = 0, width = 1] = values.shape;
  return tf.gather(tf.concat([values, tf.zeros([1, width])]), tf.tensor1d(placesOf(touched, count), 'int32'));
};

const onProcessor: BackendWays = {
  sizeFor: (count) => count,
  spareRows: 0,
  planSum: sumByScatter,
  write: writeByScatter,
  spread: spreadByScatter,
  hasFloatIds: false,
};

const onGpu: BackendWays = {
  sizeFor: roundSize,
  spareRows: 1,
  planSum: (of, sums) => sumByTree(of, sums, roundSize),
  write: writeByScatter,
  spread: spreadByScatter,
  hasFloatIds: false,
};

/** WebGL scatters by looking, from every element, for the row that goes there. */
const onWebgl: BackendWays = { ...onGpu, write: writeByGather, spread: spreadByGather, hasFloatIds: true };

const waysOf: Readonly<Record<string, BackendWays>> = {
  cpu: onProcessor,
  wasm: onProcessor,
  tensorflow: onProcessor,
  webgpu: onGpu,
  webgl: onWebgl,
};

/** The ways of the backend that is set; those of WebGL, which need the least, for one that is not known. */
export const backendWays = (tf: TfjsNamespace): BackendWays => waysOf[tf.getBackend()] ?? onWebgl;
