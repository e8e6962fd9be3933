import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `cin.0.cin_layer.K` [16, 49] */
  readonly cin0CinLayerK: tf.Variable;
  /** `cin.1.cin_layer.K` [16, 56] */
  readonly cin1CinLayerK: tf.Variable;
  /** `deep.0.linear.weight` [128, 112] */
  readonly deep0LinearWeight: tf.Variable;
  /** `deep.0.linear.bias` [128] */
  readonly deep0LinearBias: tf.Variable;
  /** `deep.1.linear.weight` [64, 128] */
  readonly deep1LinearWeight: tf.Variable;
  /** `deep.1.linear.bias` [64] */
  readonly deep1LinearBias: tf.Variable;
  /** `liked.logistic_regression.wide.bias` [1] */
  readonly likedLogisticRegressionWideBias: tf.Variable;
  /** `liked.linear.weight` [1, 24] */
  readonly likedLinearWeight: tf.Variable;
  /** `liked.linear.bias` [1] */
  readonly likedLinearBias: tf.Variable;
  /** `liked.linear_2.weight` [1, 64] */
  readonly likedLinear2Weight: tf.Variable;
  /** `liked.linear_2.bias` [1] */
  readonly likedLinear2Bias: tf.Variable;
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
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide0Embed: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide1Embed: tf.Tensor;
  /** [rows, 16] */
  readonly gender: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide2Embed: tf.Tensor;
  /** [rows, 16] */
  readonly age: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide3Embed: tf.Tensor;
  /** [rows, 16] */
  readonly occupation: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide4Embed: tf.Tensor;
  /** [rows, 16] */
  readonly zipCode: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide5Embed: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
  /** [rows, 1] */
  readonly likedLogisticRegressionWide6Embed: tf.Tensor;
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
 * xDeepFM [Lian et al. 2018]: a compressed interaction network, a deep network and a linear part.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const rows = inputs.userId.shape[0] ?? 0;
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
    const cin1 = v
      .reshape([-1, 7, 1, 16])
      .mul(v.reshape([-1, 1, 7, 16]))
      .reshape([-1, 49, 16])
      .matMul(tf.broadcastTo(weights.cin0CinLayerK, [rows, 16, 49]), true, true);
    const cin = tf
      .concat(
        [
          cin1.slice([0, 0, 8], [-1, -1, 8]),
          cin1
            .slice([0, 0, 0], [-1, -1, 8])
            .reshape([-1, 1, 16, 8])
            .mul(v.reshape([-1, 7, 16, 1]))
            .transpose([0, 2, 3, 1])
            .reshape([-1, 16, 56])
            .reshape([-1, 56])
            .matMul(weights.cin1CinLayerK, false, true)
            .reshape([-1, 16, 16]),
        ],
        2,
      )
      .sum(1);
    const deep = relu(
      relu(v.reshape([-1, 112]).matMul(weights.deep0LinearWeight, false, true).add(weights.deep0LinearBias))
        .matMul(weights.deep1LinearWeight, false, true)
        .add(weights.deep1LinearBias),
    );
    const liked1 = inputs.likedLogisticRegressionWide0Embed
      .add(inputs.likedLogisticRegressionWide1Embed)
      .add(inputs.likedLogisticRegressionWide2Embed)
      .add(inputs.likedLogisticRegressionWide3Embed)
      .add(inputs.likedLogisticRegressionWide4Embed)
      .add(inputs.likedLogisticRegressionWide5Embed)
      .add(inputs.likedLogisticRegressionWide6Embed)
      .add(weights.likedLogisticRegressionWideBias)
      .add(cin.matMul(weights.likedLinearWeight, false, true).add(weights.likedLinearBias));
    const liked = liked1.add(deep.matMul(weights.likedLinear2Weight, false, true).add(weights.likedLinear2Bias));
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
    likedLogisticRegressionWide0Embed: lookUp(tables.likedLogisticRegressionWide0Embed, batch.userId),
    movieId: lookUp(tables.movieId, batch.movieId),
    likedLogisticRegressionWide1Embed: lookUp(tables.likedLogisticRegressionWide1Embed, batch.movieId),
    gender: lookUp(tables.gender, batch.gender),
    likedLogisticRegressionWide2Embed: lookUp(tables.likedLogisticRegressionWide2Embed, batch.gender),
    age: lookUp(tables.age, batch.age),
    likedLogisticRegressionWide3Embed: lookUp(tables.likedLogisticRegressionWide3Embed, batch.age),
    occupation: lookUp(tables.occupation, batch.occupation),
    likedLogisticRegressionWide4Embed: lookUp(tables.likedLogisticRegressionWide4Embed, batch.occupation),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    likedLogisticRegressionWide5Embed: lookUp(tables.likedLogisticRegressionWide5Embed, batch.zipCode),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
    likedLogisticRegressionWide6Embed: lookUpPooled(tables.likedLogisticRegressionWide6Embed, batch.genres, 'mean'),
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
      cin0CinLayerK: variable(
        uniform(seed, 'cin.0.cin_layer.K', 784, -Math.sqrt(6 / (49 + 16)), Math.sqrt(6 / (49 + 16))),
        [16, 49],
      ),
      cin1CinLayerK: variable(
        uniform(seed, 'cin.1.cin_layer.K', 896, -Math.sqrt(6 / (56 + 16)), Math.sqrt(6 / (56 + 16))),
        [16, 56],
      ),
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
      likedLogisticRegressionWideBias: variable(constant(1, 0), [1]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 24, -Math.sqrt(6 / (24 + 1)), Math.sqrt(6 / (24 + 1))),
        [1, 24],
      ),
      likedLinearBias: variable(constant(1, 0), [1]),
      likedLinear2Weight: variable(
        uniform(seed, 'liked.linear_2.weight', 64, -Math.sqrt(6 / (64 + 1)), Math.sqrt(6 / (64 + 1))),
        [1, 64],
      ),
      likedLinear2Bias: variable(constant(1, 0), [1]),
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
  cin0CinLayerK: 'cin.0.cin_layer.K',
  cin1CinLayerK: 'cin.1.cin_layer.K',
  deep0LinearWeight: 'deep.0.linear.weight',
  deep0LinearBias: 'deep.0.linear.bias',
  deep1LinearWeight: 'deep.1.linear.weight',
  deep1LinearBias: 'deep.1.linear.bias',
  likedLogisticRegressionWideBias: 'liked.logistic_regression.wide.bias',
  likedLinearWeight: 'liked.linear.weight',
  likedLinearBias: 'liked.linear.bias',
  likedLinear2Weight: 'liked.linear_2.weight',
  likedLinear2Bias: 'liked.linear_2.bias',
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
