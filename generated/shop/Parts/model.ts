import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform, normal } from './random.js';

export interface Weights {
  /** `wide.3.embed` [1] */
  readonly wide3Embed: tf.Variable;
  /** `wide.bias` [1] */
  readonly wideBias: tf.Variable;
  /** `crossed.weight` [1, 11] */
  readonly crossedWeight: tf.Variable;
  /** `crossed.bias` [1] */
  readonly crossedBias: tf.Variable;
  /** `fixed.weight` [4], keeps its first values */
  readonly fixedWeight: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 12 rows of 4. */
  readonly user: Table;
  /** V(article) rows of 4. */
  readonly articles: Table;
  /** V(shelf) rows of 4. */
  readonly shelf: Table;
  /** 12 rows of 1. */
  readonly wide0Embed: Table;
  /** V(article) rows of 1. */
  readonly wide1Embed: Table;
  /** V(shelf) rows of 1. */
  readonly wide2Embed: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly user: tf.Tensor;
  /** [rows, 1] */
  readonly wide0Embed: tf.Tensor;
  /** [rows, 4] */
  readonly article: tf.Tensor;
  /** [rows, 1] */
  readonly wide1Embed: tf.Tensor;
  /** [rows, 4] */
  readonly bought: tf.Tensor;
  /** [rows, 4] */
  readonly shelf: tf.Tensor;
  /** [rows, 1] */
  readonly wide2Embed: tf.Tensor;
  /** [rows] */
  readonly placeCode: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
}

/**
 * Elements `at` of one axis. Each has its own gradient here, since that of `tf.gather` adds segments, which not every backend can:
 * an element gets the sum of what was taken of it, looked up in a list of those places.
 */
function take(x: tf.Tensor, at: number[], axis: number): tf.Tensor {
  const size = x.shape[axis] ?? 0;
  const places = Array.from({ length: size }, (_, i) => at.flatMap((from, place) => (from === i ? [place] : [])));
  const most = Math.max(...places.map(({ length }) => length));
  const back = places.flatMap((own) => [...own, ...new Array<number>(most - own.length).fill(at.length)]);
  const gather = tf.customGrad((given) => ({
    value: tf.gather(given as tf.Tensor, at, axis),
    gradFunc: (gradient: tf.Tensor) => {
      const { shape } = gradient;
      const none = tf.zeros(shape.map((length, i) => (i === axis ? 1 : length)));
      const spread = tf.gather(tf.concat([gradient, none], axis), back, axis);
      return spread.reshape([...shape.slice(0, axis), size, most, ...shape.slice(axis + 1)]).sum(axis + 1);
    },
  }));
  return gather(x);
}

/**
 * A factorization machine with tables of its own for the linear part, pairs of fields, and rules for the parts.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const v = tf.concat(
      [
        inputs.user.reshape([-1, 1, 4]),
        inputs.article.reshape([-1, 1, 4]),
        inputs.shelf.reshape([-1, 1, 4]),
        inputs.bought.reshape([-1, 1, 4]),
      ],
      1,
    );
    const wide = inputs.wide0Embed
      .add(inputs.wide1Embed)
      .add(inputs.wide2Embed)
      .add(inputs.price.mul(weights.wide3Embed))
      .add(weights.wideBias)
      .reshape([-1]);
    const crossed1 = tf
      .concat(
        [
          take(v.matMul(v, false, true).reshape([-1, 16]), [0, 4, 5, 8, 9, 10, 12, 13, 14, 15], 1),
          tf.where(inputs.price.greater(0.5), inputs.placeCode.reshape([-1, 1]), -1),
        ],
        1,
      )
      .matMul(weights.crossedWeight, false, true);
    const crossed = crossed1.add(weights.crossedBias);
    const taken1 = v.sum(1);
    const taken2 = wide
      .add(taken1.mul(taken1).sub(v.mul(v).sum(1)).sum(1).mul(0.5))
      .reshape([-1, 1])
      .add(crossed);
    const taken = taken2.add(inputs.article.matMul(weights.fixedWeight.reshape([4, 1])));
    return { taken: taken.reshape([-1]) };
  });
}

function checkIds(table: Table, ids: Int32Array): void {
  const tooLarge = ids.find((id) => id >= table.rows);
  if (tooLarge !== undefined) throw new Error(`the table has ${table.rows} rows, but a feature has the id ${tooLarge}`);
}

/** One row of a table for each id, [rows, dim]. */
function lookUp(table: Table, ids: Int32Array): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const found = new Float32Array(ids.length * dim);
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [ids[i] * dim, i * dim];
    for (let j = 0; j < dim; j++) found[to + j] = values[from + j];
  }
  return tf.tensor2d(found, [ids.length, dim]);
}

