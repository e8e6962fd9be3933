import * as tf from '@tensorflow/tfjs';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `liked.outer_products.matrix_kernel.K` [21, 16, 16] */
  readonly likedOuterProductsMatrixKernelK: tf.Variable;
  /** `liked.mlp.0.linear.weight` [128, 133] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [128] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.mlp.1.linear.weight` [64, 128] */
  readonly likedMlp1LinearWeight: tf.Variable;
  /** `liked.mlp.1.linear.bias` [64] */
  readonly likedMlp1LinearBias: tf.Variable;
  /** `liked.weight` [1, 64] */
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
 * OPNN with a kernel matrix for each pair.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const v = tf.concat(
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
    const liked1 = tf.concat(
      [
        v.reshape([-1, 112]),
        take(v, [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6], 1)
          .transpose([1, 0, 2])
          .matMul(weights.likedOuterProductsMatrixKernelK)
          .mul(take(v, [0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5], 1).transpose([1, 0, 2]))
          .sum(2)
          .transpose([1, 0]),
      ],
      1,
    );
    const liked = liked1
      .matMul(weights.likedMlp0LinearWeight, false, true)
      .add(weights.likedMlp0LinearBias)
      .relu()
      .matMul(weights.likedMlp1LinearWeight, false, true)
      .add(weights.likedMlp1LinearBias)
      .relu()
      .matMul(weights.likedWeight, false, true)
      .add(weights.likedBias);
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
      likedOuterProductsMatrixKernelK: variable(
        uniform(seed, 'liked.outer_products.matrix_kernel.K', 5376, -Math.sqrt(6 / (16 + 16)), Math.sqrt(6 / (16 + 16))),
        [21, 16, 16],
      ),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 17024, -Math.sqrt(6 / (133 + 128)), Math.sqrt(6 / (133 + 128))),
        [128, 133],
      ),
      likedMlp0LinearBias: variable(constant(128, 0), [128]),
      likedMlp1LinearWeight: variable(
        uniform(seed, 'liked.mlp.1.linear.weight', 8192, -Math.sqrt(6 / (128 + 64)), Math.sqrt(6 / (128 + 64))),
        [64, 128],
      ),
      likedMlp1LinearBias: variable(constant(64, 0), [64]),
      likedWeight: variable(uniform(seed, 'liked.weight', 64, -Math.sqrt(6 / (64 + 1)), Math.sqrt(6 / (64 + 1))), [1, 64]),
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
  likedOuterProductsMatrixKernelK: 'liked.outer_products.matrix_kernel.K',
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
  likedMlp1LinearWeight: 'liked.mlp.1.linear.weight',
  likedMlp1LinearBias: 'liked.mlp.1.linear.bias',
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
