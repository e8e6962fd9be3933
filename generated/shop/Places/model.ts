import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch, type TrainingBatch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `both_vectors.mlp.0.linear.weight` [2, 4] */
  readonly bothVectorsMlp0LinearWeight: tf.Variable;
  /** `both_vectors.mlp.0.linear.bias` [2] */
  readonly bothVectorsMlp0LinearBias: tf.Variable;
  /** `both_vectors.mlp.0.batch_norm.scale` [2] */
  readonly bothVectorsMlp0BatchNormScale: tf.Variable;
  /** `both_vectors.mlp.0.batch_norm.shift` [2] */
  readonly bothVectorsMlp0BatchNormShift: tf.Variable;
  /** `both_vectors.mlp_2.0.linear.weight` [2, 4] */
  readonly bothVectorsMlp20LinearWeight: tf.Variable;
  /** `both_vectors.mlp_2.0.linear.bias` [2] */
  readonly bothVectorsMlp20LinearBias: tf.Variable;
  /** `relevance.weight` [1, 4] */
  readonly relevanceWeight: tf.Variable;
  /** `relevance.bias` [1] */
  readonly relevanceBias: tf.Variable;
  /** `taken.linear.weight` [1, 4] */
  readonly takenLinearWeight: tf.Variable;
  /** `taken.linear.bias` [1] */
  readonly takenLinearBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `both_vectors.mlp.0.batch_norm.mean` [2] */
  readonly bothVectorsMlp0BatchNormMean: tf.Variable;
  /** `both_vectors.mlp.0.batch_norm.variance` [2] */
  readonly bothVectorsMlp0BatchNormVariance: tf.Variable;
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
  /** 5 rows of 4. */
  readonly place: Table;
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
}

/** What it reads in training. */
export interface TrainingInputs extends Inputs {
  /** [rows, 4] */
  readonly place: tf.Tensor;
}

/** Numbers of [0, 1) that decide what dropout keeps. */
export interface Noise {
  /** [rows, 2] */
  readonly noiseBothVectorsMlp0Dropout: tf.Tensor;
}

