import * as tf from '@tensorflow/tfjs';
import type { LabelledExample, TrainingRow } from './encoder.js';
import { forward, inputsOf, type Logits, type Model } from './model.js';
import { shuffledOrder } from './random.js';

export interface TrainOptions {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Of the order of rows. */
  readonly seed: number;
}

export const defaults: TrainOptions = { epochs: 100, batch: 1000, seed: 2 };

/** Rows of a file with one JSON object a line. */
export function parseExamples(jsonl: string): LabelledExample[] {
  return jsonl
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LabelledExample);
}

/** Trains the model in place; `onEpoch` hears the mean loss of each epoch. */
export async function train(
  model: Model,
  rows: readonly TrainingRow[],
  options: Partial<TrainOptions> = {},
  onEpoch?: (epoch: number, loss: number) => void,
): Promise<void> {
  const { epochs, batch, seed } = { ...defaults, ...options };
  const trainer = createTrainer(model);
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = shuffledOrder(seed, epoch, rows.length);
      let total = 0;
      for (let at = 0; at < rows.length; at += batch) {
        const taken = Array.from(order.subarray(at, at + batch), (i) => rows[i]);
        total += (await trainer.step(taken)) * taken.length;
      }
      onEpoch?.(epoch, total / rows.length);
    }
  } finally {
    trainer.dispose();
  }
}

/** The batch's mean loss. */
function lossOf(logits: Logits, batch: readonly TrainingRow[]): tf.Scalar {
  const label = (of: (labels: TrainingRow['labels']) => number): tf.Tensor1D =>
    tf.tensor1d(batch.map(({ labels }) => of(labels)));
  return logits.clicks
    .sub(label(({ clicks }) => clicks))
    .square()
    .mean()
    .asScalar();
}

/** What the updates remember of a weight. */
interface WeightSlots {
  readonly accumulator: tf.Variable;
}

function weightSlots(weight: tf.Variable): WeightSlots {
  return tf.tidy(() => ({ accumulator: tf.variable(tf.fill(weight.shape, 0.1)) }));
}

/** Adagrad, for a whole weight. */
function updateWeight(weight: tf.Variable, gradient: tf.Tensor, slots: WeightSlots): void {
  const rate = 0.4;
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.accumulator.assign(slots.accumulator.add(gradient.mul(gradient)));
    weight.assign(weight.sub(gradient.mul(rate).div(slots.accumulator.add(epsilon).sqrt())));
  });
}

export interface Trainer {
  /** One step; gives the batch's mean loss before it. */
  readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  readonly dispose: () => void;
}

export function createTrainer(model: Model): Trainer {
  const weights = [
    { weight: model.weights.cross0CrossTfrsLinearWeight, slots: weightSlots(model.weights.cross0CrossTfrsLinearWeight) },
    { weight: model.weights.cross0CrossTfrsLinearBias, slots: weightSlots(model.weights.cross0CrossTfrsLinearBias) },
    { weight: model.weights.clicksWeight, slots: weightSlots(model.weights.clicksWeight) },
    { weight: model.weights.clicksBias, slots: weightSlots(model.weights.clicksBias) },
  ];
  return {
    step: async (batch) => {
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(rows);
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, inputs), batch),
        [...weights.map(({ weight }) => weight)],
      );
      const [loss] = await value.data();
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots);
      }
      tf.dispose([value, grads, { ...inputs }, gradients]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
