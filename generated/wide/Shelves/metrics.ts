import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { forward, inputsOf, type Model } from './model.js';

export interface Evaluation {
  readonly rows: number;
  readonly loss: number;
  readonly metrics: { readonly accuracy: number; readonly log_loss: number };
}

/** The metrics of a model on rows. */
export async function evaluate(model: Model, data: TrainingBatch): Promise<Evaluation> {
  const { labels } = data;
  const logits = { shelf: new Float32Array(data.rows * 3) };
  const size = 8192;
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let at = 0; at < data.rows; at += size) {
    const batch = takeRows(data, order.subarray(at, at + size));
    const inputs = inputsOf(model.tables, batch);
    const given = forward(model.weights, inputs);
    logits.shelf.set(await given.shelf.data<'float32'>(), at * 3);
    tf.dispose([{ ...inputs }, { ...given }]);
  }
  return {
    rows: data.rows,
    loss: classLogLoss(logits.shelf, labels.shelf, 3),
    metrics: { accuracy: classAccuracy(logits.shelf, labels.shelf, 3), log_loss: classLogLoss(logits.shelf, labels.shelf, 3) },
  };
}

/** What decides which epoch is best: accuracy. */
export const monitored = ({ metrics }: Evaluation): number | undefined => metrics.accuracy;

export const improves = (value: number, best: number | undefined): boolean =>
  best === undefined ? !Number.isNaN(value) : value > best;

function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}

function logSumExp(logits: Float32Array): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

const argMax = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** Mean of −log p(label), from the logits of all classes. */
const classLogLoss = (logits: Float32Array, labels: Float32Array, classes: number): number =>
  meanOf(labels.length, (row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    return logSumExp(own) - own[labels[row]];
  });

const classAccuracy = (logits: Float32Array, labels: Float32Array, classes: number): number =>
  meanOf(labels.length, (row) => Number(argMax(logits.subarray(row * classes, (row + 1) * classes)) === labels[row]));
