import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `cross.0.cross_low_rank.U` [112, 28] */
  readonly cross0CrossLowRankU: tf.Variable;
  /** `cross.0.cross_low_rank.V` [112, 28] */
  readonly cross0CrossLowRankV: tf.Variable;
  /** `cross.0.cross_low_rank.bias` [112] */
  readonly cross0CrossLowRankBias: tf.Variable;
  /** `cross.1.cross_low_rank.U` [112, 28] */
  readonly cross1CrossLowRankU: tf.Variable;
  /** `cross.1.cross_low_rank.V` [112, 28] */
  readonly cross1CrossLowRankV: tf.Variable;
  /** `cross.1.cross_low_rank.bias` [112] */
  readonly cross1CrossLowRankBias: tf.Variable;
  /** `deep.0.linear.weight` [128, 112] */
  readonly deep0LinearWeight: tf.Variable;
  /** `deep.0.linear.bias` [128] */
  readonly deep0LinearBias: tf.Variable;
  /** `deep.1.linear.weight` [64, 128] */
  readonly deep1LinearWeight: tf.Variable;
  /** `deep.1.linear.bias` [64] */
  readonly deep1LinearBias: tf.Variable;
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
 * Matrices of rank 28, a quarter of the input, Eq. (2) of DCN-V2.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x0 = tf.concat(
      [inputs.userId, inputs.movieId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode, inputs.genres],
      1,
    );
    const cross1 = x0
      .mul(
        x0
          .matMul(weights.cross0CrossLowRankV)
          .matMul(weights.cross0CrossLowRankU, false, true)
          .add(weights.cross0CrossLowRankBias),
      )
      .add(x0);
    const cross = x0
      .mul(
        cross1
          .matMul(weights.cross1CrossLowRankV)
          .matMul(weights.cross1CrossLowRankU, false, true)
          .add(weights.cross1CrossLowRankBias),
      )
      .add(cross1);
    const deep = relu(
      relu(cross.matMul(weights.deep0LinearWeight, false, true).add(weights.deep0LinearBias))
        .matMul(weights.deep1LinearWeight, false, true)
        .add(weights.deep1LinearBias),
    );
    const liked = deep.matMul(weights.likedWeight, false, true).add(weights.likedBias);
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
    userId: lookUp(tables.userId, batch.userId),
    movieId: lookUp(tables.movieId, batch.movieId),
    gender: lookUp(tables.gender, batch.gender),
    age: lookUp(tables.age, batch.age),
    occupation: lookUp(tables.occupation, batch.occupation),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
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
      cross0CrossLowRankU: variable(
        uniform(seed, 'cross.0.cross_low_rank.U', 3136, -Math.sqrt(6 / (28 + 112)), Math.sqrt(6 / (28 + 112))),
        [112, 28],
      ),
      cross0CrossLowRankV: variable(
        uniform(seed, 'cross.0.cross_low_rank.V', 3136, -Math.sqrt(6 / (28 + 112)), Math.sqrt(6 / (28 + 112))),
        [112, 28],
      ),
      cross0CrossLowRankBias: variable(constant(112, 0), [112]),
      cross1CrossLowRankU: variable(
        uniform(seed, 'cross.1.cross_low_rank.U', 3136, -Math.sqrt(6 / (28 + 112)), Math.sqrt(6 / (28 + 112))),
        [112, 28],
      ),
      cross1CrossLowRankV: variable(
        uniform(seed, 'cross.1.cross_low_rank.V', 3136, -Math.sqrt(6 / (28 + 112)), Math.sqrt(6 / (28 + 112))),
        [112, 28],
      ),
      cross1CrossLowRankBias: variable(constant(112, 0), [112]),
      deep0LinearWeight: variable(
        uniform(seed, 'deep.0.linear.weight', 14336, -Math.sqrt(6 / (112 + 128)), Math.sqrt(6 / (112 + 128))),
        [128, 112],
      ),
      deep0LinearBias: variable(constant(128, 0), [128]),
      deep1LinearWeight: variable(
        uniform(seed, 'deep.1.linear.weight', 8192, -Math.sqrt(6 / (128 + 64)), Math.sqrt(6 / (128 + 64))),
        [64, 128],
      ),
      deep1LinearBias: variable(constant(64, 0), [64]),
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
  cross0CrossLowRankU: 'cross.0.cross_low_rank.U',
  cross0CrossLowRankV: 'cross.0.cross_low_rank.V',
  cross0CrossLowRankBias: 'cross.0.cross_low_rank.bias',
  cross1CrossLowRankU: 'cross.1.cross_low_rank.U',
  cross1CrossLowRankV: 'cross.1.cross_low_rank.V',
  cross1CrossLowRankBias: 'cross.1.cross_low_rank.bias',
  deep0LinearWeight: 'deep.0.linear.weight',
  deep0LinearBias: 'deep.0.linear.bias',
  deep1LinearWeight: 'deep.1.linear.weight',
  deep1LinearBias: 'deep.1.linear.bias',
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
