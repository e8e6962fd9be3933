import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `a.mmoe.0.mlp.0.linear.weight` [5, 16] */
  readonly aMmoe0Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.0.mlp.0.linear.bias` [5] */
  readonly aMmoe0Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.0.mlp.0.batch_norm.scale` [5] */
  readonly aMmoe0Mlp0BatchNormScale: tf.Variable;
  /** `a.mmoe.0.mlp.0.batch_norm.shift` [5] */
  readonly aMmoe0Mlp0BatchNormShift: tf.Variable;
  /** `a.mmoe.1.mlp.0.linear.weight` [5, 16] */
  readonly aMmoe1Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.1.mlp.0.linear.bias` [5] */
  readonly aMmoe1Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.1.mlp.0.batch_norm.scale` [5] */
  readonly aMmoe1Mlp0BatchNormScale: tf.Variable;
  /** `a.mmoe.1.mlp.0.batch_norm.shift` [5] */
  readonly aMmoe1Mlp0BatchNormShift: tf.Variable;
  /** `a.mmoe.0_2.mixture.linear.weight` [2, 16] */
  readonly aMmoe02MixtureLinearWeight: tf.Variable;
  /** `a.mmoe.1_2.mixture.linear.weight` [2, 16] */
  readonly aMmoe12MixtureLinearWeight: tf.Variable;
  /** `taken.weight` [1, 5] */
  readonly takenWeight: tf.Variable;
  /** `taken.bias` [1] */
  readonly takenBias: tf.Variable;
  /** `stars.mlp.0.linear.weight` [6, 5] */
  readonly starsMlp0LinearWeight: tf.Variable;
  /** `stars.mlp.0.linear.bias` [6] */
  readonly starsMlp0LinearBias: tf.Variable;
  /** `stars.mlp.0.layer_norm.weight` [6] */
  readonly starsMlp0LayerNormWeight: tf.Variable;
  /** `stars.mlp.0.layer_norm.bias` [6] */
  readonly starsMlp0LayerNormBias: tf.Variable;
  /** `stars.weight` [1, 6] */
  readonly starsWeight: tf.Variable;
  /** `stars.bias` [1] */
  readonly starsBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `a.mmoe.0.mlp.0.batch_norm.mean` [5] */
  readonly aMmoe0Mlp0BatchNormMean: tf.Variable;
  /** `a.mmoe.0.mlp.0.batch_norm.variance` [5] */
  readonly aMmoe0Mlp0BatchNormVariance: tf.Variable;
  /** `a.mmoe.1.mlp.0.batch_norm.mean` [5] */
  readonly aMmoe1Mlp0BatchNormMean: tf.Variable;
  /** `a.mmoe.1.mlp.0.batch_norm.variance` [5] */
  readonly aMmoe1Mlp0BatchNormVariance: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 12 rows of 4. */
  readonly user: Table;
  /** V(article) rows of 4. */
  readonly articles: Table;
  /** V(shelf) rows of 4. */
  readonly shelf: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly states: States;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly user: tf.Tensor;
  /** [rows, 4] */
  readonly article: tf.Tensor;
  /** [rows, 4] */
  readonly shelf: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
  /** [rows, 3] */
  readonly color: tf.Tensor;
}

