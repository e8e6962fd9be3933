import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { evaluate, improves, monitored, type Evaluation } from './metrics.js';
import { forward, inputsOf, type Logits, type Model } from './model.js';
import { shuffledOrder, noiseOf } from './random.js';
import type { NamedArray } from './safetensors.js';
import { addPooled, addRows, rowGradients, tableSlots, touch, updateRows, updateWeight, weightSlots } from './updates.js';
import { arraysOf, readParts, setArrays, writeParts, type Parts } from './weights.js';

export interface TrainOptions {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Of the order of rows and of dropout. */
  readonly seed: number;
  /** Rows that each epoch is measured on. Without them the last weights are kept, with them the best. */
  readonly valid?: TrainingBatch | undefined;
  /** Tells what the encoder of the rows has learned from what another has. */
  readonly encoder?: string | undefined;
  /** Where to go on. */
  readonly from?: Checkpoint | undefined;
  /** Ends training after the step at hand. */
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: Progress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Hears what to go on from: after each epoch, and where training is interrupted. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

export const defaults = { epochs: 20, batch: 512, seed: 1 };

/** Training stops when so many epochs have not been better than the best. */
const patience = 2;

export interface Progress {
  readonly epoch: number;
  readonly step: number;
  /** Of an epoch. */
  readonly steps: number;
  /** Mean loss of the epoch so far. */
  readonly loss: number;
}

export interface EpochRecord {
  readonly epoch: number;
  /** Mean loss of its steps. */
  readonly loss: number;
  readonly validation?: Evaluation;
  readonly isBest: boolean;
}

export interface Checkpoint {
  readonly position: Position;
  readonly weights: readonly NamedArray[];
  readonly memory: readonly NamedArray[];
  /** Weights of the best epoch. */
  readonly best?: readonly NamedArray[] | undefined;
}

/** How far a training has come. */
export interface Position {
  /** What a training must have in common with the one that goes on. */
  readonly of: { readonly rows: number; readonly batch: number; readonly seed: number; readonly encoder?: string | undefined };
  readonly epoch: number;
  /** Steps of the epoch that are done, and the sum of the losses of their rows. */
  readonly step: number;
  readonly lossSum: number;
  readonly best?: { readonly epoch: number; readonly value: number } | undefined;
  readonly history: readonly EpochRecord[];
}

export interface TrainResult {
  readonly status: 'finished' | 'stopped early' | 'interrupted';
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the model has, if not the last. */
  readonly bestEpoch?: number | undefined;
}

/** Trains the model in place. */
export async function train(model: Model, data: TrainingBatch, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const { epochs, batch, seed, encoder, valid, from, signal, onStep, onEpoch, onCheckpoint } = { ...defaults, ...options };
  const of = { rows: data.rows, batch, seed, encoder };
  if (data.rows === 0) throw new Error('there are no rows to train on');
  if (from && JSON.stringify(from.position.of) !== JSON.stringify(of))
    throw new Error(
      `the checkpoint is of another training: ${JSON.stringify(from.position.of)}, not ${JSON.stringify(of)}. It goes on with the same rows and options`,
    );
  const steps = Math.ceil(data.rows / batch);
  const start: Position = { of, epoch: 1, step: 0, lossSum: 0, history: [] };
  let { epoch, step, lossSum, best, history } = from?.position ?? start;
  let bestWeights = from?.best;
  let status: TrainResult['status'] = 'finished';
  let paused = performance.now();
  const trainer = createTrainer(model, seed);
  const checkpoint = async (): Promise<Checkpoint> => ({
    position: { of, epoch, step, lossSum, best, history },
    weights: await arraysOf(model),
    memory: await trainer.memory(),
    best: bestWeights,
  });
  if (from) {
    setArrays(model, from.weights);
    trainer.restore(from.memory, (epoch - 1) * steps + step);
  }
  try {
    while (epoch <= epochs) {
      const order = shuffledOrder(seed, epoch, data.rows);
      while (step < steps && !signal?.aborted) {
        const taken = takeRows(data, order.subarray(step * batch, (step + 1) * batch));
        const loss = await trainer.step(taken);
        if (!Number.isFinite(loss))
          throw new Error(`the loss of epoch ${epoch}, step ${step + 1} is ${loss}: a lower learning rate may help`);
        step += 1;
        lossSum += loss * taken.rows;
        onStep?.({ epoch, step, steps, loss: lossSum / Math.min(data.rows, step * batch) });
        if (performance.now() - paused > 50) {
          await new Promise((resolve) => setTimeout(resolve));
          paused = performance.now();
        }
      }
      if (step < steps) {
        status = 'interrupted';
        break;
      }
      const validation = valid && (await evaluate(model, valid));
      const value = validation && monitored(validation);
      const isBest = value === undefined || improves(value, best?.value);
      if (isBest && value !== undefined) {
        best = { epoch, value };
        bestWeights = await arraysOf(model);
      }
      const record = { epoch, loss: lossSum / data.rows, ...(validation && { validation }), isBest };
      history = [...history, record];
      onEpoch?.(record);
      epoch += 1;
      step = 0;
      lossSum = 0;
      await onCheckpoint?.(await checkpoint());
      if (best !== undefined && epoch - 1 - best.epoch >= patience) {
        status = 'stopped early';
        break;
      }
    }
    if (status === 'interrupted') await onCheckpoint?.(await checkpoint());
    if (bestWeights) setArrays(model, bestWeights);
  } finally {
    trainer.dispose();
  }
  return { status, history, bestEpoch: best?.epoch };
}

/** The batch's mean loss. */
function lossOf(logits: Logits, batch: TrainingBatch): tf.Scalar {
  return logits.liked
    .softplus()
    .sub(logits.liked.mul(tf.tensor1d(batch.labels.liked)))
    .mean()
    .asScalar();
}

/** The numbers of tensors, asked for all at once. */
async function numbersOf<K extends string>(tensors: Readonly<Record<K, tf.Tensor>>): Promise<Readonly<Record<K, Float32Array>>> {
  const read = Object.entries<tf.Tensor>(tensors).map(async ([name, tensor]) => [name, await tensor.data<'float32'>()]);
  return Object.fromEntries(await Promise.all(read)) as Record<K, Float32Array>;
}

export interface Trainer {
  /** One step; gives the batch's mean loss before it. */
  readonly step: (batch: TrainingBatch) => Promise<number>;
  /** What the updates remember. */
  readonly memory: () => Promise<readonly NamedArray[]>;
  /** Goes on from what the updates remembered after so many steps. */
  readonly restore: (memory: readonly NamedArray[], steps: number) => void;
  readonly dispose: () => void;
}

export function createTrainer(model: Model, seed = defaults.seed): Trainer {
  const weights = [
    { weight: model.weights.deep0LinearWeight, slots: weightSlots(model.weights.deep0LinearWeight) },
    { weight: model.weights.deep0LinearBias, slots: weightSlots(model.weights.deep0LinearBias) },
    { weight: model.weights.deep1LinearWeight, slots: weightSlots(model.weights.deep1LinearWeight) },
    { weight: model.weights.deep1LinearBias, slots: weightSlots(model.weights.deep1LinearBias) },
    { weight: model.weights.likedLinearWeight, slots: weightSlots(model.weights.likedLinearWeight) },
    { weight: model.weights.likedLinearBias, slots: weightSlots(model.weights.likedLinearBias) },
  ];
  const slots = {
    userId: tableSlots(model.tables.userId),
    movieId: tableSlots(model.tables.movieId),
    gender: tableSlots(model.tables.gender),
    age: tableSlots(model.tables.age),
    occupation: tableSlots(model.tables.occupation),
    zipCode: tableSlots(model.tables.zipCode),
    genres: tableSlots(model.tables.genres),
    likedWide0Embed: tableSlots(model.tables.likedWide0Embed),
    likedWide1Embed: tableSlots(model.tables.likedWide1Embed),
    likedWide2Embed: tableSlots(model.tables.likedWide2Embed),
    likedWide3Embed: tableSlots(model.tables.likedWide3Embed),
    likedWide4Embed: tableSlots(model.tables.likedWide4Embed),
    likedWide5Embed: tableSlots(model.tables.likedWide5Embed),
    likedWide6Embed: tableSlots(model.tables.likedWide6Embed),
  };
  const merged = {
    userId: rowGradients(model.tables.userId),
    movieId: rowGradients(model.tables.movieId),
    gender: rowGradients(model.tables.gender),
    age: rowGradients(model.tables.age),
    occupation: rowGradients(model.tables.occupation),
    zipCode: rowGradients(model.tables.zipCode),
    genres: rowGradients(model.tables.genres),
    likedWide0Embed: rowGradients(model.tables.likedWide0Embed),
    likedWide1Embed: rowGradients(model.tables.likedWide1Embed),
    likedWide2Embed: rowGradients(model.tables.likedWide2Embed),
    likedWide3Embed: rowGradients(model.tables.likedWide3Embed),
    likedWide4Embed: rowGradients(model.tables.likedWide4Embed),
    likedWide5Embed: rowGradients(model.tables.likedWide5Embed),
    likedWide6Embed: rowGradients(model.tables.likedWide6Embed),
  };
  const memory: Parts = {
    variables: new Map<string, tf.Variable>([
      ...weights.flatMap(({ slots }, i) =>
        Object.entries(slots).map(([slot, variable]) => [`weights.${i}.${slot}`, variable] as const),
      ),
    ]),
    values: new Map<string, Pick<NamedArray, 'shape' | 'values'>>([
      ...Object.entries(slots).flatMap(([table, own]) =>
        Object.entries(own).map(([slot, values]) => [`${table}.${slot}`, { shape: [values.length], values }] as const),
      ),
    ]),
  };
  let step = 0;
  return {
    step: async (batch) => {
      step += 1;
      const inputs = inputsOf(model.tables, batch);
      const gathered = {
        userId: tf.variable(inputs.userId),
        likedWide0Embed: tf.variable(inputs.likedWide0Embed),
        movieId: tf.variable(inputs.movieId),
        likedWide1Embed: tf.variable(inputs.likedWide1Embed),
        gender: tf.variable(inputs.gender),
        likedWide2Embed: tf.variable(inputs.likedWide2Embed),
        age: tf.variable(inputs.age),
        likedWide3Embed: tf.variable(inputs.likedWide3Embed),
        occupation: tf.variable(inputs.occupation),
        likedWide4Embed: tf.variable(inputs.likedWide4Embed),
        zipCode: tf.variable(inputs.zipCode),
        likedWide5Embed: tf.variable(inputs.likedWide5Embed),
        genres: tf.variable(inputs.genres),
        likedWide6Embed: tf.variable(inputs.likedWide6Embed),
      };
      const noise = {
        noiseDeep0Dropout: tf.tensor(noiseOf(seed, 'noise.deep.0.dropout', step, batch.rows, 128), [batch.rows, 128]),
        noiseDeep1Dropout: tf.tensor(noiseOf(seed, 'noise.deep.1.dropout', step, batch.rows, 64), [batch.rows, 64]),
      };
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, { ...inputs, ...gathered }, noise), batch),
        [...weights.map(({ weight }) => weight), ...Object.values(gathered)],
      );
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots, step);
      }
      const [[loss], looked] = await Promise.all([
        value.data(),
        numbersOf({
          userId: grads[gathered.userId.name],
          likedWide0Embed: grads[gathered.likedWide0Embed.name],
          movieId: grads[gathered.movieId.name],
          likedWide1Embed: grads[gathered.likedWide1Embed.name],
          gender: grads[gathered.gender.name],
          likedWide2Embed: grads[gathered.likedWide2Embed.name],
          age: grads[gathered.age.name],
          likedWide3Embed: grads[gathered.likedWide3Embed.name],
          occupation: grads[gathered.occupation.name],
          likedWide4Embed: grads[gathered.likedWide4Embed.name],
          zipCode: grads[gathered.zipCode.name],
          likedWide5Embed: grads[gathered.likedWide5Embed.name],
          genres: grads[gathered.genres.name],
          likedWide6Embed: grads[gathered.likedWide6Embed.name],
        }),
      ]);
      touch(merged.userId, batch.userId);
      addRows(merged.userId, batch.userId, looked.userId);
      touch(merged.movieId, batch.movieId);
      addRows(merged.movieId, batch.movieId, looked.movieId);
      touch(merged.gender, batch.gender);
      addRows(merged.gender, batch.gender, looked.gender);
      touch(merged.age, batch.age);
      addRows(merged.age, batch.age, looked.age);
      touch(merged.occupation, batch.occupation);
      addRows(merged.occupation, batch.occupation, looked.occupation);
      touch(merged.zipCode, batch.zipCode);
      addRows(merged.zipCode, batch.zipCode, looked.zipCode);
      touch(merged.genres, batch.genres.ids);
      addPooled(merged.genres, batch.genres, 'mean', looked.genres);
      touch(merged.likedWide0Embed, batch.userId);
      addRows(merged.likedWide0Embed, batch.userId, looked.likedWide0Embed);
      touch(merged.likedWide1Embed, batch.movieId);
      addRows(merged.likedWide1Embed, batch.movieId, looked.likedWide1Embed);
      touch(merged.likedWide2Embed, batch.gender);
      addRows(merged.likedWide2Embed, batch.gender, looked.likedWide2Embed);
      touch(merged.likedWide3Embed, batch.age);
      addRows(merged.likedWide3Embed, batch.age, looked.likedWide3Embed);
      touch(merged.likedWide4Embed, batch.occupation);
      addRows(merged.likedWide4Embed, batch.occupation, looked.likedWide4Embed);
      touch(merged.likedWide5Embed, batch.zipCode);
      addRows(merged.likedWide5Embed, batch.zipCode, looked.likedWide5Embed);
      touch(merged.likedWide6Embed, batch.genres.ids);
      addPooled(merged.likedWide6Embed, batch.genres, 'mean', looked.likedWide6Embed);
      updateRows(model.tables.userId, merged.userId, slots.userId, step);
      updateRows(model.tables.movieId, merged.movieId, slots.movieId, step);
      updateRows(model.tables.gender, merged.gender, slots.gender, step);
      updateRows(model.tables.age, merged.age, slots.age, step);
      updateRows(model.tables.occupation, merged.occupation, slots.occupation, step);
      updateRows(model.tables.zipCode, merged.zipCode, slots.zipCode, step);
      updateRows(model.tables.genres, merged.genres, slots.genres, step);
      updateRows(model.tables.likedWide0Embed, merged.likedWide0Embed, slots.likedWide0Embed, step);
      updateRows(model.tables.likedWide1Embed, merged.likedWide1Embed, slots.likedWide1Embed, step);
      updateRows(model.tables.likedWide2Embed, merged.likedWide2Embed, slots.likedWide2Embed, step);
      updateRows(model.tables.likedWide3Embed, merged.likedWide3Embed, slots.likedWide3Embed, step);
      updateRows(model.tables.likedWide4Embed, merged.likedWide4Embed, slots.likedWide4Embed, step);
      updateRows(model.tables.likedWide5Embed, merged.likedWide5Embed, slots.likedWide5Embed, step);
      updateRows(model.tables.likedWide6Embed, merged.likedWide6Embed, slots.likedWide6Embed, step);
      tf.dispose([value, grads, { ...inputs }, gradients, gathered, noise]);
      return loss;
    },
    memory: () => readParts(memory),
    restore: (arrays, steps) => {
      writeParts(memory, arrays);
      step = steps;
    },
    dispose: () => {
      tf.dispose([...memory.variables.values()]);
    },
  };
}
