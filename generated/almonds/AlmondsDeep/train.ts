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

export const defaults: TrainOptions = { epochs: 100, batch: 1000, seed: 0 };

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
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

function weightSlots(weight: tf.Variable): WeightSlots {
  return tf.tidy(() => ({ mean: tf.variable(tf.fill(weight.shape, 0)), square: tf.variable(tf.fill(weight.shape, 0)) }));
}

/** Adam, for a whole weight. */
function updateWeight(weight: tf.Variable, gradient: tf.Tensor, slots: WeightSlots, step: number): void {
  const meanRate = 1 - 0.9;
  const squareRate = 1 - 0.999;
  const rate = (0.4 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.mean.assign(slots.mean.add(gradient.sub(slots.mean).mul(meanRate)));
    slots.square.assign(slots.square.add(gradient.mul(gradient).sub(slots.square).mul(squareRate)));
    weight.assign(weight.sub(slots.mean.mul(rate).div(slots.square.sqrt().add(epsilon))));
  });
}

export interface Trainer {
  /** One step; gives the batch's mean loss before it. */
  readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  readonly dispose: () => void;
}

export function createTrainer(model: Model): Trainer {
  const weights = [
    { weight: model.weights.deep0LinearWeight, slots: weightSlots(model.weights.deep0LinearWeight) },
    { weight: model.weights.deep0LinearBias, slots: weightSlots(model.weights.deep0LinearBias) },
    { weight: model.weights.deep1LinearWeight, slots: weightSlots(model.weights.deep1LinearWeight) },
    { weight: model.weights.deep1LinearBias, slots: weightSlots(model.weights.deep1LinearBias) },
    { weight: model.weights.deep2LinearWeight, slots: weightSlots(model.weights.deep2LinearWeight) },
    { weight: model.weights.deep2LinearBias, slots: weightSlots(model.weights.deep2LinearBias) },
    { weight: model.weights.clicksWeight, slots: weightSlots(model.weights.clicksWeight) },
    { weight: model.weights.clicksBias, slots: weightSlots(model.weights.clicksBias) },
  ];
  let step = 0;
  return {
    step: async (batch) => {
      step += 1;
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(rows);
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, inputs), batch),
        [...weights.map(({ weight }) => weight)],
      );
      const [loss] = await value.data();
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots, step);
      }
      tf.dispose([value, grads, { ...inputs }, gradients]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
