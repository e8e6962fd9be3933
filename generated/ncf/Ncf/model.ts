import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `liked.mlp.0.linear.weight` [64, 32] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [64] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.mlp.1.linear.weight` [32, 64] */
  readonly likedMlp1LinearWeight: tf.Variable;
  /** `liked.mlp.1.linear.bias` [32] */
  readonly likedMlp1LinearBias: tf.Variable;
  /** `liked.mlp.2.linear.weight` [16, 32] */
  readonly likedMlp2LinearWeight: tf.Variable;
  /** `liked.mlp.2.linear.bias` [16] */
  readonly likedMlp2LinearBias: tf.Variable;
  /** `liked.weight` [1, 16] */
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
  /** V(user_id) rows of 16. */
  readonly userId: Table;
  /** V(movie_id) rows of 16. */
  readonly movieId: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
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
 * The MLP of neural collaborative filtering [He et al. 2017]: users and films only.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const liked1 = relu(
      relu(
        relu(
          tf
            .concat([inputs.userId, inputs.movieId], 1)
            .matMul(weights.likedMlp0LinearWeight, false, true)
            .add(weights.likedMlp0LinearBias),
        )
          .matMul(weights.likedMlp1LinearWeight, false, true)
          .add(weights.likedMlp1LinearBias),
      )
        .matMul(weights.likedMlp2LinearWeight, false, true)
        .add(weights.likedMlp2LinearBias),
    );
    const liked = liked1.matMul(weights.likedWeight, false, true).add(weights.likedBias);
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
    userId: lookUp(tables.userId, batch.userId),
    movieId: lookUp(tables.movieId, batch.movieId),
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
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      likedMlp0LinearBias: variable(constant(64, 0), [64]),
      likedMlp1LinearWeight: variable(
        uniform(seed, 'liked.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      likedMlp1LinearBias: variable(constant(32, 0), [32]),
      likedMlp2LinearWeight: variable(
        uniform(seed, 'liked.mlp.2.linear.weight', 512, -Math.sqrt(6 / (32 + 16)), Math.sqrt(6 / (32 + 16))),
        [16, 32],
      ),
      likedMlp2LinearBias: variable(constant(16, 0), [16]),
      likedWeight: variable(uniform(seed, 'liked.weight', 16, -Math.sqrt(6 / (16 + 1)), Math.sqrt(6 / (16 + 1))), [1, 16]),
      likedBias: variable(constant(1, 0), [1]),
    },
    tables: {
      userId: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.user_id', (state.vocabularies.user_id.length + 1) * 16, -0.05, 0.05),
      },
      movieId: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.movie_id', (state.vocabularies.movie_id.length + 1) * 16, -0.05, 0.05),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
  likedMlp1LinearWeight: 'liked.mlp.1.linear.weight',
  likedMlp1LinearBias: 'liked.mlp.1.linear.bias',
  likedMlp2LinearWeight: 'liked.mlp.2.linear.weight',
  likedMlp2LinearBias: 'liked.mlp.2.linear.bias',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movieId: 'table.movie_id',
};
