import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `taken.din.mlp.0.linear.weight` [4, 16] */
  readonly takenDinMlp0LinearWeight: tf.Variable;
  /** `taken.din.mlp.0.linear.bias` [4] */
  readonly takenDinMlp0LinearBias: tf.Variable;
  /** `taken.din.mlp.0.dice.weight` [4] */
  readonly takenDinMlp0DiceWeight: tf.Variable;
  /** `taken.din.mlp.1.linear.weight` [3, 4] */
  readonly takenDinMlp1LinearWeight: tf.Variable;
  /** `taken.din.mlp.1.linear.bias` [3] */
  readonly takenDinMlp1LinearBias: tf.Variable;
  /** `taken.din.mlp.1.dice.weight` [3] */
  readonly takenDinMlp1DiceWeight: tf.Variable;
  /** `taken.din.linear.weight` [1, 3] */
  readonly takenDinLinearWeight: tf.Variable;
  /** `taken.din.linear.bias` [1] */
  readonly takenDinLinearBias: tf.Variable;
  /** `taken.mlp.0.linear.weight` [5, 20] */
  readonly takenMlp0LinearWeight: tf.Variable;
  /** `taken.mlp.0.linear.bias` [5] */
  readonly takenMlp0LinearBias: tf.Variable;
  /** `taken.mlp.0.dice.weight` [5] */
  readonly takenMlp0DiceWeight: tf.Variable;
  /** `taken.mlp.1.linear.weight` [4, 5] */
  readonly takenMlp1LinearWeight: tf.Variable;
  /** `taken.mlp.1.linear.bias` [4] */
  readonly takenMlp1LinearBias: tf.Variable;
  /** `taken.mlp.1.dice.weight` [4] */
  readonly takenMlp1DiceWeight: tf.Variable;
  /** `taken.weight` [1, 4] */
  readonly takenWeight: tf.Variable;
  /** `taken.bias` [1] */
  readonly takenBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `taken.din.mlp.0.dice.batch_norm.mean` [4] */
  readonly takenDinMlp0DiceBatchNormMean: tf.Variable;
  /** `taken.din.mlp.0.dice.batch_norm.variance` [4] */
  readonly takenDinMlp0DiceBatchNormVariance: tf.Variable;
  /** `taken.din.mlp.1.dice.batch_norm.mean` [3] */
  readonly takenDinMlp1DiceBatchNormMean: tf.Variable;
  /** `taken.din.mlp.1.dice.batch_norm.variance` [3] */
  readonly takenDinMlp1DiceBatchNormVariance: tf.Variable;
  /** `taken.mlp.0.dice.batch_norm.mean` [5] */
  readonly takenMlp0DiceBatchNormMean: tf.Variable;
  /** `taken.mlp.0.dice.batch_norm.variance` [5] */
  readonly takenMlp0DiceBatchNormVariance: tf.Variable;
  /** `taken.mlp.1.dice.batch_norm.mean` [4] */
  readonly takenMlp1DiceBatchNormMean: tf.Variable;
  /** `taken.mlp.1.dice.batch_norm.variance` [4] */
  readonly takenMlp1DiceBatchNormVariance: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** V(article) rows of 4. */
  readonly articles: Table;
  /** V(liked_before) rows of 4. */
  readonly likedBefore: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly states: States;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly article: tf.Tensor;
  /** [rows, 4, 4] */
  readonly boughtSequence: tf.Tensor;
  /** [rows, 4] */
  readonly bought: tf.Tensor;
  /** [rows, 4] */
  readonly boughtMask: tf.Tensor;
  /** [rows, 4, 4] */
  readonly likedBeforeSequence: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
}

