import * as tf from '@tensorflow/tfjs';
import type { Bags } from './batch.js';
import type { Table } from './model.js';

/** Stochastic gradient descent, for a whole weight. */
export function updateWeight(weight: tf.Variable, gradient: tf.Tensor): void {
  const rate = 0.1;
  tf.tidy(() => {
    weight.assign(weight.sub(gradient.mul(rate)));
  });
}

/** The gradients of the rows of a table that a batch has touched. */
export interface RowGradients {
  readonly dim: number;
  /** Of each row of the table, which of `touched` it is; -1 if it is none. */
  readonly places: Int32Array;
  /** Distinct rows, in the order of the batch. */
  touched: readonly number[];
  /** [touched, dim] */
  gradients: Float64Array;
}

export function rowGradients({ rows, dim }: Table): RowGradients {
  return { dim, places: new Int32Array(rows).fill(-1), touched: [], gradients: new Float64Array(0) };
}

/** Begins with gradients of 0 for the rows of these ids. */
export function touch(merged: RowGradients, ...lookups: readonly Int32Array[]): void {
  const { places, dim } = merged;
  for (const row of merged.touched) places[row] = -1;
  const touched: number[] = [];
  for (const ids of lookups) for (const id of ids) if (places[id] < 0) places[id] = touched.push(id) - 1;
  merged.touched = touched;
  merged.gradients = new Float64Array(touched.length * dim);
}

/** Adds the gradient of what was looked up by one id a row, [rows, dim]. */
export function addRows({ dim, places, gradients }: RowGradients, ids: Int32Array, gradient: Float32Array): void {
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [i * dim, places[ids[i]] * dim];
    for (let j = 0; j < dim; j++) gradients[to + j] += gradient[from + j];
  }
}

/** Adds the gradient of what was looked up and pooled, [rows, dim]. */
export function addPooled(
  { dim, places, gradients }: RowGradients,
  { ids, offsets }: Bags,
  pool: 'mean' | 'sum',
  gradient: Float32Array,
): void {
  for (let i = 0; i < offsets.length - 1; i++) {
    const scale = pool === 'mean' ? 1 / (offsets[i + 1] - offsets[i]) : 1;
    for (let place = offsets[i]; place < offsets[i + 1]; place++) {
      const to = places[ids[place]] * dim;
      for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[i * dim + j];
    }
  }
}

/** Adds the gradient of sequences that were looked up, [rows, length, dim]. */
export function addSequences(
  { dim, places, gradients }: RowGradients,
  { ids, offsets }: Bags,
  length: number,
  gradient: Float32Array,
): void {
  for (let i = 0; i < offsets.length - 1; i++)
    for (let place = offsets[i]; place < offsets[i + 1]; place++) {
      const [from, to] = [(i * length + place - offsets[i]) * dim, places[ids[place]] * dim];
      for (let j = 0; j < dim; j++) gradients[to + j] += gradient[from + j];
    }
}

/** Stochastic gradient descent, for the rows that a batch has touched. */
export function updateRows({ dim, values }: Table, { touched, gradients }: RowGradients): void {
  const rate = 0.1;
  for (const [place, row] of touched.entries()) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      values[at] -= rate * gradient;
    }
  }
}
