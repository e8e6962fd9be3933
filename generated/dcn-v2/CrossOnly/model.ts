import * as tf from '@tensorflow/tfjs';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `cross.0.cross_full.weight` [112, 112] */
  readonly cross0CrossFullWeight: tf.Variable;
  /** `cross.0.cross_full.bias` [112] */
  readonly cross0CrossFullBias: tf.Variable;
  /** `cross.1.cross_full.weight` [112, 112] */
  readonly cross1CrossFullWeight: tf.Variable;
  /** `cross.1.cross_full.bias` [112] */
  readonly cross1CrossFullBias: tf.Variable;
  /** `liked.weight` [1, 112] */
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
  /** [rows, 16] */
  readonly gender: tf.Tensor;
  /** [rows, 16] */
  readonly age: tf.Tensor;
  /** [rows, 16] */
  readonly occupation: tf.Tensor;
  /** [rows, 16] */
  readonly zipCode: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
}

/**
 * Cross network alone.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x0 = tf.concat(
      [inputs.userId, inputs.movieId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode, inputs.genres],
      1,
    );
    const cross1 = x0.mul(x0.matMul(weights.cross0CrossFullWeight, false, true).add(weights.cross0CrossFullBias)).add(x0);
    const cross = x0.mul(cross1.matMul(weights.cross1CrossFullWeight, false, true).add(weights.cross1CrossFullBias)).add(cross1);
    const liked = cross.matMul(weights.likedWeight, false, true).add(weights.likedBias);
    return { liked: liked.reshape([-1]) };
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
    userId: lookUp(tables.userId, rows, 'sum', (row) => [row.userId]),
    movieId: lookUp(tables.movieId, rows, 'sum', (row) => [row.movieId]),
    gender: lookUp(tables.gender, rows, 'sum', (row) => [row.gender]),
    age: lookUp(tables.age, rows, 'sum', (row) => [row.age]),
    occupation: lookUp(tables.occupation, rows, 'sum', (row) => [row.occupation]),
    zipCode: lookUp(tables.zipCode, rows, 'sum', (row) => [row.zipCode]),
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
      cross0CrossFullWeight: variable(
        uniform(seed, 'cross.0.cross_full.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      cross0CrossFullBias: variable(constant(112, 0), [112]),
      cross1CrossFullWeight: variable(
        uniform(seed, 'cross.1.cross_full.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      cross1CrossFullBias: variable(constant(112, 0), [112]),
      likedWeight: variable(uniform(seed, 'liked.weight', 112, -Math.sqrt(6 / (112 + 1)), Math.sqrt(6 / (112 + 1))), [1, 112]),
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
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  cross0CrossFullWeight: 'cross.0.cross_full.weight',
  cross0CrossFullBias: 'cross.0.cross_full.bias',
  cross1CrossFullWeight: 'cross.1.cross_full.weight',
  cross1CrossFullBias: 'cross.1.cross_full.bias',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movieId: 'table.movie_id',
  gender: 'table.gender',
  age: 'table.age',
  occupation: 'table.occupation',
  zipCode: 'table.zip_code',
  genres: 'table.genres',
};