/** Numbers of [0, 1) that decide what dropout keeps. */
export interface Noise {
  /** [rows, 5] */
  readonly noiseAMmoe0Mlp0Dropout: tf.Tensor;
  /** [rows, 5] */
  readonly noiseAMmoe1Mlp0Dropout: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
  /** [rows] */
  readonly stars: tf.Tensor;
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
 * Two labels, one of them weighted, experts that they share, a norm and dropout.
 *
 * The forward pass; without noise nothing is dropped; training moves the running statistics.
 */
export function forward(weights: Weights, states: States, inputs: Inputs, noise?: Noise): Logits {
  return tf.tidy(() => {
    const a1 = tf.concat([inputs.user, inputs.article, inputs.shelf, inputs.price, inputs.color], 1);
    const a2 = a1.matMul(weights.aMmoe0Mlp0LinearWeight, false, true).add(weights.aMmoe0Mlp0LinearBias);
    const aStatistics = statistics(
      a2,
      [0],
      { mean: states.aMmoe0Mlp0BatchNormMean, variance: states.aMmoe0Mlp0BatchNormVariance },
      0.9,
      noise !== undefined,
    );
    const a3 = relu(
      a2
        .sub(aStatistics.mean)
        .mul(tf.div(1, aStatistics.variance.add(0.00001).sqrt()))
        .mul(weights.aMmoe0Mlp0BatchNormScale)
        .add(weights.aMmoe0Mlp0BatchNormShift),
    );
    const a4 = a1.matMul(weights.aMmoe1Mlp0LinearWeight, false, true).add(weights.aMmoe1Mlp0LinearBias);
    const aStatistics2 = statistics(
      a4,
      [0],
      { mean: states.aMmoe1Mlp0BatchNormMean, variance: states.aMmoe1Mlp0BatchNormVariance },
      0.9,
      noise !== undefined,
    );
    const a5 = relu(
      a4
        .sub(aStatistics2.mean)
        .mul(tf.div(1, aStatistics2.variance.add(0.00001).sqrt()))
        .mul(weights.aMmoe1Mlp0BatchNormScale)
        .add(weights.aMmoe1Mlp0BatchNormShift),
    );
    const a6 = tf.concat(
      [
        dropout(a3, 0.2, noise?.noiseAMmoe0Mlp0Dropout).reshape([-1, 1, 5]),
        dropout(a5, 0.2, noise?.noiseAMmoe1Mlp0Dropout).reshape([-1, 1, 5]),
      ],
      1,
    );
    const a = a1.matMul(weights.aMmoe02MixtureLinearWeight, false, true).softmax().reshape([-1, 2, 1]).mul(a6).sum(1);
    const b = a1.matMul(weights.aMmoe12MixtureLinearWeight, false, true).softmax().reshape([-1, 2, 1]).mul(a6).sum(1);
    const taken = a.matMul(weights.takenWeight, false, true).add(weights.takenBias);
    const stars1 = b.matMul(weights.starsMlp0LinearWeight, false, true).add(weights.starsMlp0LinearBias);
    const stars2 = stars1.sub(stars1.sum(1).mul(0.16666666666666666).reshape([-1, 1]));
    const stars3 = weights.starsMlp0LayerNormWeight
      .mul(stars2)
      .div(stars2.mul(stars2).sum(1).mul(0.16666666666666666).add(0.00001).sqrt().reshape([-1, 1]));
    const stars = relu(stars3.add(weights.starsMlp0LayerNormBias))
      .matMul(weights.starsWeight, false, true)
      .add(weights.starsBias);
    return { taken: taken.reshape([-1]), stars: stars.reshape([-1]) };
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
    user: lookUp(tables.user, batch.user),
    article: lookUp(tables.articles, batch.article),
    shelf: lookUpPooled(tables.shelf, batch.shelf, 'sum'),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
    color: tf.tensor2d(batch.color, [batch.rows, 3]),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly taken: number;
  readonly stars: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, model.states, inputsOf(model.tables, batch));
    return { taken: logits.taken.sigmoid(), stars: logits.stars };
  });
  const data = { taken: await tensors.taken.data(), stars: await tensors.stars.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ taken: data.taken[i], stars: data.stars[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      aMmoe0Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.0.mlp.0.linear.weight', 80, -Math.sqrt(6 / (16 + 5)), Math.sqrt(6 / (16 + 5))),
        [5, 16],
      ),
      aMmoe0Mlp0LinearBias: variable(constant(5, 0), [5]),
      aMmoe0Mlp0BatchNormScale: variable(constant(5, 1), [5]),
      aMmoe0Mlp0BatchNormShift: variable(constant(5, 0), [5]),
      aMmoe1Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.1.mlp.0.linear.weight', 80, -Math.sqrt(6 / (16 + 5)), Math.sqrt(6 / (16 + 5))),
        [5, 16],
      ),
      aMmoe1Mlp0LinearBias: variable(constant(5, 0), [5]),
      aMmoe1Mlp0BatchNormScale: variable(constant(5, 1), [5]),
      aMmoe1Mlp0BatchNormShift: variable(constant(5, 0), [5]),
      aMmoe02MixtureLinearWeight: variable(
        uniform(seed, 'a.mmoe.0_2.mixture.linear.weight', 32, -Math.sqrt(6 / (16 + 2)), Math.sqrt(6 / (16 + 2))),
        [2, 16],
      ),
      aMmoe12MixtureLinearWeight: variable(
        uniform(seed, 'a.mmoe.1_2.mixture.linear.weight', 32, -Math.sqrt(6 / (16 + 2)), Math.sqrt(6 / (16 + 2))),
        [2, 16],
      ),
      takenWeight: variable(uniform(seed, 'taken.weight', 5, -Math.sqrt(6 / (5 + 1)), Math.sqrt(6 / (5 + 1))), [1, 5]),
      takenBias: variable(constant(1, 0), [1]),
      starsMlp0LinearWeight: variable(
        uniform(seed, 'stars.mlp.0.linear.weight', 30, -Math.sqrt(6 / (5 + 6)), Math.sqrt(6 / (5 + 6))),
        [6, 5],
      ),
      starsMlp0LinearBias: variable(constant(6, 0), [6]),
      starsMlp0LayerNormWeight: variable(constant(6, 1), [6]),
      starsMlp0LayerNormBias: variable(constant(6, 0), [6]),
      starsWeight: variable(uniform(seed, 'stars.weight', 6, -Math.sqrt(6 / (6 + 1)), Math.sqrt(6 / (6 + 1))), [1, 6]),
      starsBias: variable(constant(1, 0), [1]),
    },
    states: {
      aMmoe0Mlp0BatchNormMean: variable(constant(5, 0), [5]),
      aMmoe0Mlp0BatchNormVariance: variable(constant(5, 1), [5]),
      aMmoe1Mlp0BatchNormMean: variable(constant(5, 0), [5]),
      aMmoe1Mlp0BatchNormVariance: variable(constant(5, 1), [5]),
    },
    tables: {
      user: { rows: 12, dim: 4, values: uniform(seed, 'table.user', 12 * 4, -1, 1) },
      articles: {
        rows: state.vocabularies.article.length + 1,
        dim: 4,
        values: uniform(seed, 'table.articles', (state.vocabularies.article.length + 1) * 4, -1, 1),
      },
      shelf: {
        rows: state.vocabularies.shelf.length + 1,
        dim: 4,
        values: uniform(seed, 'table.shelf', (state.vocabularies.shelf.length + 1) * 4, -1, 1),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  aMmoe0Mlp0LinearWeight: 'a.mmoe.0.mlp.0.linear.weight',
  aMmoe0Mlp0LinearBias: 'a.mmoe.0.mlp.0.linear.bias',
  aMmoe0Mlp0BatchNormScale: 'a.mmoe.0.mlp.0.batch_norm.scale',
  aMmoe0Mlp0BatchNormShift: 'a.mmoe.0.mlp.0.batch_norm.shift',
  aMmoe1Mlp0LinearWeight: 'a.mmoe.1.mlp.0.linear.weight',
  aMmoe1Mlp0LinearBias: 'a.mmoe.1.mlp.0.linear.bias',
  aMmoe1Mlp0BatchNormScale: 'a.mmoe.1.mlp.0.batch_norm.scale',
  aMmoe1Mlp0BatchNormShift: 'a.mmoe.1.mlp.0.batch_norm.shift',
  aMmoe02MixtureLinearWeight: 'a.mmoe.0_2.mixture.linear.weight',
  aMmoe12MixtureLinearWeight: 'a.mmoe.1_2.mixture.linear.weight',
  takenWeight: 'taken.weight',
  takenBias: 'taken.bias',
  starsMlp0LinearWeight: 'stars.mlp.0.linear.weight',
  starsMlp0LinearBias: 'stars.mlp.0.linear.bias',
  starsMlp0LayerNormWeight: 'stars.mlp.0.layer_norm.weight',
  starsMlp0LayerNormBias: 'stars.mlp.0.layer_norm.bias',
  starsWeight: 'stars.weight',
  starsBias: 'stars.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  aMmoe0Mlp0BatchNormMean: 'a.mmoe.0.mlp.0.batch_norm.mean',
  aMmoe0Mlp0BatchNormVariance: 'a.mmoe.0.mlp.0.batch_norm.variance',
  aMmoe1Mlp0BatchNormMean: 'a.mmoe.1.mlp.0.batch_norm.mean',
  aMmoe1Mlp0BatchNormVariance: 'a.mmoe.1.mlp.0.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  articles: 'table.articles',
  shelf: 'table.shelf',
};
