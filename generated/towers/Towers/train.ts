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
    { weight: model.weights.userMlp0LinearWeight, slots: weightSlots(model.weights.userMlp0LinearWeight) },
    { weight: model.weights.userMlp0LinearBias, slots: weightSlots(model.weights.userMlp0LinearBias) },
    { weight: model.weights.userWeight, slots: weightSlots(model.weights.userWeight) },
    { weight: model.weights.userBias, slots: weightSlots(model.weights.userBias) },
    { weight: model.weights.itemMlp0LinearWeight, slots: weightSlots(model.weights.itemMlp0LinearWeight) },
    { weight: model.weights.itemMlp0LinearBias, slots: weightSlots(model.weights.itemMlp0LinearBias) },
    { weight: model.weights.itemWeight, slots: weightSlots(model.weights.itemWeight) },
    { weight: model.weights.itemBias, slots: weightSlots(model.weights.itemBias) },
    { weight: model.weights.likedBias, slots: weightSlots(model.weights.likedBias) },
  ];
  const slots = {
    userId: tableSlots(model.tables.userId),
    movieId: tableSlots(model.tables.movieId),
    gender: tableSlots(model.tables.gender),
    age: tableSlots(model.tables.age),
    occupation: tableSlots(model.tables.occupation),
    zipCode: tableSlots(model.tables.zipCode),
    genres: tableSlots(model.tables.genres),
  };
  let step = 0;
  return {
    step: async (batch) => {
      step += 1;
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(model.tables, rows);
      const gathered = {
        userId: tf.variable(inputs.userId),
        movieId: tf.variable(inputs.movieId),
        gender: tf.variable(inputs.gender),
        age: tf.variable(inputs.age),
        occupation: tf.variable(inputs.occupation),
        zipCode: tf.variable(inputs.zipCode),
        genres: tf.variable(inputs.genres),
      };
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, { ...inputs, ...gathered }), batch),
        [...weights.map(({ weight }) => weight), ...Object.values(gathered)],
      );
      const [loss] = await value.data();
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      const merged = {
        userId: mergeRows(model.tables.userId, rows, [
          { idsOf: (row) => [row.userId], pool: 'sum', gradient: await grads[gathered.userId.name].data() },
        ]),
        movieId: mergeRows(model.tables.movieId, rows, [
          { idsOf: (row) => [row.movieId], pool: 'sum', gradient: await grads[gathered.movieId.name].data() },
        ]),
        gender: mergeRows(model.tables.gender, rows, [
          { idsOf: (row) => [row.gender], pool: 'sum', gradient: await grads[gathered.gender.name].data() },
        ]),
        age: mergeRows(model.tables.age, rows, [
          { idsOf: (row) => [row.age], pool: 'sum', gradient: await grads[gathered.age.name].data() },
        ]),
        occupation: mergeRows(model.tables.occupation, rows, [
          { idsOf: (row) => [row.occupation], pool: 'sum', gradient: await grads[gathered.occupation.name].data() },
        ]),
        zipCode: mergeRows(model.tables.zipCode, rows, [
          { idsOf: (row) => [row.zipCode], pool: 'sum', gradient: await grads[gathered.zipCode.name].data() },
        ]),
        genres: mergeRows(model.tables.genres, rows, [
          { idsOf: (row) => row.genres, pool: 'mean', gradient: await grads[gathered.genres.name].data() },
        ]),
      };
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots, step);
      }
      updateRows(model.tables.userId, merged.userId, slots.userId, step);
      updateRows(model.tables.movieId, merged.movieId, slots.movieId, step);
      updateRows(model.tables.gender, merged.gender, slots.gender, step);
      updateRows(model.tables.age, merged.age, slots.age, step);
      updateRows(model.tables.occupation, merged.occupation, slots.occupation, step);
      updateRows(model.tables.zipCode, merged.zipCode, slots.zipCode, step);
      updateRows(model.tables.genres, merged.genres, slots.genres, step);
      tf.dispose([value, grads, { ...inputs }, gradients, gathered]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