/** Rows of a table, pooled to one vector a row, [rows, dim]. That of a row without ids is 0. */
function lookUpPooled(table: Table, { ids, offsets }: Bags, pool: 'mean' | 'sum'): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++) {
    const scale = pool === 'mean' ? 1 / (offsets[i + 1] - offsets[i]) : 1;
    for (let place = offsets[i]; place < offsets[i + 1]; place++)
      for (let j = 0; j < dim; j++) found[i * dim + j] += scale * values[ids[place] * dim + j];
  }
  return tf.tensor2d(found, [rows, dim]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    user: lookUp(tables.user, batch.user),
    wide0Embed: lookUp(tables.wide0Embed, batch.user),
    article: lookUp(tables.articles, batch.article),
    wide1Embed: lookUp(tables.wide1Embed, batch.article),
    bought: lookUpPooled(tables.articles, batch.bought, 'mean'),
    shelf: lookUpPooled(tables.shelf, batch.shelf, 'sum'),
    wide2Embed: lookUpPooled(tables.wide2Embed, batch.shelf, 'sum'),
    placeCode: tf.tensor1d(batch.place, 'float32'),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly taken: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { taken: logits.taken.sigmoid() };
  });
  const data = { taken: await tensors.taken.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ taken: data.taken[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      wide3Embed: variable(constant(1, 0), [1]),
      wideBias: variable(constant(1, 0), [1]),
      crossedWeight: variable(uniform(seed, 'crossed.weight', 11, -Math.sqrt(6 / (11 + 1)), Math.sqrt(6 / (11 + 1))), [1, 11]),
      crossedBias: variable(constant(1, 0), [1]),
      fixedWeight: variable(normal(seed, 'fixed.weight', 4, 0, 1), [4]),
    },
    tables: {
      user: { rows: 12, dim: 4, values: uniform(seed, 'table.user', 12 * 4, -1, 1) },
      articles: {
        rows: state.vocabularies.article.length + 1,
        dim: 4,
        values: uniform(seed, 'table.articles', (state.vocabularies.article.length + 1) * 4, -1, 1),
      },
      shelf: {
        rows: state.vocabularies.shelf.length + 1,
        dim: 4,
        values: uniform(seed, 'table.shelf', (state.vocabularies.shelf.length + 1) * 4, -1, 1),
      },
      wide0Embed: { rows: 12, dim: 1, values: constant(12 * 1, 0) },
      wide1Embed: {
        rows: state.vocabularies.article.length + 1,
        dim: 1,
        values: constant((state.vocabularies.article.length + 1) * 1, 0),
      },
      wide2Embed: {
        rows: state.vocabularies.shelf.length + 1,
        dim: 1,
        values: constant((state.vocabularies.shelf.length + 1) * 1, 0),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  wide3Embed: 'wide.3.embed',
  wideBias: 'wide.bias',
  crossedWeight: 'crossed.weight',
  crossedBias: 'crossed.bias',
  fixedWeight: 'fixed.weight',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  articles: 'table.articles',
  shelf: 'table.shelf',
  wide0Embed: 'table.wide.0.embed',
  wide1Embed: 'table.wide.1.embed',
  wide2Embed: 'table.wide.2.embed',
};
