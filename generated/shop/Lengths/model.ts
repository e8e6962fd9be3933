import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `taken.weight` [1, 3] */
  readonly takenWeight: tf.Variable;
  /** `taken.bias` [1] */
  readonly takenBias: tf.Variable;
}

export interface Model {
  readonly weights: Weights;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly boughtMask: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
}

/**
 * Of what was bought before, no more than how many it were.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const share = tf.where(inputs.boughtMask.cast('bool'), 0.4, -1e30).softmax().mul(inputs.boughtMask);
    const taken1 = tf.concat(
      [
        inputs.boughtMask.sum(1).mul(0.8).reshape([-1, 1]),
        tf
          .where(inputs.boughtMask.max(1).cast('bool'), tf.where(inputs.boughtMask.cast('bool'), share, -1e30).max(1), 0)
          .reshape([-1, 1]),
        inputs.price,
      ],
      1,
    );
    const taken = taken1.matMul(weights.takenWeight, false, true).add(weights.takenBias);
    return { taken: taken.reshape([-1]) };
  });
}

/** 1 for the places of a sequence that a row has, else 0. */
function presence({ offsets }: Bags, length: number): tf.Tensor {
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * length);
  for (let i = 0; i < rows; i++) found.fill(1, i * length, i * length + offsets[i + 1] - offsets[i]);
  return tf.tensor2d(found, [rows, length]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(batch: Batch): Inputs {
  return {
    boughtMask: presence(batch.bought, 4),
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
    const logits = forward(model.weights, inputsOf(batch));
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
export function createModel(seed: number): Model {
  return {
    weights: {
      takenWeight: variable(uniform(seed, 'taken.weight', 3, -Math.sqrt(6 / (3 + 1)), Math.sqrt(6 / (3 + 1))), [1, 3]),
      takenBias: variable(constant(1, 0), [1]),
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  takenWeight: 'taken.weight',
  takenBias: 'taken.bias',
};
