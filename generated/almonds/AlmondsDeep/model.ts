import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `deep.0.linear.weight` [512, 5] */
  readonly deep0LinearWeight: tf.Variable;
  /** `deep.0.linear.bias` [512] */
  readonly deep0LinearBias: tf.Variable;
  /** `deep.1.linear.weight` [256, 512] */
  readonly deep1LinearWeight: tf.Variable;
  /** `deep.1.linear.bias` [256] */
  readonly deep1LinearBias: tf.Variable;
  /** `deep.2.linear.weight` [128, 256] */
  readonly deep2LinearWeight: tf.Variable;
  /** `deep.2.linear.bias` [128] */
  readonly deep2LinearBias: tf.Variable;
  /** `clicks.weight` [1, 128] */
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

/** max(x, 0). The gradient of TensorFlow.js's own takes as long as a matrix product on tfjs-node. */
function relu(x: tf.Tensor): tf.Tensor {
  const rectify = tf.customGrad((given, save) => {
    const value = (given as tf.Tensor).relu();
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (gradient: tf.Tensor, [value]: tf.Tensor[]) => gradient.mul(value.greater(0).cast('float32')) };
  });
  return rectify(x);
}

/**
 * 167,425 parameters.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x0 = tf.concat([inputs.age, inputs.employed, inputs.rum, inputs.soda, inputs.almonds], 1);
    const deep = relu(
      relu(
        relu(x0.matMul(weights.deep0LinearWeight, false, true).add(weights.deep0LinearBias))
          .matMul(weights.deep1LinearWeight, false, true)
          .add(weights.deep1LinearBias),
      )
        .matMul(weights.deep2LinearWeight, false, true)
        .add(weights.deep2LinearBias),
    );
    const clicks = deep.matMul(weights.clicksWeight, false, true).add(weights.clicksBias);
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
      deep0LinearWeight: variable(
        uniform(seed, 'deep.0.linear.weight', 2560, -Math.sqrt(6 / (5 + 512)), Math.sqrt(6 / (5 + 512))),
        [512, 5],
      ),
      deep0LinearBias: variable(constant(512, 0), [512]),
      deep1LinearWeight: variable(
        uniform(seed, 'deep.1.linear.weight', 131072, -Math.sqrt(6 / (512 + 256)), Math.sqrt(6 / (512 + 256))),
        [256, 512],
      ),
      deep1LinearBias: variable(constant(256, 0), [256]),
      deep2LinearWeight: variable(
        uniform(seed, 'deep.2.linear.weight', 32768, -Math.sqrt(6 / (256 + 128)), Math.sqrt(6 / (256 + 128))),
        [128, 256],
      ),
      deep2LinearBias: variable(constant(128, 0), [128]),
      clicksWeight: variable(uniform(seed, 'clicks.weight', 128, -Math.sqrt(6 / (128 + 1)), Math.sqrt(6 / (128 + 1))), [1, 128]),
      clicksBias: variable(constant(1, 0), [1]),
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  deep0LinearWeight: 'deep.0.linear.weight',
  deep0LinearBias: 'deep.0.linear.bias',
  deep1LinearWeight: 'deep.1.linear.weight',
  deep1LinearBias: 'deep.1.linear.bias',
  deep2LinearWeight: 'deep.2.linear.weight',
  deep2LinearBias: 'deep.2.linear.bias',
  clicksWeight: 'clicks.weight',
  clicksBias: 'clicks.bias',
};
