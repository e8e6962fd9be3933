import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `h.0.linear.weight` [8, 27] */
  readonly h0LinearWeight: tf.Variable;
  /** `h.0.linear.bias` [8] */
  readonly h0LinearBias: tf.Variable;
  /** `h.0.dice.weight` [8] */
  readonly h0DiceWeight: tf.Variable;
  /** `liked.linear.weight` [1, 8] */
  readonly likedLinearWeight: tf.Variable;
  /** `liked.linear.bias` [1] */
  readonly likedLinearBias: tf.Variable;
  /** `stars.weight` [1, 22] */
  readonly starsWeight: tf.Variable;
  /** `stars.bias` [1] */
  readonly starsBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `h.0.dice.batch_norm.mean` [8] */
  readonly h0DiceBatchNormMean: tf.Variable;
  /** `h.0.dice.batch_norm.variance` [8] */
  readonly h0DiceBatchNormVariance: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 9 rows of 3. */
  readonly user: Table;
  /** 50 rows of 3. */
  readonly movie: Table;
  /** 7 rows of 3. */
  readonly seen: Table;
  /** 4 rows of 3. */
  readonly genres: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly states: States;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 3] */
  readonly user: tf.Tensor;
  /** [rows, 3] */
  readonly movie: tf.Tensor;
  /** [rows, 4, 3] */
  readonly seenSequence: tf.Tensor;
  /** [rows, 4] */
  readonly seenMask: tf.Tensor;
  /** [rows, 3] */
  readonly genres: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
  /** [rows, 4] */
  readonly words: tf.Tensor;
}

/** Numbers of [0, 1) that decide what dropout keeps. */
export interface Noise {
  /** [rows, 8] */
  readonly noiseH0Dropout: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
  /** [rows] */
  readonly stars: tf.Tensor;
}

