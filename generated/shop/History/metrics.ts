import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { forward, inputsOf, type Model } from './model.js';

export interface Evaluation {
  readonly rows: number;
  readonly loss: number;
  readonly metrics: { readonly auc: number; readonly log_loss: number };
}

/** The metrics of a model on rows. */
export async function evaluate(model: Model, data: TrainingBatch): Promise<Evaluation> {
  const { labels } = data;
  const logits = { taken: new Float32Array(data.rows) };
  const size = 8192;
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let at = 0; at < data.rows; at += size) {
    const batch = takeRows(data, order.subarray(at, at + size));
    const inputs = inputsOf(model.tables, batch);
    const given = forward(model.weights, model.states, inputs);
    logits.taken.set(await given.taken.data<'float32'>(), at);
    tf.dispose([{ ...inputs }, { ...given }]);
  }
  return {
    rows: data.rows,
    loss: binaryLogLoss(logits.taken, labels.taken),
    metrics: { auc: auc(logits.taken, labels.taken), log_loss: binaryLogLoss(logits.taken, labels.taken) },
  };
}

/** What decides which epoch is best: auc. */
export const monitored = ({ metrics }: Evaluation): number | undefined => metrics.auc;

export const improves = (value: number, best: number | undefined): boolean =>
  best === undefined ? !Number.isNaN(value) : value > best;

function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}

/** log(1 + eˣ) */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Mean of −log p(label), from logits. */
const binaryLogLoss = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => softplus(logits[row]) - labels[row] * logits[row]);

/** Share of the pairs of a yes and a no that the logits put in order, ties counting one half. NaN without both. */
function auc(logits: Float32Array, labels: Float32Array): number {
  const high = logits.filter((_, row) => labels[row] > 0.5).sort();
  const low = logits.filter((_, row) => labels[row] <= 0.5).sort();
  if (logits.some(Number.isNaN)) return NaN;
  let halves = 0;
  let below = 0;
  let upTo = 0;
  for (const value of high) {
    while (below < low.length && low[below] < value) below++;
    while (upTo < low.length && low[upTo] <= value) upTo++;
    halves += below + upTo;
  }
  return halves / (2 * high.length * low.length);
}
