import * as tf from '@tensorflow/tfjs';
import type { Bags } from './batch.js';
import type { Table } from './model.js';

/** What the updates remember of a weight. */
export type WideWeightSlots = Readonly<Record<'linear' | 'accumulator', tf.Variable>>;

export function wideWeightSlots(weight: tf.Variable): WideWeightSlots {
  return tf.tidy(() => ({ linear: tf.variable(tf.fill(weight.shape, 0)), accumulator: tf.variable(tf.fill(weight.shape, 0.1)) }));
}

/** FTRL-Proximal, for a whole weight. */
export function updateWideWeight(weight: tf.Variable, gradient: tf.Tensor, slots: WideWeightSlots): void {
  const inverseRate = 1 / 0.1;
  const lower = -0.01;
  const upper = 0.01;
  const ridge = 0;
  const shrinkage = 0;
  tf.tidy(() => {
    slots.linear.assign(
      slots.linear.add(
        gradient.add(
          tf
            .sub(shrinkage, slots.accumulator.add(gradient.mul(gradient)).sqrt().sub(slots.accumulator.sqrt()).mul(inverseRate))
            .mul(weight),
        ),
      ),
    );
    slots.accumulator.assign(slots.accumulator.add(gradient.mul(gradient)));
    weight.assign(
      slots.linear.minimum(upper).maximum(lower).sub(slots.linear).div(slots.accumulator.sqrt().mul(inverseRate).add(ridge)),
    );
  });
}

/** What the updates remember of a weight. */
export type CrossedWeightSlots = Readonly<Record<'accumulator', tf.Variable>>;

export function crossedWeightSlots(weight: tf.Variable): CrossedWeightSlots {
  return tf.tidy(() => ({ accumulator: tf.variable(tf.fill(weight.shape, 0.1)) }));
}

/** Adagrad, for a whole weight. */
export function updateCrossedWeight(weight: tf.Variable, gradient: tf.Tensor, slots: CrossedWeightSlots): void {
  const rate = 0.1;
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.accumulator.assign(slots.accumulator.add(gradient.mul(gradient)));
    weight.assign(weight.sub(gradient.mul(rate).div(slots.accumulator.add(epsilon).sqrt())));
  });
}

/** What the updates remember of a table. */
export type EmbeddingsTableSlots = Readonly<Record<'mean' | 'square', Float32Array>>;

export function embeddingsTableSlots({ values }: Table): EmbeddingsTableSlots {
  return { mean: new Float32Array(values.length), square: new Float32Array(values.length) };
}

/** What the updates remember of a table. */
export type WideTableSlots = Readonly<Record<'linear' | 'accumulator', Float32Array>>;

export function wideTableSlots({ values }: Table): WideTableSlots {
  return { linear: new Float32Array(values.length), accumulator: new Float32Array(values.length).fill(0.1) };
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

/** Adam, for the rows that a batch has touched. */
export function updateEmbeddingsRows(
  { dim, values }: Table,
  { touched, gradients }: RowGradients,
  slots: EmbeddingsTableSlots,
  step: number,
): void {
  const meanRate = 1 - 0.9;
  const squareRate = 1 - 0.999;
  const rate = (0.01 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  const epsilon = 0.001;
  for (const [place, row] of touched.entries()) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      slots.mean[at] += meanRate * (gradient - slots.mean[at]);
      slots.square[at] += squareRate * (gradient * gradient - slots.square[at]);
      values[at] -= (rate * slots.mean[at]) / (Math.sqrt(slots.square[at]) + epsilon);
    }
  }
}

/** FTRL-Proximal, for the rows that a batch has touched. */
export function updateWideRows({ dim, values }: Table, { touched, gradients }: RowGradients, slots: WideTableSlots): void {
  const inverseRate = 1 / 0.1;
  const lower = -0.01;
  const upper = 0.01;
  const ridge = 0;
  const shrinkage = 0;
  for (const [place, row] of touched.entries()) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      slots.linear[at] +=
        gradient +
        (shrinkage - inverseRate * (Math.sqrt(slots.accumulator[at] + gradient * gradient) - Math.sqrt(slots.accumulator[at]))) *
          values[at];
      slots.accumulator[at] += gradient * gradient;
      values[at] =
        (Math.max(Math.min(slots.linear[at], upper), lower) - slots.linear[at]) /
        (inverseRate * Math.sqrt(slots.accumulator[at]) + ridge);
    }
  }
}

/** What a gradient is multiplied by so that its norm is at most the limit. */
export const clipScale = (squares: number): number => Math.min(1, 0.5 / Math.sqrt(squares));

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
