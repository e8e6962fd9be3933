import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { forward, inputsOf, type Model } from './model.js';

export interface Evaluation {
  readonly rows: number;
  readonly loss: number;
  readonly metrics: { readonly rmse: number };
}

/** The metrics of a model on rows. */
export async function evaluate(model: Model, data: TrainingBatch): Promise<Evaluation> {
  const { labels } = data;
  const logits = { clicks: new Float32Array(data.rows) };
  const size = 8192;
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let at = 0; at < data.rows; at += size) {
    const batch = takeRows(data, order.subarray(at, at + size));
    const inputs = inputsOf(batch);
    const given = forward(model.weights, inputs);
    logits.clicks.set(await given.clicks.data<'float32'>(), at);
    tf.dispose([{ ...inputs }, { ...given }]);
  }
  return {
    rows: data.rows,
    loss: squaredError(logits.clicks, labels.clicks),
    metrics: { rmse: rmse(logits.clicks, labels.clicks) },
  };
}

/** What decides which epoch is best: rmse. */
export const monitored = ({ metrics }: Evaluation): number | undefined => metrics.rmse;

export const improves = (value: number, best: number | undefined): boolean =>
  best === undefined ? !Number.isNaN(value) : value < best;

function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}

const squaredError = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => (logits[row] - labels[row]) ** 2);

const rmse = (logits: Float32Array, labels: Float32Array): number => Math.sqrt(squaredError(logits, labels));