/** 1 where it is true, else 0. What a cast gives, webgpu keeps as whole numbers, which its sums and transpositions cannot read. */
function asNumber(condition: tf.Tensor): tf.Tensor {
  return condition.cast('float32').mul(1);
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
 * Attention over what was bought before, with the grades beside it, and Dice.
 *
 * The forward pass; training moves the running statistics.
 */
export function forward(weights: Weights, states: States, inputs: Inputs, isTraining = false): Logits {
  return tf.tidy(() => {
    const rows = inputs.article.shape[0] ?? 0;
    const a1 = inputs.article.reshape([-1, 1, 4]);
    const a2 = inputs.boughtSequence.mul(a1);
    const a = a2.sum(2).add(inputs.likedBeforeSequence.sum(2));
    const best1 = inputs.boughtMask.reshape([-1, 4, 1]);
    const best = tf.where(
      inputs.boughtMask.max(1).reshape([-1, 1]).cast('bool'),
      largest(tf.where(best1.cast('bool'), inputs.boughtSequence, -1e30), [1]),
      0,
    );
    const mean = inputs.likedBeforeSequence
      .mul(inputs.boughtSequence)
      .mul(best1)
      .sum(1)
      .mul(tf.div(1, inputs.boughtMask.sum(1).maximum(1)).reshape([-1, 1]));
    const taken1 = tf
      .concat([inputs.boughtSequence, tf.broadcastTo(a1, [rows, 4, 4]), inputs.boughtSequence.sub(a1), a2], 2)
      .reshape([-1, 16])
      .matMul(weights.takenDinMlp0LinearWeight, false, true)
      .reshape([-1, 4, 4])
      .add(weights.takenDinMlp0LinearBias);
    const takenStatistics = statisticsOfPresent(
      taken1,
      [0, 1],
      best1,
      { mean: states.takenDinMlp0DiceBatchNormMean, variance: states.takenDinMlp0DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const taken2 = taken1
      .sub(takenStatistics.mean)
      .mul(tf.div(1, takenStatistics.variance.add(1e-8).sqrt()))
      .sigmoid();
    const taken3 = taken2
      .mul(taken1)
      .add(tf.sub(1, taken2).mul(weights.takenDinMlp0DiceWeight).mul(taken1))
      .reshape([-1, 4])
      .matMul(weights.takenDinMlp1LinearWeight, false, true)
      .reshape([-1, 4, 3])
      .add(weights.takenDinMlp1LinearBias);
    const takenStatistics2 = statisticsOfPresent(
      taken3,
      [0, 1],
      best1,
      { mean: states.takenDinMlp1DiceBatchNormMean, variance: states.takenDinMlp1DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const taken4 = taken3
      .sub(takenStatistics2.mean)
      .mul(tf.div(1, takenStatistics2.variance.add(1e-8).sqrt()))
      .sigmoid();
    const taken5 = taken4
      .mul(taken3)
      .add(tf.sub(1, taken4).mul(weights.takenDinMlp1DiceWeight).mul(taken3))
      .reshape([-1, 3])
      .matMul(weights.takenDinLinearWeight, false, true)
      .reshape([-1, 4, 1])
      .add(weights.takenDinLinearBias)
      .reshape([-1, 4])
      .mul(inputs.boughtMask);
    const taken6 = tf.concat(
      [
        taken5.reshape([-1, 4, 1]).mul(inputs.boughtSequence).sum(1),
        tf
          .where(inputs.boughtMask.cast('bool'), a, -1e30)
          .softmax()
          .mul(inputs.boughtMask)
          .mul(inputs.boughtMask)
          .reshape([-1, 4, 1])
          .mul(inputs.boughtSequence)
          .sum(1),
        best,
        mean,
        inputs.bought,
      ],
      1,
    );
    const taken7 = taken6.matMul(weights.takenMlp0LinearWeight, false, true).add(weights.takenMlp0LinearBias);
    const takenStatistics3 = statistics(
      taken7,
      [0],
      { mean: states.takenMlp0DiceBatchNormMean, variance: states.takenMlp0DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const taken8 = taken7
      .sub(takenStatistics3.mean)
      .mul(tf.div(1, takenStatistics3.variance.add(1e-8).sqrt()))
      .sigmoid();
    const taken9 = taken8
      .mul(taken7)
      .add(tf.sub(1, taken8).mul(weights.takenMlp0DiceWeight).mul(taken7))
      .matMul(weights.takenMlp1LinearWeight, false, true)
      .add(weights.takenMlp1LinearBias);
    const takenStatistics4 = statistics(
      taken9,
      [0],
      { mean: states.takenMlp1DiceBatchNormMean, variance: states.takenMlp1DiceBatchNormVariance },
      0.9,
      isTraining,
    );
    const taken10 = taken9
      .sub(takenStatistics4.mean)
      .mul(tf.div(1, takenStatistics4.variance.add(1e-8).sqrt()))
      .sigmoid();
    const taken = taken10
      .mul(taken9)
      .add(tf.sub(1, taken10).mul(weights.takenMlp1DiceWeight).mul(taken9))
      .matMul(weights.takenWeight, false, true)
      .add(weights.takenBias);
    return { taken: taken.reshape([-1]) };
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
    article: lookUp(tables.articles, batch.article),
    boughtSequence: lookUpSequences(tables.articles, batch.bought, 4),
    bought: lookUpPooled(tables.articles, batch.bought, 'mean'),
    boughtMask: presence(batch.bought, 4),
    likedBeforeSequence: lookUpSequences(tables.likedBefore, batch.likedBefore, 4),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly taken: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, model.states, inputsOf(model.tables, batch));
    return { taken: logits.taken.sigmoid() };
  });
  const data = { taken: await tensors.taken.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ taken: data.taken[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      takenDinMlp0LinearWeight: variable(
        uniform(seed, 'taken.din.mlp.0.linear.weight', 64, -Math.sqrt(6 / (16 + 4)), Math.sqrt(6 / (16 + 4))),
        [4, 16],
      ),
      takenDinMlp0LinearBias: variable(constant(4, 0), [4]),
      takenDinMlp0DiceWeight: variable(constant(4, 0), [4]),
      takenDinMlp1LinearWeight: variable(
        uniform(seed, 'taken.din.mlp.1.linear.weight', 12, -Math.sqrt(6 / (4 + 3)), Math.sqrt(6 / (4 + 3))),
        [3, 4],
      ),
      takenDinMlp1LinearBias: variable(constant(3, 0), [3]),
      takenDinMlp1DiceWeight: variable(constant(3, 0), [3]),
      takenDinLinearWeight: variable(
        uniform(seed, 'taken.din.linear.weight', 3, -Math.sqrt(6 / (3 + 1)), Math.sqrt(6 / (3 + 1))),
        [1, 3],
      ),
      takenDinLinearBias: variable(constant(1, 0), [1]),
      takenMlp0LinearWeight: variable(
        uniform(seed, 'taken.mlp.0.linear.weight', 100, -Math.sqrt(6 / (20 + 5)), Math.sqrt(6 / (20 + 5))),
        [5, 20],
      ),
      takenMlp0LinearBias: variable(constant(5, 0), [5]),
      takenMlp0DiceWeight: variable(constant(5, 0), [5]),
      takenMlp1LinearWeight: variable(
        uniform(seed, 'taken.mlp.1.linear.weight', 20, -Math.sqrt(6 / (5 + 4)), Math.sqrt(6 / (5 + 4))),
        [4, 5],
      ),
      takenMlp1LinearBias: variable(constant(4, 0), [4]),
      takenMlp1DiceWeight: variable(constant(4, 0), [4]),
      takenWeight: variable(uniform(seed, 'taken.weight', 4, -Math.sqrt(6 / (4 + 1)), Math.sqrt(6 / (4 + 1))), [1, 4]),
      takenBias: variable(constant(1, 0), [1]),
    },
    states: {
      takenDinMlp0DiceBatchNormMean: variable(constant(4, 0), [4]),
      takenDinMlp0DiceBatchNormVariance: variable(constant(4, 1), [4]),
      takenDinMlp1DiceBatchNormMean: variable(constant(3, 0), [3]),
      takenDinMlp1DiceBatchNormVariance: variable(constant(3, 1), [3]),
      takenMlp0DiceBatchNormMean: variable(constant(5, 0), [5]),
      takenMlp0DiceBatchNormVariance: variable(constant(5, 1), [5]),
      takenMlp1DiceBatchNormMean: variable(constant(4, 0), [4]),
      takenMlp1DiceBatchNormVariance: variable(constant(4, 1), [4]),
    },
    tables: {
      articles: {
        rows: state.vocabularies.article.length + 1,
        dim: 4,
        values: uniform(seed, 'table.articles', (state.vocabularies.article.length + 1) * 4, -1, 1),
      },
      likedBefore: {
        rows: state.vocabularies.liked_before.length + 1,
        dim: 4,
        values: uniform(seed, 'table.liked_before', (state.vocabularies.liked_before.length + 1) * 4, -1, 1),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  takenDinMlp0LinearWeight: 'taken.din.mlp.0.linear.weight',
  takenDinMlp0LinearBias: 'taken.din.mlp.0.linear.bias',
  takenDinMlp0DiceWeight: 'taken.din.mlp.0.dice.weight',
  takenDinMlp1LinearWeight: 'taken.din.mlp.1.linear.weight',
  takenDinMlp1LinearBias: 'taken.din.mlp.1.linear.bias',
  takenDinMlp1DiceWeight: 'taken.din.mlp.1.dice.weight',
  takenDinLinearWeight: 'taken.din.linear.weight',
  takenDinLinearBias: 'taken.din.linear.bias',
  takenMlp0LinearWeight: 'taken.mlp.0.linear.weight',
  takenMlp0LinearBias: 'taken.mlp.0.linear.bias',
  takenMlp0DiceWeight: 'taken.mlp.0.dice.weight',
  takenMlp1LinearWeight: 'taken.mlp.1.linear.weight',
  takenMlp1LinearBias: 'taken.mlp.1.linear.bias',
  takenMlp1DiceWeight: 'taken.mlp.1.dice.weight',
  takenWeight: 'taken.weight',
  takenBias: 'taken.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  takenDinMlp0DiceBatchNormMean: 'taken.din.mlp.0.dice.batch_norm.mean',
  takenDinMlp0DiceBatchNormVariance: 'taken.din.mlp.0.dice.batch_norm.variance',
  takenDinMlp1DiceBatchNormMean: 'taken.din.mlp.1.dice.batch_norm.mean',
  takenDinMlp1DiceBatchNormVariance: 'taken.din.mlp.1.dice.batch_norm.variance',
  takenMlp0DiceBatchNormMean: 'taken.mlp.0.dice.batch_norm.mean',
  takenMlp0DiceBatchNormVariance: 'taken.mlp.0.dice.batch_norm.variance',
  takenMlp1DiceBatchNormMean: 'taken.mlp.1.dice.batch_norm.mean',
  takenMlp1DiceBatchNormVariance: 'taken.mlp.1.dice.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  articles: 'table.articles',
  likedBefore: 'table.liked_before',
};