/** What is served, and what training takes from there. */
export interface Served {
  /** [rows] */
  readonly relevance: tf.Tensor;
  /** [rows, 2, 2] */
  readonly bothVectors: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
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
 * What a place adds is left out when serving.
 *
 * The forward pass to what is served; without noise nothing is dropped; training moves the running statistics.
 */
export function serve(weights: Weights, states: States, inputs: Inputs, noise?: Noise): Served {
  return tf.tidy(() => {
    const bothVectors1 = inputs.article
      .matMul(weights.bothVectorsMlp0LinearWeight, false, true)
      .add(weights.bothVectorsMlp0LinearBias);
    const bothVectorsStatistics = statistics(
      bothVectors1,
      [0],
      { mean: states.bothVectorsMlp0BatchNormMean, variance: states.bothVectorsMlp0BatchNormVariance },
      0.9,
      noise !== undefined,
    );
    const bothVectors2 = relu(
      bothVectors1
        .sub(bothVectorsStatistics.mean)
        .mul(tf.div(1, bothVectorsStatistics.variance.add(0.00001).sqrt()))
        .mul(weights.bothVectorsMlp0BatchNormScale)
        .add(weights.bothVectorsMlp0BatchNormShift),
    );
    const bothVectors = tf.concat(
      [
        dropout(bothVectors2, 0.1, noise?.noiseBothVectorsMlp0Dropout).reshape([-1, 1, 2]),
        relu(
          inputs.user.matMul(weights.bothVectorsMlp20LinearWeight, false, true).add(weights.bothVectorsMlp20LinearBias),
        ).reshape([-1, 1, 2]),
      ],
      1,
    );
    const relevance = bothVectors.reshape([-1, 4]).matMul(weights.relevanceWeight, false, true).add(weights.relevanceBias);
    return { relevance: relevance.reshape([-1]), bothVectors };
  });
}

/** The rest of the forward pass, which only training needs; without noise nothing is dropped; training moves the running statistics. */
export function forward(weights: Weights, states: States, inputs: TrainingInputs, noise?: Noise): Logits {
  return tf.tidy(() => {
    const served = serve(weights, states, inputs, noise);
    const taken1 = inputs.place.matMul(weights.takenLinearWeight, false, true).add(weights.takenLinearBias).reshape([-1]);
    const taken2 = served.relevance.neg();
    const taken = tf
      .concat([taken2.reshape([-1, 1]), taken1.neg().reshape([-1, 1]), taken2.sub(taken1).reshape([-1, 1])], 1)
      .logSumExp(1)
      .neg();
    return { taken };
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

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    user: lookUp(tables.user, batch.user),
    article: lookUp(tables.articles, batch.article),
  };
}

/** The same with what only training reads. */
export function trainingInputsOf(tables: Tables, batch: TrainingBatch): TrainingInputs {
  return {
    ...inputsOf(tables, batch),
    place: lookUp(tables.place, batch.place),
  };
}

export interface Prediction {
  readonly relevance: number;
  readonly bothVectors: readonly (readonly number[])[];
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const given = serve(model.weights, model.states, inputsOf(model.tables, batch));
    return { relevance: given.relevance, bothVectors: given.bothVectors };
  });
  const data = { relevance: await tensors.relevance.data(), bothVectors: await tensors.bothVectors.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({
    relevance: data.relevance[i],
    bothVectors: Array.from({ length: 2 }, (_, i1) =>
      Array.from(data.bothVectors.subarray((i * 2 + i1) * 2, (i * 2 + i1 + 1) * 2)),
    ),
  }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      bothVectorsMlp0LinearWeight: variable(
        uniform(seed, 'both_vectors.mlp.0.linear.weight', 8, -Math.sqrt(6 / (4 + 2)), Math.sqrt(6 / (4 + 2))),
        [2, 4],
      ),
      bothVectorsMlp0LinearBias: variable(constant(2, 0), [2]),
      bothVectorsMlp0BatchNormScale: variable(constant(2, 1), [2]),
      bothVectorsMlp0BatchNormShift: variable(constant(2, 0), [2]),
      bothVectorsMlp20LinearWeight: variable(
        uniform(seed, 'both_vectors.mlp_2.0.linear.weight', 8, -Math.sqrt(6 / (4 + 2)), Math.sqrt(6 / (4 + 2))),
        [2, 4],
      ),
      bothVectorsMlp20LinearBias: variable(constant(2, 0), [2]),
      relevanceWeight: variable(uniform(seed, 'relevance.weight', 4, -Math.sqrt(6 / (4 + 1)), Math.sqrt(6 / (4 + 1))), [1, 4]),
      relevanceBias: variable(constant(1, 0), [1]),
      takenLinearWeight: variable(
        uniform(seed, 'taken.linear.weight', 4, -Math.sqrt(6 / (4 + 1)), Math.sqrt(6 / (4 + 1))),
        [1, 4],
      ),
      takenLinearBias: variable(constant(1, 0), [1]),
    },
    states: {
      bothVectorsMlp0BatchNormMean: variable(constant(2, 0), [2]),
      bothVectorsMlp0BatchNormVariance: variable(constant(2, 1), [2]),
    },
    tables: {
      user: { rows: 12, dim: 4, values: uniform(seed, 'table.user', 12 * 4, -1, 1) },
      articles: {
        rows: state.vocabularies.article.length + 1,
        dim: 4,
        values: uniform(seed, 'table.articles', (state.vocabularies.article.length + 1) * 4, -1, 1),
      },
      place: { rows: 5, dim: 4, values: uniform(seed, 'table.place', 5 * 4, -1, 1) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  bothVectorsMlp0LinearWeight: 'both_vectors.mlp.0.linear.weight',
  bothVectorsMlp0LinearBias: 'both_vectors.mlp.0.linear.bias',
  bothVectorsMlp0BatchNormScale: 'both_vectors.mlp.0.batch_norm.scale',
  bothVectorsMlp0BatchNormShift: 'both_vectors.mlp.0.batch_norm.shift',
  bothVectorsMlp20LinearWeight: 'both_vectors.mlp_2.0.linear.weight',
  bothVectorsMlp20LinearBias: 'both_vectors.mlp_2.0.linear.bias',
  relevanceWeight: 'relevance.weight',
  relevanceBias: 'relevance.bias',
  takenLinearWeight: 'taken.linear.weight',
  takenLinearBias: 'taken.linear.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  bothVectorsMlp0BatchNormMean: 'both_vectors.mlp.0.batch_norm.mean',
  bothVectorsMlp0BatchNormVariance: 'both_vectors.mlp.0.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  articles: 'table.articles',
  place: 'table.place',
};
