import * as tf from '@tensorflow/tfjs';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant } from './random.js';

export interface Weights {
  /** `liked.wide.bias` [1] */
  readonly likedWideBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** V(user_id) rows of 1. */
  readonly likedWide0Embed: Table;
  /** V(movie_id) rows of 1. */
  readonly likedWide1Embed: Table;
  /** V(gender) rows of 1. */
  readonly likedWide2Embed: Table;
  /** 7 rows of 1. */
  readonly likedWide3Embed: Table;
  /** V(occupation) rows of 1. */
  readonly likedWide4Embed: Table;
  /** V(zip_code) rows of 1. */
  readonly likedWide5Embed: Table;
  /** V(genres) rows of 1. */
  readonly likedWide6Embed: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 1] */
  readonly likedWide0Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide1Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide2Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide3Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide4Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide5Embed: tf.Tensor;
  /** [rows, 1] */
  readonly likedWide6Embed: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
}

/**
 * One weight for each value of each feature, and a bias.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const liked = inputs.likedWide0Embed
      .add(inputs.likedWide1Embed)
      .add(inputs.likedWide2Embed)
      .add(inputs.likedWide3Embed)
      .add(inputs.likedWide4Embed)
      .add(inputs.likedWide5Embed)
      .add(inputs.likedWide6Embed)
      .add(weights.likedWideBias)
      .reshape([-1]);
    return { liked };
  });
}

/** Rows of a table, pooled: one vector a row. That of a row without ids is 0. */
function lookUp(
  table: Table,
  rows: readonly EncodedRow[],
  pool: 'mean' | 'sum',
  idsOf: (row: EncodedRow) => readonly number[],
): tf.Tensor {
  const { dim } = table;
  const values = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    const ids = idsOf(row);
    const scale = pool === 'mean' ? 1 / ids.length : 1;
    for (const id of ids) {
      if (id >= table.rows)
        throw new Error('the table has ' + String(table.rows) + ' rows, but a feature has the id ' + String(id));
      for (let j = 0; j < dim; j++) values[i * dim + j] += scale * table.values[id * dim + j];
    }
  });
  return tf.tensor2d(values, [rows.length, dim]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, rows: readonly EncodedRow[]): Inputs {
  return {
    likedWide0Embed: lookUp(tables.likedWide0Embed, rows, 'sum', (row) => [row.userId]),
    likedWide1Embed: lookUp(tables.likedWide1Embed, rows, 'sum', (row) => [row.movieId]),
    likedWide2Embed: lookUp(tables.likedWide2Embed, rows, 'sum', (row) => [row.gender]),
    likedWide3Embed: lookUp(tables.likedWide3Embed, rows, 'sum', (row) => [row.age]),
    likedWide4Embed: lookUp(tables.likedWide4Embed, rows, 'sum', (row) => [row.occupation]),
    likedWide5Embed: lookUp(tables.likedWide5Embed, rows, 'sum', (row) => [row.zipCode]),
    likedWide6Embed: lookUp(tables.likedWide6Embed, rows, 'mean', (row) => row.genres),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, rows));
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
      likedWideBias: variable(constant(1, 0), [1]),
    },
    tables: {
      likedWide0Embed: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.user_id.length + 1) * 1, 0),
      },
      likedWide1Embed: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 1,
        values: constant((state.vocabularies.movie_id.length + 1) * 1, 0),
      },
      likedWide2Embed: {
        rows: state.vocabularies.gender.length + 1,
        dim: 1,
        values: constant((state.vocabularies.gender.length + 1) * 1, 0),
      },
      likedWide3Embed: { rows: 7, dim: 1, values: constant(7 * 1, 0) },
      likedWide4Embed: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 1,
        values: constant((state.vocabularies.occupation.length + 1) * 1, 0),
      },
      likedWide5Embed: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 1,
        values: constant((state.vocabularies.zip_code.length + 1) * 1, 0),
      },
      likedWide6Embed: {
        rows: state.vocabularies.genres.length + 1,
        dim: 1,
        values: constant((state.vocabularies.genres.length + 1) * 1, 0),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  likedWideBias: 'liked.wide.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  likedWide0Embed: 'table.liked.wide.0.embed',
  likedWide1Embed: 'table.liked.wide.1.embed',
  likedWide2Embed: 'table.liked.wide.2.embed',
  likedWide3Embed: 'table.liked.wide.3.embed',
  likedWide4Embed: 'table.liked.wide.4.embed',
  likedWide5Embed: 'table.liked.wide.5.embed',
  likedWide6Embed: 'table.liked.wide.6.embed',
};
