import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `liked.logistic_regression.wide.bias` [1] */
  readonly likedLogisticRegressionWideBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [64, 16] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [64] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.linear.weight` [1, 64] */
  readonly likedLinearWeight: tf.Variable;
  /** `liked.linear.bias` [1] */
  readonly likedLinearBias: tf.Variable;
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
  /** V(gender) rows of 16. */
  readonly gender: Table;
  /** 7 rows of 16. */
  readonly age: Table;
  /** V(occupation) rows of 16. */
  readonly occupation: Table;
  /** V(zip_code) rows of 16. */
  readonly zipCode: Table;
  /** V(genres) rows of 16. */
  readonly genres: Table;
  /** V(user_id) rows of 1. */
  readonly likedLogisticRegressionWide0Embed: Table;
  /** V(movie_id) rows of 1. */
  readonly likedLogisticRegressionWide1Embed: Table;
  /** V(gender) rows of 1. */
  readonly likedLogisticRegressionWide2Embed: Table;
  /** 7 rows of 1. */
  readonly likedLogisticRegressionWide3Embed: Table;
  /** V(occupation) rows of 1. */
  readonly likedLogisticRegressionWide4Embed: Table;
  /** V(zip_code) rows of 1. */
  readonly likedLogisticRegressionWide5Embed: Table;
  /** V(genres) rows of 1. */
  readonly likedLogisticRegressionWide6Embed: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 1] */
  readonly likedLogisticRegressionWide0Embed: tf.Tensor;
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide1Embed: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide2Embed: tf.Tensor;
  /** [rows, 16] */
  readonly gender: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide3Embed: tf.Tensor;
  /** [rows, 16] */
  readonly age: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide4Embed: tf.Tensor;
  /** [rows, 16] */
  readonly occupation: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide5Embed: tf.Tensor;
  /** [rows, 16] */
  readonly zipCode: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide6Embed: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
}

/** Numbers of [0, 1) that decide what dropout keeps. */
export interface Noise {
  /** [rows, 64] */
  readonly noiseLikedMlp0Dropout: tf.Tensor;
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

/** x / (1 - rate) where the noise is at least `rate`, else 0; without noise x itself. */
function dropout(x: tf.Tensor, rate: number, noise: tf.Tensor | undefined): tf.Tensor {
  return noise === undefined ? x : x.mul(noise.greaterEqual(rate).cast('float32')).div(1 - rate);
}

/**
 * A neural factorization machine [He and Chua 2017]: a deep network on the pooled products of all pairs.
 *
 * The forward pass; without noise nothing is dropped.
 */
export function forward(weights: Weights, inputs: Inputs, noise?: Noise): Logits {
  return tf.tidy(() => {
    const liked1 = tf.concat(
      [
        inputs.userId.reshape([-1, 1, 16]),
        inputs.movieId.reshape([-1, 1, 16]),
        inputs.gender.reshape([-1, 1, 16]),
        inputs.age.reshape([-1, 1, 16]),
        inputs.occupation.reshape([-1, 1, 16]),
        inputs.zipCode.reshape([-1, 1, 16]),
        inputs.genres.reshape([-1, 1, 16]),
      ],
      1,
    );
    const liked2 = liked1.sum(1);
    const liked3 = dropout(
      relu(
        liked2
          .mul(liked2)
          .sub(liked1.mul(liked1).sum(1))
          .mul(0.5)
          .matMul(weights.likedMlp0LinearWeight, false, true)
          .add(weights.likedMlp0LinearBias),
      ),
      0.2,
      noise?.noiseLikedMlp0Dropout,
    );
    const liked = inputs.likedLogisticRegressionWide0Embed
      .add(inputs.likedLogisticRegressionWide1Embed)
      .add(inputs.likedLogisticRegressionWide2Embed)
      .add(inputs.likedLogisticRegressionWide3Embed)
      .add(inputs.likedLogisticRegressionWide4Embed)
      .add(inputs.likedLogisticRegressionWide5Embed)
      .add(inputs.likedLogisticRegressionWide6Embed)
      .add(weights.likedLogisticRegressionWideBias)
      .add(liked3.matMul(weights.likedLinearWeight, false, true).add(weights.likedLinearBias));
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
    likedLogisticRegressionWide0Embed: lookUp(tables.likedLogisticRegressionWide0Embed, batch.userId),
    userId: lookUp(tables.userId, batch.userId),
    likedLogisticRegressionWide1Embed: lookUp(tables.likedLogisticRegressionWide1Embed, batch.movieId),
    movieId: lookUp(tables.movieId, batch.movieId),
    likedLogisticRegressionWide2Embed: lookUp(tables.likedLogisticRegressionWide2Embed, batch.gender),
    gender: lookUp(tables.gender, batch.gender),
    likedLogisticRegressionWide3Embed: lookUp(tables.likedLogisticRegressionWide3Embed, batch.age),
    age: lookUp(tables.age, batch.age),
    likedLogisticRegressionWide4Embed: lookUp(tables.likedLogisticRegressionWide4Embed, batch.occupation),
    occupation: lookUp(tables.occupation, batch.occupation),
    likedLogisticRegressionWide5Embed: lookUp(tables.likedLogisticRegressionWide5Embed, batch.zipCode),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    likedLogisticRegressionWide6Embed: lookUpPooled(tables.likedLogisticRegressionWide6Embed, batch.genres, 'mean'),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
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
      likedLogisticRegressionWideBias: variable(constant(1, 0), [1]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 1024, -Math.sqrt(6 / (16 + 64)), Math.sqrt(6 / (16 + 64))),
        [64, 16],
      ),
      likedMlp0LinearBias: variable(constant(64, 0), [64]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 64, -Math.sqrt(6 / (64 + 1)), Math.sqrt(6 / (64 + 1))),
        [1, 64],
      ),
      likedLinearBias: variable(constant(1, 0), [1]),
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
      gender: {
        rows: state.vocabularies.gender.length + 1,
        dim: 16,
        values: uniform(seed, 'table.gender', (state.vocabularies.gender.length + 1) * 16, -0.05, 0.05),
      },
      age: { rows: 7, dim: 16, values: uniform(seed, 'table.age', 7 * 16, -0.05, 0.05) },
      occupation: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 16,
        values: uniform(seed, 'table.occupation', (state.vocabularies.occupation.length + 1) * 16, -0.05, 0.05),
      },
      zipCode: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 16,
        values: uniform(seed, 'table.zip_code', (state.vocabularies.zip_code.length + 1) * 16, -0.05, 0.05),
      },
      genres: {
        rows: state.vocabularies.genres.length + 1,
        dim: 16,
        values: uniform(seed, 'table.genres', (state.vocabularies.genres.length + 1) * 16, -0.05, 0.05),
      },
      likedLogisticRegressionWide0Embed: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.user_id.length + 1) * 1, 0),
      },
      likedLogisticRegressionWide1Embed: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.movie_id.length + 1) * 1, 0),
      },
      likedLogisticRegressionWide2Embed: {
        rows: state.vocabularies.gender.length + 1,
        dim: 1,
        values: constant((state.vocabularies.gender.length + 1) * 1, 0),
      },
      likedLogisticRegressionWide3Embed: { rows: 7, dim: 1, values: constant(7 * 1, 0) },
      likedLogisticRegressionWide4Embed: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 1,
        values: constant((state.vocabularies.occupation.length + 1) * 1, 0),
      },
      likedLogisticRegressionWide5Embed: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 1,
        values: constant((state.vocabularies.zip_code.length + 1) * 1, 0),
      },
      likedLogisticRegressionWide6Embed: {
        rows: state.vocabularies.genres.length + 1,
        dim: 1,
        values: constant((state.vocabularies.genres.length + 1) * 1, 0),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  likedLogisticRegressionWideBias: 'liked.logistic_regression.wide.bias',
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
  likedLinearWeight: 'liked.linear.weight',
  likedLinearBias: 'liked.linear.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movieId: 'table.movie_id',
  gender: 'table.gender',
  age: 'table.age',
  occupation: 'table.occupation',
  zipCode: 'table.zip_code',
  genres: 'table.genres',
  likedLogisticRegressionWide0Embed: 'table.liked.logistic_regression.wide.0.embed',
  likedLogisticRegressionWide1Embed: 'table.liked.logistic_regression.wide.1.embed',
  likedLogisticRegressionWide2Embed: 'table.liked.logistic_regression.wide.2.embed',
  likedLogisticRegressionWide3Embed: 'table.liked.logistic_regression.wide.3.embed',
  likedLogisticRegressionWide4Embed: 'table.liked.logistic_regression.wide.4.embed',
  likedLogisticRegressionWide5Embed: 'table.liked.logistic_regression.wide.5.embed',
  likedLogisticRegressionWide6Embed: 'table.liked.logistic_regression.wide.6.embed',
};
