import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { evaluate, improves, monitored, type Evaluation } from './metrics.js';
import { forward, inputsOf, type Logits, type Model } from './model.js';
import { shuffledOrder } from './random.js';
import type { NamedArray } from './safetensors.js';
import {
  addPooled,
  addRows,
  clipScale,
  crossedWeightSlots,
  embeddingsTableSlots,
  rowGradients,
  rowSquares,
  scaleRows,
  squares,
  touch,
  updateCrossedWeight,
  updateEmbeddingsRows,
  updateWideRows,
  updateWideWeight,
  wideTableSlots,
  wideWeightSlots,
} from './updates.js';
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

export const defaults = { epochs: 2, batch: 10, seed: 3 };

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
  return logits.taken
    .softplus()
    .sub(logits.taken.mul(tf.tensor1d(batch.labels.taken)))
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
  const wideWeights = [
    { weight: model.weights.wide3Embed, l2: 0.001, slots: wideWeightSlots(model.weights.wide3Embed) },
    { weight: model.weights.wideBias, l2: 0, slots: wideWeightSlots(model.weights.wideBias) },
  ];
  const crossedWeights = [
    { weight: model.weights.crossedWeight, l2: 0.001, slots: crossedWeightSlots(model.weights.crossedWeight) },
    { weight: model.weights.crossedBias, l2: 0, slots: crossedWeightSlots(model.weights.crossedBias) },
  ];
  const weights = [...wideWeights, ...crossedWeights];
  const slots = {
    user: embeddingsTableSlots(model.tables.user),
    articles: embeddingsTableSlots(model.tables.articles),
    shelf: embeddingsTableSlots(model.tables.shelf),
    wide0Embed: wideTableSlots(model.tables.wide0Embed),
    wide1Embed: wideTableSlots(model.tables.wide1Embed),
    wide2Embed: wideTableSlots(model.tables.wide2Embed),
  };
  const merged = {
    user: rowGradients(model.tables.user),
    articles: rowGradients(model.tables.articles),
    shelf: rowGradients(model.tables.shelf),
    wide0Embed: rowGradients(model.tables.wide0Embed),
    wide1Embed: rowGradients(model.tables.wide1Embed),
    wide2Embed: rowGradients(model.tables.wide2Embed),
  };
  const memory: Parts = {
    variables: new Map<string, tf.Variable>([
      ...wideWeights.flatMap(({ slots }, i) =>
        Object.entries(slots).map(([slot, variable]) => [`wideWeights.${i}.${slot}`, variable] as const),
      ),
      ...crossedWeights.flatMap(({ slots }, i) =>
        Object.entries(slots).map(([slot, variable]) => [`crossedWeights.${i}.${slot}`, variable] as const),
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
        user: tf.variable(inputs.user),
        wide0Embed: tf.variable(inputs.wide0Embed),
        article: tf.variable(inputs.article),
        wide1Embed: tf.variable(inputs.wide1Embed),
        bought: tf.variable(inputs.bought),
        shelf: tf.variable(inputs.shelf),
        wide2Embed: tf.variable(inputs.wide2Embed),
      };
      const { value, grads } = tf.variableGrads(
        () => lossOf(forward(model.weights, { ...inputs, ...gathered }), batch),
        [...weights.map(({ weight }) => weight), ...Object.values(gathered)],
      );
      const gradients = weights.map(({ weight, l2 }) =>
        l2 === 0 ? grads[weight.name].clone() : tf.tidy(() => grads[weight.name].add(weight.mul(l2))),
      );
      const [[loss], looked] = await Promise.all([
        value.data(),
        numbersOf({
          user: grads[gathered.user.name],
          wide0Embed: grads[gathered.wide0Embed.name],
          article: grads[gathered.article.name],
          wide1Embed: grads[gathered.wide1Embed.name],
          bought: grads[gathered.bought.name],
          shelf: grads[gathered.shelf.name],
          wide2Embed: grads[gathered.wide2Embed.name],
        }),
      ]);
      touch(merged.user, batch.user);
      addRows(merged.user, batch.user, looked.user);
      touch(merged.articles, batch.article, batch.bought.ids);
      addRows(merged.articles, batch.article, looked.article);
      addPooled(merged.articles, batch.bought, 'mean', looked.bought);
      touch(merged.shelf, batch.shelf.ids);
      addPooled(merged.shelf, batch.shelf, 'sum', looked.shelf);
      touch(merged.wide0Embed, batch.user);
      addRows(merged.wide0Embed, batch.user, looked.wide0Embed);
      touch(merged.wide1Embed, batch.article);
      addRows(merged.wide1Embed, batch.article, looked.wide1Embed);
      touch(merged.wide2Embed, batch.shelf.ids);
      addPooled(merged.wide2Embed, batch.shelf, 'sum', looked.wide2Embed);
      const scale = clipScale(
        (await squares(gradients)) +
          rowSquares(merged.user) +
          rowSquares(merged.articles) +
          rowSquares(merged.shelf) +
          rowSquares(merged.wide0Embed) +
          rowSquares(merged.wide1Embed) +
          rowSquares(merged.wide2Embed),
      );
      for (const [i, { weight, slots }] of wideWeights.entries()) {
        const clipped = gradients[i].mul(scale);
        updateWideWeight(weight, clipped, slots);
        clipped.dispose();
      }
      for (const [i, { weight, slots }] of crossedWeights.entries()) {
        const clipped = gradients[wideWeights.length + i].mul(scale);
        updateCrossedWeight(weight, clipped, slots);
        clipped.dispose();
      }
      scaleRows(merged.user, scale);
      updateEmbeddingsRows(model.tables.user, merged.user, slots.user, step);
      scaleRows(merged.articles, scale);
      updateEmbeddingsRows(model.tables.articles, merged.articles, slots.articles, step);
      scaleRows(merged.shelf, scale);
      updateEmbeddingsRows(model.tables.shelf, merged.shelf, slots.shelf, step);
      scaleRows(merged.wide0Embed, scale);
      updateWideRows(model.tables.wide0Embed, merged.wide0Embed, slots.wide0Embed);
      scaleRows(merged.wide1Embed, scale);
      updateWideRows(model.tables.wide1Embed, merged.wide1Embed, slots.wide1Embed);
      scaleRows(merged.wide2Embed, scale);
      updateWideRows(model.tables.wide2Embed, merged.wide2Embed, slots.wide2Embed);
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
