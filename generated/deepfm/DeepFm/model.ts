import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `deep.0.linear.weight` [128, 112] */
  readonly deep0LinearWeight: tf.Variable;
  /** `deep.0.linear.bias` [128] */
  readonly deep0LinearBias: tf.Variable;
  /** `deep.1.linear.weight` [64, 128] */
  readonly deep1LinearWeight: tf.Variable;
  /** `deep.1.linear.bias` [64] */
  readonly deep1LinearBias: tf.Variable;
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
  readonly likedWide0Embed: Table;
  /** V(movie_id) rows of 1. */
  readonly likedWide1Embed: Table;
  /** V(gender) rows of 1. */
  readonly likedWide2Embed: Table;
  /** 7 rows of 1. */
  readonly likedWide3Embed: Table;
  /** V(occupation) rows of 1. */
  readonly likedWide4Embed: Table;
  /** V(zip_code) rows of 1. */
  readonly likedWide5Embed: Table;
  /** V(genres) rows of 1. */
  readonly likedWide6Embed: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide0Embed: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide1Embed: tf.Tensor;
  /** [rows, 16] */
  readonly gender: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide2Embed: tf.Tensor;
  /** [rows, 16] */
  readonly age: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide3Embed: tf.Tensor;
  /** [rows, 16] */
  readonly occupation: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide4Embed: tf.Tensor;
  /** [rows, 16] */
  readonly zipCode: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide5Embed: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide6Embed: tf.Tensor;
}

/** Numbers of [0, 1) that decide what dropout keeps. */
export interface Noise {
  /** [rows, 128] */
  readonly noiseDeep0Dropout: tf.Tensor;
  /** [rows, 64] */
  readonly noiseDeep1Dropout: tf.Tensor;
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
 * DeepFM [Guo et al. 2017]: a factorization machine and a deep network on the same embeddings.
 *
 * The forward pass; without noise nothing is dropped.
 */
export function forward(weights: Weights, inputs: Inputs, noise?: Noise): Logits {
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
    const deep = dropout(
      relu(
        dropout(
          relu(v.reshape([-1, 112]).matMul(weights.deep0LinearWeight, false, true).add(weights.deep0LinearBias)),
          0.2,
          noise?.noiseDeep0Dropout,
        )
          .matMul(weights.deep1LinearWeight, false, true)
          .add(weights.deep1LinearBias),
      ),
      0.2,
      noise?.noiseDeep1Dropout,
    );
    const liked1 = v.sum(1);
    const liked2 = inputs.likedWide0Embed
      .add(inputs.likedWide1Embed)
      .add(inputs.likedWide2Embed)
      .add(inputs.likedWide3Embed)
      .add(inputs.likedWide4Embed)
      .add(inputs.likedWide5Embed)
      .add(inputs.likedWide6Embed)
      .reshape([-1])
      .add(liked1.mul(liked1).sub(v.mul(v).sum(1)).sum(1).mul(0.5));
    const liked = liked2.reshape([-1, 1]).add(deep.matMul(weights.likedLinearWeight, false, true).add(weights.likedLinearBias));
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
    likedWide0Embed: lookUp(tables.likedWide0Embed, batch.userId),
    movieId: lookUp(tables.movieId, batch.movieId),
    likedWide1Embed: lookUp(tables.likedWide1Embed, batch.movieId),
    gender: lookUp(tables.gender, batch.gender),
    likedWide2Embed: lookUp(tables.likedWide2Embed, batch.gender),
    age: lookUp(tables.age, batch.age),
    likedWide3Embed: lookUp(tables.likedWide3Embed, batch.age),
    occupation: lookUp(tables.occupation, batch.occupation),
    likedWide4Embed: lookUp(tables.likedWide4Embed, batch.occupation),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    likedWide5Embed: lookUp(tables.likedWide5Embed, batch.zipCode),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
    likedWide6Embed: lookUpPooled(tables.likedWide6Embed, batch.genres, 'mean'),
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
      likedWide0Embed: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.user_id.length + 1) * 1, 0),
      },
      likedWide1Embed: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.movie_id.length + 1) * 1, 0),
      },
      likedWide2Embed: {
        rows: state.vocabularies.gender.length + 1,
        dim: 1,
        values: constant((state.vocabularies.gender.length + 1) * 1, 0),
      },
      likedWide3Embed: { rows: 7, dim: 1, values: constant(7 * 1, 0) },
      likedWide4Embed: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 1,
        values: constant((state.vocabularies.occupation.length + 1) * 1, 0),
      },
      likedWide5Embed: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 1,
        values: constant((state.vocabularies.zip_code.length + 1) * 1, 0),
      },
      likedWide6Embed: {
        rows: state.vocabularies.genres.length + 1,
        dim: 1,
        values: constant((state.vocabularies.genres.length + 1) * 1, 0),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  deep0LinearWeight: 'deep.0.linear.weight',
  deep0LinearBias: 'deep.0.linear.bias',
  deep1LinearWeight: 'deep.1.linear.weight',
  deep1LinearBias: 'deep.1.linear.bias',
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
  likedWide0Embed: 'table.liked.wide.0.embed',
  likedWide1Embed: 'table.liked.wide.1.embed',
  likedWide2Embed: 'table.liked.wide.2.embed',
  likedWide3Embed: 'table.liked.wide.3.embed',
  likedWide4Embed: 'table.liked.wide.4.embed',
  likedWide5Embed: 'table.liked.wide.5.embed',
  likedWide6Embed: 'table.liked.wide.6.embed',
};
