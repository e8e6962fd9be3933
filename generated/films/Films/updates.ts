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

/** What the updates remember of a table. */
export type TableSlots = Readonly<Record<'accumulator', Float32Array>>;

export function tableSlots({ values }: Table): TableSlots {
  return { accumulator: new Float32Array(values.length).fill(0.1) };
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

/** Adds the gradient of L2 over the touched rows. */
export function addDecay({ dim, values }: Table, { touched, gradients }: RowGradients, l2: number): void {
  touched.forEach((row, place) => {
    for (let j = 0; j < dim; j++) gradients[place * dim + j] += l2 * values[row * dim + j];
  });
}

/** Adagrad, for the rows that a batch has touched. */
export function updateRows({ dim, values }: Table, { touched, gradients }: RowGradients, slots: TableSlots): void {
  const rate = 0.05;
  const epsilon = 1e-7;
  for (const [place, row] of touched.entries()) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      slots.accumulator[at] += gradient * gradient;
      values[at] -= (rate * gradient) / Math.sqrt(slots.accumulator[at] + epsilon);
    }
  }
}

/** What a gradient is multiplied by so that its norm is at most the limit. */
export const clipScale = (squares: number): number => Math.min(1, 1 / Math.sqrt(squares));

export async function squares(tensors: readonly tf.Tensor[]): Promise<number> {
  const sum = tf.tidy(() => tf.addN(tensors.map((tensor) => tensor.square().sum())));
  const [value] = await sum.data();
  sum.dispose();
  return value;
}

export const rowSquares = ({ gradients }: RowGradients): number => gradients.reduce((sum, g) => sum + g * g, 0);

export function scaleRows({ gradients }: RowGradients, scale: number): void {
  for (let i = 0; i < gradients.length; i++) gradients[i] *= scale;
}
