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
  readonly accumulator: tf.Variable;
}

function weightSlots(weight: tf.Variable): WeightSlots {
  return tf.tidy(() => ({ accumulator: tf.variable(tf.fill(weight.shape, 0.1)) }));
}

/** Adagrad, for a whole weight. */
function updateWeight(weight: tf.Variable, gradient: tf.Tensor, slots: WeightSlots): void {
  const rate = 0.05;
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.accumulator.assign(slots.accumulator.add(gradient.mul(gradient)));
    weight.assign(weight.sub(gradient.mul(rate).div(slots.accumulator.add(epsilon).sqrt())));
  });
}

/** What the updates remember of a table. */
interface EmbeddingsTableSlots {
  readonly accumulator: Float32Array;
}

function embeddingsTableSlots({ values }: Table): EmbeddingsTableSlots {
  return { accumulator: new Float32Array(values.length).fill(0.1) };
}

/** What the updates remember of a table. */
interface WideTableSlots {
  readonly linear: Float32Array;
  readonly accumulator: Float32Array;
}

function wideTableSlots({ values }: Table): WideTableSlots {
  return { linear: new Float32Array(values.length), accumulator: new Float32Array(values.length).fill(0.1) };
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

/** Adagrad, for the rows that a batch has touched. */
function updateEmbeddingsRows({ dim, values }: Table, { places, gradients }: Merged, slots: EmbeddingsTableSlots): void {
  const rate = 0.05;
  const epsilon = 1e-7;
  for (const [row, place] of places) {
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = gradients[place * dim + j];
      slots.accumulator[at] += gradient * gradient;
      values[at] -= (rate * gradient) / Math.sqrt(slots.accumulator[at] + epsilon);
    }
  }
}

/** FTRL-Proximal, for the rows that a batch has touched. */
function updateWideRows({ dim, values }: Table, { places, gradients }: Merged, slots: WideTableSlots): void {
  const inverseRate = 1 / 0.05;
  const lower = 0;
  const upper = 0;
  const ridge = 0;
  const shrinkage = 0;
  for (const [row, place] of places) {
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
    { weight: model.weights.likedLinearWeight, slots: weightSlots(model.weights.likedLinearWeight) },
    { weight: model.weights.likedLinearBias, slots: weightSlots(model.weights.likedLinearBias) },
  ];
  const slots = {
    userId: embeddingsTableSlots(model.tables.userId),
    movieId: embeddingsTableSlots(model.tables.movieId),
    gender: embeddingsTableSlots(model.tables.gender),
    age: embeddingsTableSlots(model.tables.age),
    occupation: embeddingsTableSlots(model.tables.occupation),
    zipCode: embeddingsTableSlots(model.tables.zipCode),
    genres: embeddingsTableSlots(model.tables.genres),
    wide0Embed: wideTableSlots(model.tables.wide0Embed),
    wide1Embed: wideTableSlots(model.tables.wide1Embed),
    wide2Embed: wideTableSlots(model.tables.wide2Embed),
  };
  return {
    step: async (batch) => {
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(model.tables, rows);
      const gathered = {
        userId: tf.variable(inputs.userId),
        wide2Embed: tf.variable(inputs.wide2Embed),
        movieId: tf.variable(inputs.movieId),
        gender: tf.variable(inputs.gender),
        age: tf.variable(inputs.age),
        occupation: tf.variable(inputs.occupation),
        zipCode: tf.variable(inputs.zipCode),
        genres: tf.variable(inputs.genres),
        wide0Embed: tf.variable(inputs.wide0Embed),
        wide1Embed: tf.variable(inputs.wide1Embed),
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
        wide0Embed: mergeRows(model.tables.wide0Embed, rows, [
          { idsOf: (row) => [row.genderAge], pool: 'sum', gradient: await grads[gathered.wide0Embed.name].data() },
        ]),
        wide1Embed: mergeRows(model.tables.wide1Embed, rows, [
          { idsOf: (row) => row.userGenre, pool: 'mean', gradient: await grads[gathered.wide1Embed.name].data() },
        ]),
        wide2Embed: mergeRows(model.tables.wide2Embed, rows, [
          { idsOf: (row) => [row.movieId], pool: 'sum', gradient: await grads[gathered.wide2Embed.name].data() },
        ]),
      };
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots);
      }
      updateEmbeddingsRows(model.tables.userId, merged.userId, slots.userId);
      updateEmbeddingsRows(model.tables.movieId, merged.movieId, slots.movieId);
      updateEmbeddingsRows(model.tables.gender, merged.gender, slots.gender);
      updateEmbeddingsRows(model.tables.age, merged.age, slots.age);
      updateEmbeddingsRows(model.tables.occupation, merged.occupation, slots.occupation);
      updateEmbeddingsRows(model.tables.zipCode, merged.zipCode, slots.zipCode);
      updateEmbeddingsRows(model.tables.genres, merged.genres, slots.genres);
      updateWideRows(model.tables.wide0Embed, merged.wide0Embed, slots.wide0Embed);
      updateWideRows(model.tables.wide1Embed, merged.wide1Embed, slots.wide1Embed);
      updateWideRows(model.tables.wide2Embed, merged.wide2Embed, slots.wide2Embed);
      tf.dispose([value, grads, { ...inputs }, gradients, gathered]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
