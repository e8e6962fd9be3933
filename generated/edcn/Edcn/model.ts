import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `liked.edcn.regulate.weight` [7] */
  readonly likedEdcnRegulateWeight: tf.Variable;
  /** `liked.edcn.regulate_2.weight` [7] */
  readonly likedEdcnRegulate2Weight: tf.Variable;
  /** `liked.edcn.0.cross_v1.weight` [112] */
  readonly likedEdcn0CrossV1Weight: tf.Variable;
  /** `liked.edcn.0.cross_v1.bias` [112] */
  readonly likedEdcn0CrossV1Bias: tf.Variable;
  /** `liked.edcn.0.linear.weight` [112, 112] */
  readonly likedEdcn0LinearWeight: tf.Variable;
  /** `liked.edcn.0.linear.bias` [112] */
  readonly likedEdcn0LinearBias: tf.Variable;
  /** `liked.edcn.0.regulate.weight` [7] */
  readonly likedEdcn0RegulateWeight: tf.Variable;
  /** `liked.edcn.0.regulate_2.weight` [7] */
  readonly likedEdcn0Regulate2Weight: tf.Variable;
  /** `liked.edcn.1.cross_v1.weight` [112] */
  readonly likedEdcn1CrossV1Weight: tf.Variable;
  /** `liked.edcn.1.cross_v1.bias` [112] */
  readonly likedEdcn1CrossV1Bias: tf.Variable;
  /** `liked.edcn.1.linear.weight` [112, 112] */
  readonly likedEdcn1LinearWeight: tf.Variable;
  /** `liked.edcn.1.linear.bias` [112] */
  readonly likedEdcn1LinearBias: tf.Variable;
  /** `liked.weight` [1, 336] */
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
 * EDCN [Chen et al. 2021]: cross and deep network exchange what they know after each layer.
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
    const liked2 = weights.likedEdcnRegulateWeight.softmax().reshape([7, 1]).mul(liked1).reshape([-1, 112]);
    const liked3 = liked2
      .mul(liked2.matMul(weights.likedEdcn0CrossV1Weight.reshape([112, 1])))
      .add(weights.likedEdcn0CrossV1Bias)
      .add(liked2)
      .mul(
        relu(
          weights.likedEdcnRegulate2Weight
            .softmax()
            .reshape([7, 1])
            .mul(liked1)
            .reshape([-1, 112])
            .matMul(weights.likedEdcn0LinearWeight, false, true)
            .add(weights.likedEdcn0LinearBias),
        ),
      );
    const liked4 = liked3.reshape([-1, 7, 16]);
    const liked5 = weights.likedEdcn0RegulateWeight.softmax().reshape([7, 1]).mul(liked4).reshape([-1, 112]);
    const liked6 = liked2
      .mul(liked5.matMul(weights.likedEdcn1CrossV1Weight.reshape([112, 1])))
      .add(weights.likedEdcn1CrossV1Bias)
      .add(liked5);
    const liked7 = relu(
      weights.likedEdcn0Regulate2Weight
        .softmax()
        .reshape([7, 1])
        .mul(liked4)
        .reshape([-1, 112])
        .matMul(weights.likedEdcn1LinearWeight, false, true)
        .add(weights.likedEdcn1LinearBias),
    );
    const liked = tf
      .concat([liked6, liked7, liked6.mul(liked7)], 1)
      .matMul(weights.likedWeight, false, true)
      .add(weights.likedBias);
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
      likedEdcnRegulateWeight: variable(constant(7, 1), [7]),
      likedEdcnRegulate2Weight: variable(constant(7, 1), [7]),
      likedEdcn0CrossV1Weight: variable(
        uniform(seed, 'liked.edcn.0.cross_v1.weight', 112, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112],
      ),
      likedEdcn0CrossV1Bias: variable(constant(112, 0), [112]),
      likedEdcn0LinearWeight: variable(
        uniform(seed, 'liked.edcn.0.linear.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      likedEdcn0LinearBias: variable(constant(112, 0), [112]),
      likedEdcn0RegulateWeight: variable(constant(7, 1), [7]),
      likedEdcn0Regulate2Weight: variable(constant(7, 1), [7]),
      likedEdcn1CrossV1Weight: variable(
        uniform(seed, 'liked.edcn.1.cross_v1.weight', 112, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112],
      ),
      likedEdcn1CrossV1Bias: variable(constant(112, 0), [112]),
      likedEdcn1LinearWeight: variable(
        uniform(seed, 'liked.edcn.1.linear.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      likedEdcn1LinearBias: variable(constant(112, 0), [112]),
      likedWeight: variable(uniform(seed, 'liked.weight', 336, -Math.sqrt(6 / (336 + 1)), Math.sqrt(6 / (336 + 1))), [1, 336]),
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
  likedEdcnRegulateWeight: 'liked.edcn.regulate.weight',
  likedEdcnRegulate2Weight: 'liked.edcn.regulate_2.weight',
  likedEdcn0CrossV1Weight: 'liked.edcn.0.cross_v1.weight',
  likedEdcn0CrossV1Bias: 'liked.edcn.0.cross_v1.bias',
  likedEdcn0LinearWeight: 'liked.edcn.0.linear.weight',
  likedEdcn0LinearBias: 'liked.edcn.0.linear.bias',
  likedEdcn0RegulateWeight: 'liked.edcn.0.regulate.weight',
  likedEdcn0Regulate2Weight: 'liked.edcn.0.regulate_2.weight',
  likedEdcn1CrossV1Weight: 'liked.edcn.1.cross_v1.weight',
  likedEdcn1CrossV1Bias: 'liked.edcn.1.cross_v1.bias',
  likedEdcn1LinearWeight: 'liked.edcn.1.linear.weight',
  likedEdcn1LinearBias: 'liked.edcn.1.linear.bias',
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
