import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `interest.mlp.0.linear.weight` [32, 64] */
  readonly interestMlp0LinearWeight: tf.Variable;
  /** `interest.mlp.0.linear.bias` [32] */
  readonly interestMlp0LinearBias: tf.Variable;
  /** `interest.mlp.0.dice.weight` [32] */
  readonly interestMlp0DiceWeight: tf.Variable;
  /** `interest.mlp.1.linear.weight` [16, 32] */
  readonly interestMlp1LinearWeight: tf.Variable;
  /** `interest.mlp.1.linear.bias` [16] */
  readonly interestMlp1LinearBias: tf.Variable;
  /** `interest.mlp.1.dice.weight` [16] */
  readonly interestMlp1DiceWeight: tf.Variable;
  /** `interest.linear.weight` [1, 16] */
  readonly interestLinearWeight: tf.Variable;
  /** `interest.linear.bias` [1] */
  readonly interestLinearBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [64, 64] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [64] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.mlp.0.dice.weight` [64] */
  readonly likedMlp0DiceWeight: tf.Variable;
  /** `liked.mlp.1.linear.weight` [32, 64] */
  readonly likedMlp1LinearWeight: tf.Variable;
  /** `liked.mlp.1.linear.bias` [32] */
  readonly likedMlp1LinearBias: tf.Variable;
  /** `liked.mlp.1.dice.weight` [32] */
  readonly likedMlp1DiceWeight: tf.Variable;
  /** `liked.weight` [1, 32] */
  readonly likedWeight: tf.Variable;
  /** `liked.bias` [1] */
  readonly likedBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `interest.mlp.0.dice.batch_norm.mean` [32] */
  readonly interestMlp0DiceBatchNormMean: tf.Variable;
  /** `interest.mlp.0.dice.batch_norm.variance` [32] */
  readonly interestMlp0DiceBatchNormVariance: tf.Variable;
  /** `interest.mlp.1.dice.batch_norm.mean` [16] */
  readonly interestMlp1DiceBatchNormMean: tf.Variable;
  /** `interest.mlp.1.dice.batch_norm.variance` [16] */
  readonly interestMlp1DiceBatchNormVariance: tf.Variable;
  /** `liked.mlp.0.dice.batch_norm.mean` [64] */
  readonly likedMlp0DiceBatchNormMean: tf.Variable;
  /** `liked.mlp.0.dice.batch_norm.variance` [64] */
  readonly likedMlp0DiceBatchNormVariance: tf.Variable;
  /** `liked.mlp.1.dice.batch_norm.mean` [32] */
  readonly likedMlp1DiceBatchNormMean: tf.Variable;
  /** `liked.mlp.1.dice.batch_norm.variance` [32] */
  readonly likedMlp1DiceBatchNormVariance: tf.Variable;
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
  readonly movies: Table;
  /** V(genres) rows of 16. */
  readonly genres: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly states: States;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
  /** [rows, 20, 16] */
  readonly historySequence: tf.Tensor;
  /** [rows, 20] */
  readonly historyMask: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
}

/** Mean and variance of a batch, which move the running ones; those themselves outside of training. */
function statistics(
  x: tf.Tensor,
  axes: number[],
  running: Statistics<tf.Variable>,
  momentum: number,
  isTraining: boolean,
): Statistics<tf.Tensor> {
  if (!isTraining) return running;
  const mean = x.mean(axes);
  return moved(running, { mean, variance: x.sub(mean).square().mean(axes) }, momentum);
}

/** The same of the places of a sequence that are there: where `present` is 1. */
function statisticsOfPresent(
  x: tf.Tensor,
  axes: number[],
  present: tf.Tensor,
  running: Statistics<tf.Variable>,
  momentum: number,
  isTraining: boolean,
): Statistics<tf.Tensor> {
  if (!isTraining) return running;
  const count = present.sum().maximum(1);
  const average = (values: tf.Tensor): tf.Tensor => values.mul(present).sum(axes).div(count);
  const mean = average(x);
  return moved(running, { mean, variance: average(x.sub(mean).square()) }, momentum);
}

interface Statistics<T extends tf.Tensor> {
  readonly mean: T;
  readonly variance: T;
}

function moved(running: Statistics<tf.Variable>, batch: Statistics<tf.Tensor>, momentum: number): Statistics<tf.Tensor> {
  for (const key of ['mean', 'variance'] as const)
    running[key].assign(running[key].mul(momentum).add(batch[key].mul(1 - momentum)));
  return batch;
}

/**
 * DIN [Zhou et al. 2018]: attention over the films a user liked before, against the candidate.
 *
 * The forward pass; training moves the running statistics.
 */
export function forward(weights: Weights, states: States, inputs: Inputs, isTraining = false): Logits {
  return tf.tidy(() => {
    const rows = inputs.userId.shape[0] ?? 0;
    const interest1 = inputs.movieId.reshape([-1, 1, 16]);
    const interest2 = tf
      .concat(
        [
          inputs.historySequence,
          tf.broadcastTo(interest1, [rows, 20, 16]),
          inputs.historySequence.sub(interest1),
          inputs.historySequence.mul(interest1),
        ],
        2,
      )
      .reshape([-1, 64])
      .matMul(weights.interestMlp0LinearWeight, false, true)
      .reshape([-1, 20, 32])
      .add(weights.interestMlp0LinearBias);
    const present1 = inputs.historyMask.reshape([-1, 20, 1]);
    const interestStatistics = statisticsOfPresent(
      interest2,
      [0, 1],
      present1,
      { mean: states.interestMlp0DiceBatchNormMean, variance: states.interestMlp0DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const interest3 = interest2
      .sub(interestStatistics.mean)
      .mul(tf.div(1, interestStatistics.variance.add(1e-8).sqrt()))
      .sigmoid();
    const interest4 = interest3
      .mul(interest2)
      .add(tf.sub(1, interest3).mul(weights.interestMlp0DiceWeight).mul(interest2))
      .reshape([-1, 32])
      .matMul(weights.interestMlp1LinearWeight, false, true)
      .reshape([-1, 20, 16])
      .add(weights.interestMlp1LinearBias);
    const interestStatistics2 = statisticsOfPresent(
      interest4,
      [0, 1],
      present1,
      { mean: states.interestMlp1DiceBatchNormMean, variance: states.interestMlp1DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const interest5 = interest4
      .sub(interestStatistics2.mean)
      .mul(tf.div(1, interestStatistics2.variance.add(1e-8).sqrt()))
      .sigmoid();
    const interest6 = interest5
      .mul(interest4)
      .add(tf.sub(1, interest5).mul(weights.interestMlp1DiceWeight).mul(interest4))
      .reshape([-1, 16])
      .matMul(weights.interestLinearWeight, false, true)
      .reshape([-1, 20, 1])
      .add(weights.interestLinearBias)
      .reshape([-1, 20])
      .mul(inputs.historyMask);
    const interest = interest6.reshape([-1, 1, 20]).matMul(inputs.historySequence).reshape([-1, 16]);
    const liked1 = tf
      .concat([inputs.userId, inputs.movieId, inputs.genres, interest], 1)
      .matMul(weights.likedMlp0LinearWeight, false, true)
      .add(weights.likedMlp0LinearBias);
    const likedStatistics = statistics(
      liked1,
      [0],
      { mean: states.likedMlp0DiceBatchNormMean, variance: states.likedMlp0DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const liked2 = liked1
      .sub(likedStatistics.mean)
      .mul(tf.div(1, likedStatistics.variance.add(1e-8).sqrt()))
      .sigmoid();
    const liked3 = liked2
      .mul(liked1)
      .add(tf.sub(1, liked2).mul(weights.likedMlp0DiceWeight).mul(liked1))
      .matMul(weights.likedMlp1LinearWeight, false, true)
      .add(weights.likedMlp1LinearBias);
    const likedStatistics2 = statistics(
      liked3,
      [0],
      { mean: states.likedMlp1DiceBatchNormMean, variance: states.likedMlp1DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const liked4 = liked3
      .sub(likedStatistics2.mean)
      .mul(tf.div(1, likedStatistics2.variance.add(1e-8).sqrt()))
      .sigmoid();
    const liked = liked4
      .mul(liked3)
      .add(tf.sub(1, liked4).mul(weights.likedMlp1DiceWeight).mul(liked3))
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

/** Rows of a table side by side, [rows, length, dim]. Places that a row lacks repeat its last id; what reads them leaves them out. */
function lookUpSequences(table: Table, { ids, offsets }: Bags, length: number): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * length * dim);
  for (let i = 0; i < rows; i++) {
    const last = offsets[i + 1] - 1;
    for (let place = 0; place < length; place++) {
      const id = last < offsets[i] ? 0 : ids[Math.min(offsets[i] + place, last)];
      found.set(values.subarray(id * dim, (id + 1) * dim), (i * length + place) * dim);
    }
  }
  return tf.tensor3d(found, [rows, length, dim]);
}

/** 1 for the places of a sequence that a row has, else 0. */
function presence({ offsets }: Bags, length: number): tf.Tensor {
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * length);
  for (let i = 0; i < rows; i++) found.fill(1, i * length, i * length + offsets[i + 1] - offsets[i]);
  return tf.tensor2d(found, [rows, length]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    userId: lookUp(tables.userId, batch.userId),
    movieId: lookUp(tables.movies, batch.movieId),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
    historySequence: lookUpSequences(tables.movies, batch.history, 20),
    historyMask: presence(batch.history, 20),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, model.states, inputsOf(model.tables, batch));
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
      interestMlp0LinearWeight: variable(
        uniform(seed, 'interest.mlp.0.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      interestMlp0LinearBias: variable(constant(32, 0), [32]),
      interestMlp0DiceWeight: variable(constant(32, 0), [32]),
      interestMlp1LinearWeight: variable(
        uniform(seed, 'interest.mlp.1.linear.weight', 512, -Math.sqrt(6 / (32 + 16)), Math.sqrt(6 / (32 + 16))),
        [16, 32],
      ),
      interestMlp1LinearBias: variable(constant(16, 0), [16]),
      interestMlp1DiceWeight: variable(constant(16, 0), [16]),
      interestLinearWeight: variable(
        uniform(seed, 'interest.linear.weight', 16, -Math.sqrt(6 / (16 + 1)), Math.sqrt(6 / (16 + 1))),
        [1, 16],
      ),
      interestLinearBias: variable(constant(1, 0), [1]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 4096, -Math.sqrt(6 / (64 + 64)), Math.sqrt(6 / (64 + 64))),
        [64, 64],
      ),
      likedMlp0LinearBias: variable(constant(64, 0), [64]),
      likedMlp0DiceWeight: variable(constant(64, 0), [64]),
      likedMlp1LinearWeight: variable(
        uniform(seed, 'liked.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      likedMlp1LinearBias: variable(constant(32, 0), [32]),
      likedMlp1DiceWeight: variable(constant(32, 0), [32]),
      likedWeight: variable(uniform(seed, 'liked.weight', 32, -Math.sqrt(6 / (32 + 1)), Math.sqrt(6 / (32 + 1))), [1, 32]),
      likedBias: variable(constant(1, 0), [1]),
    },
    states: {
      interestMlp0DiceBatchNormMean: variable(constant(32, 0), [32]),
      interestMlp0DiceBatchNormVariance: variable(constant(32, 1), [32]),
      interestMlp1DiceBatchNormMean: variable(constant(16, 0), [16]),
      interestMlp1DiceBatchNormVariance: variable(constant(16, 1), [16]),
      likedMlp0DiceBatchNormMean: variable(constant(64, 0), [64]),
      likedMlp0DiceBatchNormVariance: variable(constant(64, 1), [64]),
      likedMlp1DiceBatchNormMean: variable(constant(32, 0), [32]),
      likedMlp1DiceBatchNormVariance: variable(constant(32, 1), [32]),
    },
    tables: {
      userId: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.user_id', (state.vocabularies.user_id.length + 1) * 16, -0.05, 0.05),
      },
      movies: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.movies', (state.vocabularies.movie_id.length + 1) * 16, -0.05, 0.05),
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
  interestMlp0LinearWeight: 'interest.mlp.0.linear.weight',
  interestMlp0LinearBias: 'interest.mlp.0.linear.bias',
  interestMlp0DiceWeight: 'interest.mlp.0.dice.weight',
  interestMlp1LinearWeight: 'interest.mlp.1.linear.weight',
  interestMlp1LinearBias: 'interest.mlp.1.linear.bias',
  interestMlp1DiceWeight: 'interest.mlp.1.dice.weight',
  interestLinearWeight: 'interest.linear.weight',
  interestLinearBias: 'interest.linear.bias',
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
  likedMlp0DiceWeight: 'liked.mlp.0.dice.weight',
  likedMlp1LinearWeight: 'liked.mlp.1.linear.weight',
  likedMlp1LinearBias: 'liked.mlp.1.linear.bias',
  likedMlp1DiceWeight: 'liked.mlp.1.dice.weight',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  interestMlp0DiceBatchNormMean: 'interest.mlp.0.dice.batch_norm.mean',
  interestMlp0DiceBatchNormVariance: 'interest.mlp.0.dice.batch_norm.variance',
  interestMlp1DiceBatchNormMean: 'interest.mlp.1.dice.batch_norm.mean',
  interestMlp1DiceBatchNormVariance: 'interest.mlp.1.dice.batch_norm.variance',
  likedMlp0DiceBatchNormMean: 'liked.mlp.0.dice.batch_norm.mean',
  likedMlp0DiceBatchNormVariance: 'liked.mlp.0.dice.batch_norm.variance',
  likedMlp1DiceBatchNormMean: 'liked.mlp.1.dice.batch_norm.mean',
  likedMlp1DiceBatchNormVariance: 'liked.mlp.1.dice.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movies: 'table.movies',
  genres: 'table.genres',
};
