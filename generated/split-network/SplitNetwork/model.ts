import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `user.0.linear.weight` [64, 80] */
  readonly user0LinearWeight: tf.Variable;
  /** `user.0.linear.bias` [64] */
  readonly user0LinearBias: tf.Variable;
  /** `user.1.linear.weight` [32, 64] */
  readonly user1LinearWeight: tf.Variable;
  /** `user.1.linear.bias` [32] */
  readonly user1LinearBias: tf.Variable;
  /** `item.0.linear.weight` [64, 32] */
  readonly item0LinearWeight: tf.Variable;
  /** `item.0.linear.bias` [64] */
  readonly item0LinearBias: tf.Variable;
  /** `item.1.linear.weight` [32, 64] */
  readonly item1LinearWeight: tf.Variable;
  /** `item.1.linear.bias` [32] */
  readonly item1LinearBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [32, 64] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [32] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.linear.weight` [1, 32] */
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

/** Logits and other tensors of the network. */
export interface Tensors extends Logits {
  /** [rows, 32] */
  readonly user: tf.Tensor;
  /** [rows, 32] */
  readonly item: tf.Tensor;
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
 * A small network in place of the product of two towers.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Tensors {
  return tf.tidy(() => {
    const user = relu(
      relu(
        tf
          .concat([inputs.userId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode], 1)
          .matMul(weights.user0LinearWeight, false, true)
          .add(weights.user0LinearBias),
      )
        .matMul(weights.user1LinearWeight, false, true)
        .add(weights.user1LinearBias),
    );
    const item = relu(
      relu(
        tf.concat([inputs.movieId, inputs.genres], 1).matMul(weights.item0LinearWeight, false, true).add(weights.item0LinearBias),
      )
        .matMul(weights.item1LinearWeight, false, true)
        .add(weights.item1LinearBias),
    );
    const liked = relu(
      tf.concat([user, item], 1).matMul(weights.likedMlp0LinearWeight, false, true).add(weights.likedMlp0LinearBias),
    )
      .matMul(weights.likedLinearWeight, false, true)
      .add(weights.likedLinearBias)
      .reshape([-1]);
    return { liked, user, item };
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
  readonly user: readonly number[];
  readonly item: readonly number[];
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const given = forward(model.weights, inputsOf(model.tables, batch));
    return { liked: given.liked.sigmoid(), user: given.user, item: given.item };
  });
  const data = { liked: await tensors.liked.data(), user: await tensors.user.data(), item: await tensors.item.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({
    liked: data.liked[i],
    user: Array.from(data.user.subarray(i * 32, (i + 1) * 32)),
    item: Array.from(data.item.subarray(i * 32, (i + 1) * 32)),
  }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      user0LinearWeight: variable(
        uniform(seed, 'user.0.linear.weight', 5120, -Math.sqrt(6 / (80 + 64)), Math.sqrt(6 / (80 + 64))),
        [64, 80],
      ),
      user0LinearBias: variable(constant(64, 0), [64]),
      user1LinearWeight: variable(
        uniform(seed, 'user.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      user1LinearBias: variable(constant(32, 0), [32]),
      item0LinearWeight: variable(
        uniform(seed, 'item.0.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      item0LinearBias: variable(constant(64, 0), [64]),
      item1LinearWeight: variable(
        uniform(seed, 'item.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      item1LinearBias: variable(constant(32, 0), [32]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      likedMlp0LinearBias: variable(constant(32, 0), [32]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 32, -Math.sqrt(6 / (32 + 1)), Math.sqrt(6 / (32 + 1))),
        [1, 32],
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
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  user0LinearWeight: 'user.0.linear.weight',
  user0LinearBias: 'user.0.linear.bias',
  user1LinearWeight: 'user.1.linear.weight',
  user1LinearBias: 'user.1.linear.bias',
  item0LinearWeight: 'item.0.linear.weight',
  item0LinearBias: 'item.0.linear.bias',
  item1LinearWeight: 'item.1.linear.weight',
  item1LinearBias: 'item.1.linear.bias',
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
};
