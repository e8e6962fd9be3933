import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { evaluate, improves, monitored, type Evaluation } from './metrics.js';
import { forward, inputsOf, type Logits, type Model } from './model.js';
import { shuffledOrder } from './random.js';
import type { NamedArray } from './safetensors.js';
import { addPooled, addRows, rowGradients, tableSlots, touch, updateRows, updateWeight, weightSlots } from './updates.js';
import { arraysOf, readParts, setArrays, writeParts, type Parts } from './weights.js';

export interface TrainOptions {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Of the order of rows. */
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
  const trainer = createTrainer(model);
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

export function createTrainer(model: Model): Trainer {
  const weights = [
    { weight: model.weights.cross0CrossMixU, slots: weightSlots(model.weights.cross0CrossMixU) },
    { weight: model.weights.cross0CrossMixC, slots: weightSlots(model.weights.cross0CrossMixC) },
    { weight: model.weights.cross0CrossMixV, slots: weightSlots(model.weights.cross0CrossMixV) },
    { weight: model.weights.cross0CrossMixLinearWeight, slots: weightSlots(model.weights.cross0CrossMixLinearWeight) },
    { weight: model.weights.cross0CrossMixBias, slots: weightSlots(model.weights.cross0CrossMixBias) },
    { weight: model.weights.cross1CrossMixU, slots: weightSlots(model.weights.cross1CrossMixU) },
    { weight: model.weights.cross1CrossMixC, slots: weightSlots(model.weights.cross1CrossMixC) },
    { weight: model.weights.cross1CrossMixV, slots: weightSlots(model.weights.cross1CrossMixV) },
    { weight: model.weights.cross1CrossMixLinearWeight, slots: weightSlots(model.weights.cross1CrossMixLinearWeight) },
    { weight: model.weights.cross1CrossMixBias, slots: weightSlots(model.weights.cross1CrossMixBias) },
    { weight: model.weights.deep0LinearWeight, slots: weightSlots(model.weights.deep0LinearWeight) },
    { weight: model.weights.deep0LinearBias, slots: weightSlots(model.weights.deep0LinearBias) },
    { weight: model.weights.deep1LinearWeight, slots: weightSlots(model.weights.deep1LinearWeight) },
    { weight: model.weights.deep1LinearBias, slots: weightSlots(model.weights.deep1LinearBias) },
    { weight: model.weights.likedWeight, slots: weightSlots(model.weights.likedWeight) },
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
  const merged = {
    userId: rowGradients(model.tables.userId),
    movieId: rowGradients(model.tables.movieId),
    gender: rowGradients(model.tables.gender),
    age: rowGradients(model.tables.age),
    occupation: rowGradients(model.tables.occupation),
    zipCode: rowGradients(model.tables.zipCode),
    genres: rowGradients(model.tables.genres),
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
      const gradients = weights.map(({ weight }) => grads[weight.name]);
      for (const [i, { weight, slots }] of weights.entries()) {
        updateWeight(weight, gradients[i], slots, step);
      }
      const [[loss], looked] = await Promise.all([
        value.data(),
        numbersOf({
          userId: grads[gathered.userId.name],
          movieId: grads[gathered.movieId.name],
          gender: grads[gathered.gender.name],
          age: grads[gathered.age.name],
          occupation: grads[gathered.occupation.name],
          zipCode: grads[gathered.zipCode.name],
          genres: grads[gathered.genres.name],
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
