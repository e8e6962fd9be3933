import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { uniform, constant, normal, truncatedNormal } from './random.js';

export interface Weights {
  /** `x.linear.weight` [3, 4] */
  readonly xLinearWeight: tf.Variable;
  /** `x.linear.bias` [3] */
  readonly xLinearBias: tf.Variable;
  /** `a.weight` [4, 4] */
  readonly aWeight: tf.Variable;
  /** `a.bias` [4] */
  readonly aBias: tf.Variable;
  /** `b.weight` [4, 4] */
  readonly bWeight: tf.Variable;
  /** `b.bias` [4] */
  readonly bBias: tf.Variable;
  /** `c.weight` [4, 4] */
  readonly cWeight: tf.Variable;
  /** `c.bias` [4] */
  readonly cBias: tf.Variable;
  /** `d.weight` [4, 4] */
  readonly dWeight: tf.Variable;
  /** `d.bias` [4] */
  readonly dBias: tf.Variable;
  /** `e.weight` [4, 4] */
  readonly eWeight: tf.Variable;
  /** `e.bias` [4] */
  readonly eBias: tf.Variable;
  /** `f.weight` [4, 4] */
  readonly fWeight: tf.Variable;
  /** `f.bias` [4] */
  readonly fBias: tf.Variable;
  /** `liked.weight` [1, 4] */
  readonly likedWeight: tf.Variable;
  /** `liked.bias` [1] */
  readonly likedBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 10 rows of 4. */
  readonly user: Table;
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
  readonly price: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
}

/**
 * Weights that start in every way there is.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x = tf.concat([inputs.user.matMul(weights.xLinearWeight, false, true).add(weights.xLinearBias), inputs.price], 1);
    const a = x.matMul(weights.aWeight, false, true).add(weights.aBias);
    const b = a.matMul(weights.bWeight, false, true).add(weights.bBias);
    const c = b.matMul(weights.cWeight, false, true).add(weights.cBias);
    const d = c.matMul(weights.dWeight, false, true).add(weights.dBias);
    const e = d.matMul(weights.eWeight, false, true).add(weights.eBias);
    const f = e.matMul(weights.fWeight, false, true).add(weights.fBias);
    const liked = f.matMul(weights.likedWeight, false, true).add(weights.likedBias);
    return { liked: liked.reshape([-1]) };
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

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    user: lookUp(tables.user, batch.user),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { liked: logits.liked.sigmoid() };
  });
  const data = { liked: await tensors.liked.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ liked: data.liked[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number): Model {
  return {
    weights: {
      xLinearWeight: variable(uniform(seed, 'x.linear.weight', 12, -Math.sqrt(6 / (4 + 3)), Math.sqrt(6 / (4 + 3))), [3, 4]),
      xLinearBias: variable(constant(3, 0), [3]),
      aWeight: variable(uniform(seed, 'a.weight', 16, -Math.sqrt(6 / (4 + 4)), Math.sqrt(6 / (4 + 4))), [4, 4]),
      aBias: variable(constant(4, 0), [4]),
      bWeight: variable(normal(seed, 'b.weight', 16, 0, Math.sqrt(2 / (4 + 4))), [4, 4]),
      bBias: variable(constant(4, 0), [4]),
      cWeight: variable(uniform(seed, 'c.weight', 16, -Math.sqrt(6 / 4), Math.sqrt(6 / 4)), [4, 4]),
      cBias: variable(constant(4, 0), [4]),
      dWeight: variable(truncatedNormal(seed, 'd.weight', 16, 0, Math.sqrt(2 / 4) / 0.8796256610342398), [4, 4]),
      dBias: variable(constant(4, 0), [4]),
      eWeight: variable(uniform(seed, 'e.weight', 16, -0.1, 0.1), [4, 4]),
      eBias: variable(constant(4, 0), [4]),
      fWeight: variable(normal(seed, 'f.weight', 16, 0, 0.1), [4, 4]),
      fBias: variable(constant(4, 0), [4]),
      likedWeight: variable(constant(4, 0.5), [1, 4]),
      likedBias: variable(constant(1, 0), [1]),
    },
    tables: {
      user: { rows: 10, dim: 4, values: truncatedNormal(seed, 'table.user', 10 * 4, 0, 0.1) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  xLinearWeight: 'x.linear.weight',
  xLinearBias: 'x.linear.bias',
  aWeight: 'a.weight',
  aBias: 'a.bias',
  bWeight: 'b.weight',
  bBias: 'b.bias',
  cWeight: 'c.weight',
  cBias: 'c.bias',
  dWeight: 'd.weight',
  dBias: 'd.bias',
  eWeight: 'e.weight',
  eBias: 'e.bias',
  fWeight: 'f.weight',
  fBias: 'f.bias',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
};