/** 1 where it is true, else 0. What a cast gives, webgpu keeps as whole numbers, which its sums and transpositions cannot read. */
function asNumber(condition: tf.Tensor): tf.Tensor {
  return condition.cast('float32').mul(1);
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

/** The largest elements along axes. Those that are equal share the gradient, which TensorFlow.js would give to each of them. */
function largest(x: tf.Tensor, axes: number[]): tf.Tensor {
  const pick = tf.customGrad((given, save) => {
    const all = given as tf.Tensor;
    const value = all.max(axes, true);
    (save as tf.GradSaveFunc)([all, value]);
    return {
      value: value.squeeze(axes),
      gradFunc: (gradient: tf.Tensor, [all, value]: tf.Tensor[]) => {
        const isLargest = asNumber(all.equal(value));
        return isLargest.mul(gradient.reshape(value.shape).div(isLargest.sum(axes, true)));
      },
    };
  });
  return pick(x);
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
 * What the other models that agreement is tested with leave out.
 *
 * The forward pass; without noise nothing is dropped; training moves the running statistics.
 */
export function forward(weights: Weights, states: States, inputs: Inputs, noise?: Noise): Logits {
  return tf.tidy(() => {
    const v = tf.concat(
      [inputs.user.reshape([-1, 1, 3]), inputs.movie.reshape([-1, 1, 3]), inputs.genres.reshape([-1, 1, 3])],
      1,
    );
    const y = v.matMul(v, false, true).softmax().matMul(v);
    const low = relu(inputs.user).minimum(inputs.movie.tanh());
    const high = largest(y, [1]).add(inputs.words.logSumExp(1).reshape([-1, 1]));
    const ranks = asNumber(inputs.words.reshape([-1, 4, 1]).greater(inputs.words.reshape([-1, 1, 4]))).sum(1);
    const x = tf.concat(
      [y.reshape([-1, 9]), low, high, inputs.words.abs(), inputs.words.neg().mul(inputs.words).exp(), ranks],
      1,
    );
    const h1 = x.matMul(weights.h0LinearWeight, false, true).add(weights.h0LinearBias);
    const hStatistics = statistics(
      h1,
      [0],
      { mean: states.h0DiceBatchNormMean, variance: states.h0DiceBatchNormVariance },
      0.9,
      noise !== undefined,
    );
    const h2 = h1
      .sub(hStatistics.mean)
      .mul(tf.div(1, hStatistics.variance.add(1e-8).sqrt()))
      .sigmoid();
    const h = dropout(h2.mul(h1).add(tf.sub(1, h2).mul(weights.h0DiceWeight).mul(h1)), 0.2, noise?.noiseH0Dropout);
    const k = take(v, [1, 2, 2], 1);
    const q = take(v, [0, 0, 1], 1);
    const liked1 = inputs.seenSequence
      .sum(2)
      .mul(inputs.seenMask)
      .sum(1)
      .mul(tf.div(1, inputs.seenMask.sum(1).maximum(1)))
      .reshape([-1, 1]);
    const liked = h
      .matMul(weights.likedLinearWeight, false, true)
      .add(weights.likedLinearBias)
      .add(tf.where(inputs.price.greater(0), 1, 0.5).mul(liked1));
    const stars1 = tf.concat(
      [h, k.mul(q).reshape([-1, 9]), inputs.words.mul(inputs.words).add(1).log(), inputs.price.mul(inputs.price).add(1).sqrt()],
      1,
    );
    const stars = stars1.matMul(weights.starsWeight, false, true).add(weights.starsBias);
    return { liked: liked.reshape([-1]), stars: stars.reshape([-1]) };
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
    user: lookUp(tables.user, batch.user),
    movie: lookUp(tables.movie, batch.movie),
    seenSequence: lookUpSequences(tables.seen, batch.seen, 4),
    seenMask: presence(batch.seen, 4),
    genres: lookUpPooled(tables.genres, batch.genres, 'sum'),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
    words: tf.tensor2d(batch.words, [batch.rows, 4]),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
  readonly stars: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, model.states, inputsOf(model.tables, batch));
    return { liked: logits.liked.sigmoid(), stars: logits.stars };
  });
  const data = { liked: await tensors.liked.data(), stars: await tensors.stars.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ liked: data.liked[i], stars: data.stars[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number): Model {
  return {
    weights: {
      h0LinearWeight: variable(
        uniform(seed, 'h.0.linear.weight', 216, -Math.sqrt(6 / (27 + 8)), Math.sqrt(6 / (27 + 8))),
        [8, 27],
      ),
      h0LinearBias: variable(constant(8, 0), [8]),
      h0DiceWeight: variable(constant(8, 0), [8]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 8, -Math.sqrt(6 / (8 + 1)), Math.sqrt(6 / (8 + 1))),
        [1, 8],
      ),
      likedLinearBias: variable(constant(1, 0), [1]),
      starsWeight: variable(uniform(seed, 'stars.weight', 22, -Math.sqrt(6 / (22 + 1)), Math.sqrt(6 / (22 + 1))), [1, 22]),
      starsBias: variable(constant(1, 0), [1]),
    },
    states: {
      h0DiceBatchNormMean: variable(constant(8, 0), [8]),
      h0DiceBatchNormVariance: variable(constant(8, 1), [8]),
    },
    tables: {
      user: { rows: 9, dim: 3, values: uniform(seed, 'table.user', 9 * 3, -0.05, 0.05) },
      movie: { rows: 50, dim: 3, values: uniform(seed, 'table.movie', 50 * 3, -0.05, 0.05) },
      seen: { rows: 7, dim: 3, values: uniform(seed, 'table.seen', 7 * 3, -0.05, 0.05) },
      genres: { rows: 4, dim: 3, values: uniform(seed, 'table.genres', 4 * 3, -0.05, 0.05) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  h0LinearWeight: 'h.0.linear.weight',
  h0LinearBias: 'h.0.linear.bias',
  h0DiceWeight: 'h.0.dice.weight',
  likedLinearWeight: 'liked.linear.weight',
  likedLinearBias: 'liked.linear.bias',
  starsWeight: 'stars.weight',
  starsBias: 'stars.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  h0DiceBatchNormMean: 'h.0.dice.batch_norm.mean',
  h0DiceBatchNormVariance: 'h.0.dice.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  movie: 'table.movie',
  seen: 'table.seen',
  genres: 'table.genres',
};
