import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { truncatedNormal, constant, uniform } from './random.js';

export interface Weights {
  /** `cross.0.cross_tfrs.linear.weight` [5, 5] */
  readonly cross0CrossTfrsLinearWeight: tf.Variable;
  /** `cross.0.cross_tfrs.linear.bias` [5] */
  readonly cross0CrossTfrsLinearBias: tf.Variable;
  /** `clicks.weight` [1, 5] */
  readonly clicksWeight: tf.Variable;
  /** `clicks.bias` [1] */
  readonly clicksBias: tf.Variable;
}

export interface Model {
  readonly weights: Weights;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 1] */
  readonly age: tf.Tensor;
  /** [rows, 1] */
  readonly employed: tf.Tensor;
  /** [rows, 1] */
  readonly rum: tf.Tensor;
  /** [rows, 1] */
  readonly soda: tf.Tensor;
  /** [rows, 1] */
  readonly almonds: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly clicks: tf.Tensor;
}

/**
 * 36 parameters: one layer crosses pairs, and comes near the term of four.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x0 = tf.concat([inputs.age, inputs.employed, inputs.rum, inputs.soda, inputs.almonds], 1);
    const cross = x0
      .mul(x0.matMul(weights.cross0CrossTfrsLinearWeight, false, true).add(weights.cross0CrossTfrsLinearBias).add(x0.mul(0)))
      .add(x0);
    const clicks = cross.matMul(weights.clicksWeight, false, true).add(weights.clicksBias);
    return { clicks: clicks.reshape([-1]) };
  });
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(batch: Batch): Inputs {
  return {
    age: tf.tensor2d(batch.age, [batch.rows, 1]),
    employed: tf.tensor2d(batch.employed, [batch.rows, 1]),
    rum: tf.tensor2d(batch.rum, [batch.rows, 1]),
    soda: tf.tensor2d(batch.soda, [batch.rows, 1]),
    almonds: tf.tensor2d(batch.almonds, [batch.rows, 1]),
  };
}

export interface Prediction {
  readonly clicks: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(batch));
    return { clicks: logits.clicks };
  });
  const data = { clicks: await tensors.clicks.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ clicks: data.clicks[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number): Model {
  return {
    weights: {
      cross0CrossTfrsLinearWeight: variable(truncatedNormal(seed, 'cross.0.cross_tfrs.linear.weight', 25, 0, 0.05), [5, 5]),
      cross0CrossTfrsLinearBias: variable(constant(5, 0), [5]),
      clicksWeight: variable(uniform(seed, 'clicks.weight', 5, -Math.sqrt(6 / (5 + 1)), Math.sqrt(6 / (5 + 1))), [1, 5]),
      clicksBias: variable(constant(1, 0), [1]),
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  cross0CrossTfrsLinearWeight: 'cross.0.cross_tfrs.linear.weight',
  cross0CrossTfrsLinearBias: 'cross.0.cross_tfrs.linear.bias',
  clicksWeight: 'clicks.weight',
  clicksBias: 'clicks.bias',
};
