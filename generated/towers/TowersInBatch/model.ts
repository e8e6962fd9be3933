import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch, type TrainingBatch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `user.mlp.0.linear.weight` [64, 80] */
  readonly userMlp0LinearWeight: tf.Variable;
  /** `user.mlp.0.linear.bias` [64] */
  readonly userMlp0LinearBias: tf.Variable;
  /** `user.linear.weight` [32, 64] */
  readonly userLinearWeight: tf.Variable;
  /** `user.linear.bias` [32] */
  readonly userLinearBias: tf.Variable;
  /** `item.mlp.0.linear.weight` [64, 32] */
  readonly itemMlp0LinearWeight: tf.Variable;
  /** `item.mlp.0.linear.bias` [64] */
  readonly itemMlp0LinearBias: tf.Variable;
  /** `item.linear.weight` [32, 64] */
  readonly itemLinearWeight: tf.Variable;
  /** `item.linear.bias` [32] */
  readonly itemLinearBias: tf.Variable;
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

/** What it reads in training. */
export interface TrainingInputs extends Inputs {
  /** [rows] */
  readonly movieIdCode: tf.Tensor;
}

/** What losses read besides. */
export interface Targets {
  /** Observed, [rows] */
  readonly liked: tf.Tensor;
  /** log of the share of the training rows that have the row's `movie_id`, [rows] */
  readonly movieIdLogShare: tf.Tensor;
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
 * Sampled softmax [Yi et al. 2019]: the films of the batch are the negatives, corrected by how often each is seen.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Tensors {
  return tf.tidy(() => {
    const user1 = relu(
      tf
        .concat([inputs.userId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode], 1)
        .matMul(weights.userMlp0LinearWeight, false, true)
        .add(weights.userMlp0LinearBias),
    )
      .matMul(weights.userLinearWeight, false, true)
      .add(weights.userLinearBias);
    const user = user1.div(user1.mul(user1).sum(1).maximum(1e-12).sqrt().reshape([-1, 1]));
    const item1 = relu(
      tf
        .concat([inputs.movieId, inputs.genres], 1)
        .matMul(weights.itemMlp0LinearWeight, false, true)
        .add(weights.itemMlp0LinearBias),
    )
      .matMul(weights.itemLinearWeight, false, true)
      .add(weights.itemLinearBias);
    const item = item1.div(item1.mul(item1).sum(1).maximum(1e-12).sqrt().reshape([-1, 1]));
    const liked = user.mul(item).sum(1).div(0.1);
    return { liked, user, item };
  });
}

/** The loss of each row for `liked`, [rows]. */
export function likedLoss(tensors: Tensors, inputs: TrainingInputs, targets: Targets): tf.Tensor {
  return tf.tidy(() => {
    const loss1 = tf
      .where(
        inputs.movieIdCode.equal(inputs.movieIdCode.reshape([-1, 1])),
        -1000000000,
        tensors.user.matMul(tensors.item, false, true).div(0.1).sub(targets.movieIdLogShare),
      )
      .logSumExp(1)
      .sub(tensors.liked.sub(targets.movieIdLogShare));
    return targets.liked.mul(loss1.softplus());
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

/** The same with what only training reads. */
export function trainingInputsOf(tables: Tables, batch: TrainingBatch): TrainingInputs {
  return {
    ...inputsOf(tables, batch),
    movieIdCode: tf.tensor1d(batch.movieId, 'float32'),
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
      userMlp0LinearWeight: variable(
        uniform(seed, 'user.mlp.0.linear.weight', 5120, -Math.sqrt(6 / (80 + 64)), Math.sqrt(6 / (80 + 64))),
        [64, 80],
      ),
      userMlp0LinearBias: variable(constant(64, 0), [64]),
      userLinearWeight: variable(
        uniform(seed, 'user.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      userLinearBias: variable(constant(32, 0), [32]),
      itemMlp0LinearWeight: variable(
        uniform(seed, 'item.mlp.0.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      itemMlp0LinearBias: variable(constant(64, 0), [64]),
      itemLinearWeight: variable(
        uniform(seed, 'item.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      itemLinearBias: variable(constant(32, 0), [32]),
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
  userMlp0LinearWeight: 'user.mlp.0.linear.weight',
  userMlp0LinearBias: 'user.mlp.0.linear.bias',
  userLinearWeight: 'user.linear.weight',
  userLinearBias: 'user.linear.bias',
  itemMlp0LinearWeight: 'item.mlp.0.linear.weight',
  itemMlp0LinearBias: 'item.mlp.0.linear.bias',
  itemLinearWeight: 'item.linear.weight',
  itemLinearBias: 'item.linear.bias',
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
