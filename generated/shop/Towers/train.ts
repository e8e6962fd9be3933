import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { evaluate, improves, monitored, type Evaluation } from './metrics.js';
import { forward, trainingInputsOf, takenLoss, type Tensors, type Model, type Weights, type TrainingInputs } from './model.js';
import { shuffledOrder } from './random.js';
import type { NamedArray } from './safetensors.js';
import { addPooled, addRows, rowGradients, touch, updateRows, updateWeight } from './updates.js';
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
  const trainer = createTrainer(model, data);
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

/** log of the share of the training rows that have each id. */
interface LogShares {
  readonly article: ReadonlyMap<number, number>;
}

function logSharesOf(data: TrainingBatch): LogShares {
  const of = (ids: Int32Array): ReadonlyMap<number, number> => {
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    return new Map([...counts].map(([id, count]) => [id, Math.log(count / ids.length)]));
  };
  return { article: of(data.article) };
}

/** The batch's mean loss. */
function lossOf(
  tensors: Tensors,
  weights: Weights,
  inputs: TrainingInputs,
  batch: TrainingBatch,
  logShares: LogShares,
): tf.Scalar {
  const targets = {
    taken: tf.tensor1d(batch.labels.taken),
    articleLogShare: tf.tensor1d(Float32Array.from(batch.article, (id) => logShares.article.get(id) ?? -Infinity)),
  };
  return takenLoss(tensors, weights, inputs, targets).mean().asScalar();
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

/** For a model, given all rows that it is trained on. */
export function createTrainer(model: Model, data: TrainingBatch): Trainer {
  const weights = [
    { weight: model.weights.buyerMlp0LinearWeight },
    { weight: model.weights.buyerMlp0LinearBias },
    { weight: model.weights.buyerLinearWeight },
    { weight: model.weights.buyerLinearBias },
    { weight: model.weights.thingLinearWeight },
    { weight: model.weights.thingLinearBias },
    { weight: model.weights.takenWeight },
    { weight: model.weights.takenBias },
    { weight: model.weights.takenLossLinearWeight },
    { weight: model.weights.takenLossLinearBias },
  ];
  const merged = {
    user: rowGradients(model.tables.user),
    articles: rowGradients(model.tables.articles),
    shelf: rowGradients(model.tables.shelf),
    place: rowGradients(model.tables.place),
  };
  const logShares = logSharesOf(data);
  const memory: Parts = {
    variables: new Map(),
    values: new Map(),
  };
  return {
    step: async (batch) => {
      const inputs = trainingInputsOf(model.tables, batch);
      const gathered = {
        user: tf.variable(inputs.user),
        article: tf.variable(inputs.article),
        shelf: tf.variable(inputs.shelf),
        place: tf.variable(inputs.place),
      };
      const { value, grads } = tf.variableGrads(() => {
        const read = { ...inputs, ...gathered };
        return lossOf(forward(model.weights, read), model.weights, read, batch, logShares);
      }, [...weights.map(({ weight }) => weight), ...Object.values(gathered)]);
      const gradients = weights.map(({ weight }) => grads[weight.name] ?? tf.zerosLike(weight));
      for (const [i, { weight }] of weights.entries()) {
        updateWeight(weight, gradients[i]);
      }
      const [[loss], looked] = await Promise.all([
        value.data(),
        numbersOf({
          user: grads[gathered.user.name],
          article: grads[gathered.article.name],
          shelf: grads[gathered.shelf.name],
          place: grads[gathered.place.name],
        }),
      ]);
      touch(merged.user, batch.user);
      addRows(merged.user, batch.user, looked.user);
      touch(merged.articles, batch.article);
      addRows(merged.articles, batch.article, looked.article);
      touch(merged.shelf, batch.shelf.ids);
      addPooled(merged.shelf, batch.shelf, 'sum', looked.shelf);
      touch(merged.place, batch.place);
      addRows(merged.place, batch.place, looked.place);
      updateRows(model.tables.user, merged.user);
      updateRows(model.tables.articles, merged.articles);
      updateRows(model.tables.shelf, merged.shelf);
      updateRows(model.tables.place, merged.place);
      tf.dispose([value, grads, { ...inputs }, gradients, gathered]);
      return loss;
    },
    memory: () => readParts(memory),
    restore: (arrays) => {
      writeParts(memory, arrays);
    },
    dispose: () => {
      tf.dispose([...memory.variables.values()]);
    },
  };
}
