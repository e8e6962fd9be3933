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
    { weight: model.weights.cin0CinLayerK, slots: weightSlots(model.weights.cin0CinLayerK) },
    { weight: model.weights.cin1CinLayerK, slots: weightSlots(model.weights.cin1CinLayerK) },
    { weight: model.weights.deep0LinearWeight, slots: weightSlots(model.weights.deep0LinearWeight) },
    { weight: model.weights.deep0LinearBias, slots: weightSlots(model.weights.deep0LinearBias) },
    { weight: model.weights.deep1LinearWeight, slots: weightSlots(model.weights.deep1LinearWeight) },
    { weight: model.weights.deep1LinearBias, slots: weightSlots(model.weights.deep1LinearBias) },
    { weight: model.weights.likedLogisticRegressionWideBias, slots: weightSlots(model.weights.likedLogisticRegressionWideBias) },
    { weight: model.weights.likedLinearWeight, slots: weightSlots(model.weights.likedLinearWeight) },
    { weight: model.weights.likedLinearBias, slots: weightSlots(model.weights.likedLinearBias) },
    { weight: model.weights.likedLinear2Weight, slots: weightSlots(model.weights.likedLinear2Weight) },
    { weight: model.weights.likedLinear2Bias, slots: weightSlots(model.weights.likedLinear2Bias) },
  ];
  const slots = {
    userId: tableSlots(model.tables.userId),
    movieId: tableSlots(model.tables.movieId),
    gender: tableSlots(model.tables.gender),
    age: tableSlots(model.tables.age),
    occupation: tableSlots(model.tables.occupation),
    zipCode: tableSlots(model.tables.zipCode),
    genres: tableSlots(model.tables.genres),
    likedLogisticRegressionWide0Embed: tableSlots(model.tables.likedLogisticRegressionWide0Embed),
    likedLogisticRegressionWide1Embed: tableSlots(model.tables.likedLogisticRegressionWide1Embed),
    likedLogisticRegressionWide2Embed: tableSlots(model.tables.likedLogisticRegressionWide2Embed),
    likedLogisticRegressionWide3Embed: tableSlots(model.tables.likedLogisticRegressionWide3Embed),
    likedLogisticRegressionWide4Embed: tableSlots(model.tables.likedLogisticRegressionWide4Embed),
    likedLogisticRegressionWide5Embed: tableSlots(model.tables.likedLogisticRegressionWide5Embed),
    likedLogisticRegressionWide6Embed: tableSlots(model.tables.likedLogisticRegressionWide6Embed),
  };
  let step = 0;
  return {
    step: async (batch) => {
      step += 1;
      const rows = batch.map(({ features }) => features);
      const inputs = inputsOf(model.tables, rows);
      const gathered = {
        userId: tf.variable(inputs.userId),
        likedLogisticRegressionWide0Embed: tf.variable(inputs.likedLogisticRegressionWide0Embed),
        movieId: tf.variable(inputs.movieId),
        likedLogisticRegressionWide1Embed: tf.variable(inputs.likedLogisticRegressionWide1Embed),
        gender: tf.variable(inputs.gender),
        likedLogisticRegressionWide2Embed: tf.variable(inputs.likedLogisticRegressionWide2Embed),
        age: tf.variable(inputs.age),
        likedLogisticRegressionWide3Embed: tf.variable(inputs.likedLogisticRegressionWide3Embed),
        occupation: tf.variable(inputs.occupation),
        likedLogisticRegressionWide4Embed: tf.variable(inputs.likedLogisticRegressionWide4Embed),
        zipCode: tf.variable(inputs.zipCode),
        likedLogisticRegressionWide5Embed: tf.variable(inputs.likedLogisticRegressionWide5Embed),
        genres: tf.variable(inputs.genres),
        likedLogisticRegressionWide6Embed: tf.variable(inputs.likedLogisticRegressionWide6Embed),
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
        likedLogisticRegressionWide0Embed: mergeRows(model.tables.likedLogisticRegressionWide0Embed, rows, [
          {
            idsOf: (row) => [row.userId],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide0Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide1Embed: mergeRows(model.tables.likedLogisticRegressionWide1Embed, rows, [
          {
            idsOf: (row) => [row.movieId],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide1Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide2Embed: mergeRows(model.tables.likedLogisticRegressionWide2Embed, rows, [
          {
            idsOf: (row) => [row.gender],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide2Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide3Embed: mergeRows(model.tables.likedLogisticRegressionWide3Embed, rows, [
          {
            idsOf: (row) => [row.age],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide3Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide4Embed: mergeRows(model.tables.likedLogisticRegressionWide4Embed, rows, [
          {
            idsOf: (row) => [row.occupation],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide4Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide5Embed: mergeRows(model.tables.likedLogisticRegressionWide5Embed, rows, [
          {
            idsOf: (row) => [row.zipCode],
            pool: 'sum',
            gradient: await grads[gathered.likedLogisticRegressionWide5Embed.name].data(),
          },
        ]),
        likedLogisticRegressionWide6Embed: mergeRows(model.tables.likedLogisticRegressionWide6Embed, rows, [
          {
            idsOf: (row) => row.genres,
            pool: 'mean',
            gradient: await grads[gathered.likedLogisticRegressionWide6Embed.name].data(),
          },
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
      updateRows(
        model.tables.likedLogisticRegressionWide0Embed,
        merged.likedLogisticRegressionWide0Embed,
        slots.likedLogisticRegressionWide0Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide1Embed,
        merged.likedLogisticRegressionWide1Embed,
        slots.likedLogisticRegressionWide1Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide2Embed,
        merged.likedLogisticRegressionWide2Embed,
        slots.likedLogisticRegressionWide2Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide3Embed,
        merged.likedLogisticRegressionWide3Embed,
        slots.likedLogisticRegressionWide3Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide4Embed,
        merged.likedLogisticRegressionWide4Embed,
        slots.likedLogisticRegressionWide4Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide5Embed,
        merged.likedLogisticRegressionWide5Embed,
        slots.likedLogisticRegressionWide5Embed,
        step,
      );
      updateRows(
        model.tables.likedLogisticRegressionWide6Embed,
        merged.likedLogisticRegressionWide6Embed,
        slots.likedLogisticRegressionWide6Embed,
        step,
      );
      tf.dispose([value, grads, { ...inputs }, gradients, gathered]);
      return loss;
    },
    dispose: () => tf.dispose(weights.map(({ slots }) => ({ ...slots }))),
  };
}
