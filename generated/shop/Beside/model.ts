import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `buyer.linear.weight` [3, 5], keeps its first values */
  readonly buyerLinearWeight: tf.Variable;
  /** `buyer.linear.bias` [3], keeps its first values */
  readonly buyerLinearBias: tf.Variable;
  /** `buyer.batch_norm.scale` [3], keeps its first values */
  readonly buyerBatchNormScale: tf.Variable;
  /** `buyer.batch_norm.shift` [3], keeps its first values */
  readonly buyerBatchNormShift: tf.Variable;
  /** `taken.mlp.0.linear.weight` [4, 12] */
  readonly takenMlp0LinearWeight: tf.Variable;
  /** `taken.mlp.0.linear.bias` [4] */
  readonly takenMlp0LinearBias: tf.Variable;
  /** `taken.mlp.0.batch_norm.scale` [4] */
  readonly takenMlp0BatchNormScale: tf.Variable;
  /** `taken.mlp.0.batch_norm.shift` [4] */
  readonly takenMlp0BatchNormShift: tf.Variable;
  /** `taken.weight` [1, 4] */
  readonly takenWeight: tf.Variable;
  /** `taken.bias` [1] */
  readonly takenBias: tf.Variable;
}

/** Running statistics of batch norms: moved by training, used in prediction. */
export interface States {
  /** `buyer.batch_norm.mean` [3] */
  readonly buyerBatchNormMean: tf.Variable;
  /** `buyer.batch_norm.variance` [3] */
  readonly buyerBatchNormVariance: tf.Variable;
  /** `taken.mlp.0.batch_norm.mean` [4] */
  readonly takenMlp0BatchNormMean: tf.Variable;
  /** `taken.mlp.0.batch_norm.variance` [4] */
  readonly takenMlp0BatchNormVariance: tf.Variable;
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
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
}

/** Logits and other tensors of the network. */
export interface Tensors extends Logits {
  /** [rows, 3] */
  readonly buyer: tf.Tensor;
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
 * A norm that only what is served beside the label goes through.
 *
 * The forward pass; training moves the running statistics.
 */
export function forward(weights: Weights, states: States, inputs: Inputs, isTraining = false): Tensors {
  return tf.tidy(() => {
    const buyer1 = tf
      .concat([inputs.user, inputs.price], 1)
      .matMul(weights.buyerLinearWeight, false, true)
      .add(weights.buyerLinearBias)
      .sub(states.buyerBatchNormMean)
      .mul(tf.div(1, states.buyerBatchNormVariance.add(0.00001).sqrt()));
    const buyer = buyer1.mul(weights.buyerBatchNormScale).add(weights.buyerBatchNormShift);
    const taken1 = tf
      .concat([inputs.user, inputs.article, inputs.shelf], 1)
      .matMul(weights.takenMlp0LinearWeight, false, true)
      .add(weights.takenMlp0LinearBias);
    const takenStatistics = statistics(
      taken1,
      [0],
      { mean: states.takenMlp0BatchNormMean, variance: states.takenMlp0BatchNormVariance },
      0.9,
      isTraining,
    );
    const taken2 = relu(
      taken1
        .sub(takenStatistics.mean)
        .mul(tf.div(1, takenStatistics.variance.add(0.00001).sqrt()))
        .mul(weights.takenMlp0BatchNormScale)
        .add(weights.takenMlp0BatchNormShift),
    );
    const taken = taken2.matMul(weights.takenWeight, false, true).add(weights.takenBias);
    return { taken: taken.reshape([-1]), buyer };
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
  };
}

export interface Prediction {
  readonly buyer: readonly number[];
  /** Probability of yes. */
  readonly taken: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const given = forward(model.weights, model.states, inputsOf(model.tables, batch));
    return { buyer: given.buyer, taken: given.taken.sigmoid() };
  });
  const data = { buyer: await tensors.buyer.data(), taken: await tensors.taken.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ buyer: Array.from(data.buyer.subarray(i * 3, (i + 1) * 3)), taken: data.taken[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      buyerLinearWeight: variable(
        uniform(seed, 'buyer.linear.weight', 15, -Math.sqrt(6 / (5 + 3)), Math.sqrt(6 / (5 + 3))),
        [3, 5],
      ),
      buyerLinearBias: variable(constant(3, 0), [3]),
      buyerBatchNormScale: variable(constant(3, 1), [3]),
      buyerBatchNormShift: variable(constant(3, 0), [3]),
      takenMlp0LinearWeight: variable(
        uniform(seed, 'taken.mlp.0.linear.weight', 48, -Math.sqrt(6 / (12 + 4)), Math.sqrt(6 / (12 + 4))),
        [4, 12],
      ),
      takenMlp0LinearBias: variable(constant(4, 0), [4]),
      takenMlp0BatchNormScale: variable(constant(4, 1), [4]),
      takenMlp0BatchNormShift: variable(constant(4, 0), [4]),
      takenWeight: variable(uniform(seed, 'taken.weight', 4, -Math.sqrt(6 / (4 + 1)), Math.sqrt(6 / (4 + 1))), [1, 4]),
      takenBias: variable(constant(1, 0), [1]),
    },
    states: {
      buyerBatchNormMean: variable(constant(3, 0), [3]),
      buyerBatchNormVariance: variable(constant(3, 1), [3]),
      takenMlp0BatchNormMean: variable(constant(4, 0), [4]),
      takenMlp0BatchNormVariance: variable(constant(4, 1), [4]),
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
  buyerLinearWeight: 'buyer.linear.weight',
  buyerLinearBias: 'buyer.linear.bias',
  buyerBatchNormScale: 'buyer.batch_norm.scale',
  buyerBatchNormShift: 'buyer.batch_norm.shift',
  takenMlp0LinearWeight: 'taken.mlp.0.linear.weight',
  takenMlp0LinearBias: 'taken.mlp.0.linear.bias',
  takenMlp0BatchNormScale: 'taken.mlp.0.batch_norm.scale',
  takenMlp0BatchNormShift: 'taken.mlp.0.batch_norm.shift',
  takenWeight: 'taken.weight',
  takenBias: 'taken.bias',
};

export const statePaths: { readonly [K in keyof States]: string } = {
  buyerBatchNormMean: 'buyer.batch_norm.mean',
  buyerBatchNormVariance: 'buyer.batch_norm.variance',
  takenMlp0BatchNormMean: 'taken.mlp.0.batch_norm.mean',
  takenMlp0BatchNormVariance: 'taken.mlp.0.batch_norm.variance',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  articles: 'table.articles',
  shelf: 'table.shelf',
};
