import * as tf from '@tensorflow/tfjs';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `liked.logistic_regression.wide.bias` [1] */
  readonly likedLogisticRegressionWideBias: tf.Variable;
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

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
}

/**
 * A factorization machine of the second order [Rendle 2010].
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
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
    const liked = inputs.likedLogisticRegressionWide0Embed
      .add(inputs.likedLogisticRegressionWide1Embed)
      .add(inputs.likedLogisticRegressionWide2Embed)
      .add(inputs.likedLogisticRegressionWide3Embed)
      .add(inputs.likedLogisticRegressionWide4Embed)
      .add(inputs.likedLogisticRegressionWide5Embed)
      .add(inputs.likedLogisticRegressionWide6Embed)
      .add(weights.likedLogisticRegressionWideBias)
      .reshape([-1])
      .add(liked2.mul(liked2).sub(liked1.mul(liked1).sum(1)).sum(1).mul(0.5));
    return { liked };
  });
}

/** Rows of a table, pooled: one vector a row. That of a row without ids is 0. */
function lookUp(
  table: Table,
  rows: readonly EncodedRow[],
  pool: 'mean' | 'sum',
  idsOf: (row: EncodedRow) => readonly number[],
): tf.Tensor {
  const { dim } = table;
  const values = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    const ids = idsOf(row);
    const scale = pool === 'mean' ? 1 / ids.length : 1;
    for (const id of ids) {
      if (id >= table.rows)
        throw new Error('the table has ' + String(table.rows) + ' rows, but a feature has the id ' + String(id));
      for (let j = 0; j < dim; j++) values[i * dim + j] += scale * table.values[id * dim + j];
    }
  });
  return tf.tensor2d(values, [rows.length, dim]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, rows: readonly EncodedRow[]): Inputs {
  return {
    likedLogisticRegressionWide0Embed: lookUp(tables.likedLogisticRegressionWide0Embed, rows, 'sum', (row) => [row.userId]),
    userId: lookUp(tables.userId, rows, 'sum', (row) => [row.userId]),
    likedLogisticRegressionWide1Embed: lookUp(tables.likedLogisticRegressionWide1Embed, rows, 'sum', (row) => [row.movieId]),
    movieId: lookUp(tables.movieId, rows, 'sum', (row) => [row.movieId]),
    likedLogisticRegressionWide2Embed: lookUp(tables.likedLogisticRegressionWide2Embed, rows, 'sum', (row) => [row.gender]),
    gender: lookUp(tables.gender, rows, 'sum', (row) => [row.gender]),
    likedLogisticRegressionWide3Embed: lookUp(tables.likedLogisticRegressionWide3Embed, rows, 'sum', (row) => [row.age]),
    age: lookUp(tables.age, rows, 'sum', (row) => [row.age]),
    likedLogisticRegressionWide4Embed: lookUp(tables.likedLogisticRegressionWide4Embed, rows, 'sum', (row) => [row.occupation]),
    occupation: lookUp(tables.occupation, rows, 'sum', (row) => [row.occupation]),
    likedLogisticRegressionWide5Embed: lookUp(tables.likedLogisticRegressionWide5Embed, rows, 'sum', (row) => [row.zipCode]),
    zipCode: lookUp(tables.zipCode, rows, 'sum', (row) => [row.zipCode]),
    likedLogisticRegressionWide6Embed: lookUp(tables.likedLogisticRegressionWide6Embed, rows, 'mean', (row) => row.genres),
    genres: lookUp(tables.genres, rows, 'mean', (row) => row.genres),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, rows));
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
