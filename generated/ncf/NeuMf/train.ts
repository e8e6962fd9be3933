import * as tf from '@tensorflow/tfjs';
import type { EncodedRow, LabelledExample, TrainingRow } from './encoder.js';
import { forward, inputsOf, type Table, type Logits, type Model } from './model.js';
import { shuffledOrder } from './random.js';

export interface TrainOptions {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Of the order of rows. */
  readonly seed: number;
}

export const defaults: TrainOptions = { epochs: 20, batch: 512, seed: 1 };

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
  return logits.liked
    .softplus()
    .sub(logits.liked.mul(label(({ liked }) => liked)))
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
  const rate = (0.001 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.mean.assign(slots.mean.add(gradient.sub(slots.mean).mul(meanRate)));
    slots.square.assign(slots.square.add(gradient.mul(gradient).sub(slots.square).mul(squareRate)));
    weight.assign(weight.sub(slots.mean.mul(rate).div(slots.square.sqrt().add(epsilon))));
  });
}

/** What the updates remember of a table. */
interface TableSlots {
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

function tableSlots({ values }: Table): TableSlots {
  return { mean: new Float32Array(values.length), square: new Float32Array(values.length) };
}

interface Lookup {
  readonly idsOf: (row: EncodedRow) => readonly number[];
  readonly pool: 'mean' | 'sum';
  /** Of what was looked up, [rows, dim]. */
  readonly gradient: ArrayLike<number>;
}

/** The gradients of the rows of a table that a batch has touched. */
interface Merged {
  /** Where the gradient of a row of the table is: at `dim` times this in `gradients`. */
  readonly places: ReadonlyMap<number, number>;
  readonly gradients: Float64Array;
}

/** Adds up the gradients of each row over all its lookups. */
function mergeRows({ dim }: Table, rows: readonly EncodedRow[], lookups: readonly Lookup[]): Merged {
  const places = new Map<number, number>();
  for (const { idsOf } of lookups)
    for (const row of rows) for (const id of idsOf(row)) if (!places.has(id)) places.set(id, places.size);
  const gradients = new Float64Array(places.size * dim);
  for (const { idsOf, pool, gradient } of lookups)
    rows.forEach((row, i) => {
      const ids = idsOf(row);
      const scale = pool === 'mean' ? 1 / ids.length : 1;
      for (const id of ids) {
        const to = (places.get(id) ?? 0) * dim;
        for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[i * dim + j];
      }
    });
  return { places, gradients };
}

/** Adam, for the rows that a batch has touched. */
function updateRows({ dim, values }: Table, { places, gradients }: Merged, slots: TableSlots, step: number): void {
  const meanRate = 1 - 0.9;
  const squareRate = 1 - 0.999;
  const rate = (0.001 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  const epsilon = 1e-7;
  for (const [row, place] of places) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      slots.mean[at] += meanRate * (gradient - slots.mean[at]);
      slots.square[at] += squareRate * (gradient * gradient - slots.square[at]);
      values[at] -= (rate * slots.mean[at]) / (Math.sqrt(slots.square[at]) + epsilon);
    }
  }
}

export interface Trainer {
  /** One step; gives the batch's mean loss before it. */
  readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  readonly dispose: () => void;
}

export function createTrainer(model: Model): Trainer {
  const weights = [
    { weight: model.weights.likedMlp0LinearWeight, slots: weightSlots(model.weights.likedMlp0LinearWeight) },
    { weight: model.weights.likedMlp0LinearBias, slots: weightSlots(model.weights.likedMlp0LinearBias) },
    { weight: model.weights.likedMlp1LinearWeight, slots: weightSlots(model.weights.likedMlp1LinearWeight) },
    { weight: model.weights.likedMlp1LinearBias, slots: weightSlots(model.weights.likedMlp1LinearBias) },
    { weight: model.weights.likedMlp2LinearWeight, slots: weightSlots(model.weights.likedMlp2LinearWeight) },
    { weight: model.weights.likedMlp2LinearBias, slots: weightSlots(model.weights.likedMlp2LinearBias) },
    { weight: model.weights.likedLinearWeight, slots: weightSlots(model.weights.likedLinearWeight) },
    { weight: model.weights.likedLinearBias, slots: weightSlots(model.weights.likedLinearBias) },
  ];
  const slots = {
    likedEmbed: tableSlots(model.tables.likedEmbed),
    likedEmbed2: tableSlots(model.tables.likedEmbed2),
    likedEmbed3: tableSlots(model.tables.likedEmbed3),
    likedEmbed4: tableSlots(model.tables.likedEmbed4),
  };
  let step = 0;
  return {
    step: async (batch) => {
      step += 1;
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(model.tables, rows);
      const gathered = {
        likedEmbed: tf.variable(inputs.likedEmbed),
        likedEmbed3: tf.variable(inputs.likedEmbed3),
        likedEmbed2: tf.variable(inputs.likedEmbed2),
        likedEmbed4: tf.variable(inputs.likedEmbed4),
      };
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, { ...inputs, ...gathered }), batch),
        [...weights.map(({ weight }) => weight), ...Object.values(gathered)],
      );
      const [loss] = await value.data();
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      const merged = {
        likedEmbed: mergeRows(model.tables.likedEmbed, rows, [
          { idsOf: (row) => [row.userId], pool: 'sum', gradient: await grads[gathered.likedEmbed.name].data() },
        ]),
        likedEmbed2: mergeRows(model.tables.likedEmbed2, rows, [
          { idsOf: (row) => [row.movieId], pool: 'sum', gradient: await grads[gathered.likedEmbed2.name].data() },
        ]),
        likedEmbed3: mergeRows(model.tables.likedEmbed3, rows, [
          { idsOf: (row) => [row.userId], pool: 'sum', gradient: await grads[gathered.likedEmbed3.name].data() },
        ]),
        likedEmbed4: mergeRows(model.tables.likedEmbed4, rows, [
          { idsOf: (row) => [row.movieId], pool: 'sum', gradient: await grads[gathered.likedEmbed4.name].data() },
        ]),
      };
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots, step);
      }
      updateRows(model.tables.likedEmbed, merged.likedEmbed, slots.likedEmbed, step);
      updateRows(model.tables.likedEmbed2, merged.likedEmbed2, slots.likedEmbed2, step);
      updateRows(model.tables.likedEmbed3, merged.likedEmbed3, slots.likedEmbed3, step);
      updateRows(model.tables.likedEmbed4, merged.likedEmbed4, slots.likedEmbed4, step);
      tf.dispose([value, grads, { ...inputs }, gradients, gathered]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
