import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `tall.bias` [4] */
  readonly tallBias: tf.Variable;
  /** `shelf.weight` [3, 21] */
  readonly shelfWeight: tf.Variable;
  /** `shelf.bias` [3] */
  readonly shelfBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 20 rows of 4. */
  readonly author: Table;
  /** 10 rows of 4. */
  readonly topic: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly author: tf.Tensor;
  /** [rows, 4] */
  readonly topic: tf.Tensor;
  /** [rows, 1] */
  readonly pages: tf.Tensor;
}

export interface Logits {
  /** [rows, 3] */
  readonly shelf: tf.Tensor;
}

/**
 * Which of three shelves a book stands on.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const rows = inputs.author.shape[0] ?? 0;
    const v = tf.concat([inputs.author.reshape([-1, 1, 4]), inputs.topic.reshape([-1, 1, 4])], 1);
    const s = v.sum(1);
    const pairs = s.mul(s).sub(v.mul(v).sum(1)).mul(0.5);
    const mixed = v.matMul(v, false, true).softmax().matMul(v);
    const tall = pairs.maximum(tf.broadcastTo(weights.tallBias, [rows, 4]));
    const shelf = tf
      .concat([mixed.reshape([-1, 8]), pairs, tall, inputs.pages, pairs.exp().add(1).log()], 1)
      .matMul(weights.shelfWeight, false, true)
      .add(weights.shelfBias);
    return { shelf };
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
    author: lookUp(tables.author, batch.author),
    topic: lookUp(tables.topic, batch.topic),
    pages: tf.tensor2d(batch.pages, [batch.rows, 1]),
  };
}

export interface Prediction {
  /** Probability of each class. */
  readonly shelf: readonly number[];
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { shelf: logits.shelf.softmax() };
  });
  const data = { shelf: await tensors.shelf.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ shelf: Array.from(data.shelf.subarray(i * 3, (i + 1) * 3)) }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number): Model {
  return {
    weights: {
      tallBias: variable(constant(4, 0), [4]),
      shelfWeight: variable(uniform(seed, 'shelf.weight', 63, -Math.sqrt(6 / (21 + 3)), Math.sqrt(6 / (21 + 3))), [3, 21]),
      shelfBias: variable(constant(3, 0), [3]),
    },
    tables: {
      author: { rows: 20, dim: 4, values: uniform(seed, 'table.author', 20 * 4, -0.05, 0.05) },
      topic: { rows: 10, dim: 4, values: uniform(seed, 'table.topic', 10 * 4, -0.05, 0.05) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  tallBias: 'tall.bias',
  shelfWeight: 'shelf.weight',
  shelfBias: 'shelf.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  author: 'table.author',
  topic: 'table.topic',
};
