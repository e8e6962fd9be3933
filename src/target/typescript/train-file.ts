import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import { givesMore, inputsType, type Functions } from './functions.js';
import type { TableGroup, WeightGroup } from './groups.js';
import { lossCode } from './losses.js';
import { partRowsOf } from './parts-of-batch.js';
import type { Plan } from './plan.js';
import type { RandomName } from './runtime/random.js';
import { hasPlateau, plateauCode } from './schedule.js';
import { trainerCode, type TrainerCode } from './trainer.js';

export interface TrainFile {
  readonly code: Code;
  readonly draws: ReadonlySet<RandomName>;
}

/** `train.ts`: the loss, a step, and the loop over epochs. */
export function trainFile(
  plan: Plan,
  functions: Functions,
  weights: readonly WeightGroup[],
  groups: readonly TableGroup[],
): TrainFile {
  const draws = new Set<RandomName>([
    ...(plan.model.train.shuffle ? (['shuffledOrder'] as const) : []),
    ...(plan.noise.length > 0 ? (['noiseOf'] as const) : []),
  ]);
  const loss = lossCode(plan, functions);
  const trainer = trainerCode(plan, functions, loss, weights, groups);
  const plateau = hasPlateau(plan) ? [plateauCode(plan)] : [];
  const body = [optionsCode(plan), trainCode(plan, trainer), ...plateau, loss.code, trainer.code];
  return { code: join([importsCode(plan, functions, draws, trainer.updates), ...body], '\n\n'), draws };
}

function importsCode(plan: Plan, { losses }: Functions, draws: ReadonlySet<RandomName>, updates: readonly string[]): Code {
  const needed = new Set(losses.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
  const inputs = plan.inputs.some(({ inTraining }) => inTraining) ? ts`trainingInputsOf` : ts`inputsOf`;
  const tensors = losses.length > 0 && givesMore(plan) ? ts`type Tensors` : ts`type Logits`;
  const types = [
    tensors,
    ts`type Model`,
    ...(needed.has('weights') ? [ts`type Weights`] : []),
    ...(needed.has('states') || (partRowsOf(plan.model) !== undefined && plan.states.length > 0) ? [ts`type States`] : []),
    ...(needed.has('inputs') ? [ts`type ${inputsType(plan)}`] : []),
    ...(needed.has('noise') ? [ts`type Noise`] : []),
  ];
  const functions = [ts`forward`, inputs, ...losses.map(({ name }) => identifier(name))];
  const random = draws.size === 0 ? none : ts`\nimport { ${join([...draws].map(identifier))} } from './random.js';`;
  const words = updates.map((name) => (name.startsWith('type ') ? ts`type ${identifier(name.slice(5))}` : identifier(name)));
  const changes = words.length === 0 ? none : ts`\nimport { ${join(words)} } from './updates.js';`;
  return ts`import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { evaluate, improves, monitored, type Evaluation } from './metrics.js';
import { ${join([...functions, ...types])} } from './model.js';${random}
import type { NamedArray } from './safetensors.js';${changes}
import { arraysOf, readParts, setArrays, writeParts, type Parts } from './weights.js';`;
}

function optionsCode(plan: Plan): Code {
  const { model, noise } = plan;
  const { epochs, batch, accumulate, shuffle, stop } = model.train;
  const rows = accumulate === 1 ? 'Rows of a step.' : `Rows of a step: ${String(accumulate)} batches of ${String(batch)}.`;
  const seeded = [...(shuffle ? ['the order of rows'] : []), ...(noise.length > 0 ? ['dropout'] : [])].join(' and of ');
  const seed = seeded === '' ? 'Of first weights.' : `Of ${seeded}.`;
  const patience = ts`

${doc('Training stops when so many epochs have not been better than the best.')}const patience = ${stop?.patience ?? 0};`;
  return ts`export interface TrainOptions {
  readonly epochs: number;
  ${doc(rows)}readonly batch: number;
  ${doc(seed)}readonly seed: number;
  ${doc('Rows that each epoch is measured on. Without them the last weights are kept, with them the best.')}readonly valid?: TrainingBatch | undefined;
  ${doc('Tells what the encoder of the rows has learned from what another has.')}readonly encoder?: string | undefined;
  ${doc('Where to go on.')}readonly from?: Checkpoint | undefined;
  ${doc('Ends training after the step at hand.')}readonly signal?: AbortSignal;
  readonly onStep?: (progress: Progress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  ${doc('Hears what to go on from: after each epoch, and where training is interrupted.')}readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

export const defaults = { epochs: ${epochs}, batch: ${batch * accumulate}, seed: ${model.train.seed} };${stop === undefined ? none : patience}

export interface Progress {
  readonly epoch: number;
  readonly step: number;
  ${doc('Of an epoch.')}readonly steps: number;
  ${doc('Mean loss of the epoch so far.')}readonly loss: number;
}

export interface EpochRecord {
  readonly epoch: number;
  ${doc('Mean loss of its steps.')}readonly loss: number;
  readonly validation?: Evaluation;
  readonly isBest: boolean;
  ${hasPlateau(plan) ? ts`${doc('What learning rates are multiplied by from here on, where a plateau has lowered them.')}readonly learningRateFactor?: number;` : none}
}

export interface Checkpoint {
  readonly position: Position;
  readonly weights: readonly NamedArray[];
  readonly memory: readonly NamedArray[];
  ${doc('Weights of the best epoch.')}readonly best?: readonly NamedArray[] | undefined;
}

${doc('How far a training has come.')}export interface Position {
  ${doc('What a training must have in common with the one that goes on.')}readonly of: { readonly rows: number; readonly batch: number; readonly seed: number; readonly encoder?: string | undefined };
  readonly epoch: number;
  ${doc('Steps of the epoch that are done, and the sum of the losses of their rows.')}readonly step: number;
  readonly lossSum: number;
  readonly best?: { readonly epoch: number; readonly value: number } | undefined;
  readonly history: readonly EpochRecord[];
}

export interface TrainResult {
  readonly status: 'finished' | 'stopped early' | 'interrupted';
  readonly history: readonly EpochRecord[];
  ${doc('The epoch whose weights the model has, if not the last.')}readonly bestEpoch?: number | undefined;
}`;
}

function trainCode(plan: Plan, { call: createTrainer, takesPlateau }: TrainerCode): Code {
  const { shuffle, stop, ema } = plan.model.train;
  const order = shuffle ? ts`shuffledOrder(seed, epoch, data.rows)` : ts`Int32Array.from({ length: data.rows }, (_, row) => row)`;
  const swap = ema === undefined ? none : ts`trainer.swapAverages();\n`;
  const fields = ts`epoch, loss: lossSum / data.rows, ...(validation && { validation }), isBest`;
  const patience =
    stop === undefined
      ? none
      : ts`
      if (best !== undefined && epoch - 1 - best.epoch >= patience) {
        status = 'stopped early';
        break;
      }`;
  return ts`${doc('Trains the model in place.')}export async function train(model: Model, data: TrainingBatch, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const { epochs, batch, seed, encoder, valid, from, signal, onStep, onEpoch, onCheckpoint } = { ...defaults, ...options };
  const of = { rows: data.rows, batch, seed, encoder };
  if (data.rows === 0) throw new Error('there are no rows to train on');
  if (from && JSON.stringify(from.position.of) !== JSON.stringify(of))
    throw new Error(\`the checkpoint is of another training: \${JSON.stringify(from.position.of)}, not \${JSON.stringify(of)}. It goes on with the same rows and options\`);
  const steps = Math.ceil(data.rows / batch);
  const start: Position = { of, epoch: 1, step: 0, lossSum: 0, history: [] };
  let { epoch, step, lossSum, best, history } = from?.position ?? start;
  let bestWeights = from?.best;
  let status: TrainResult['status'] = 'finished';
  let paused = performance.now();
  const trainer = ${createTrainer};
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
      const order = ${order};
      ${hasPlateau(plan) ? ts`const plateau = plateauFactor(history);\n` : none}      while (step < steps && !signal?.aborted) {
        const taken = takeRows(data, order.subarray(step * batch, (step + 1) * batch));
        const loss = await trainer.step(taken${takesPlateau ? ts`, plateau` : none});
        if (!Number.isFinite(loss)) throw new Error(\`the loss of epoch \${epoch}, step \${step + 1} is \${loss}: a lower learning rate may help\`);
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
      ${swap}const validation = valid && (await evaluate(model, valid));
      const value = validation && monitored(validation);
      const isBest = value === undefined || improves(value, best?.value);
      if (isBest && value !== undefined) {
        best = { epoch, value };
        bestWeights = await arraysOf(model);
      }
      ${swap}${
        hasPlateau(plan)
          ? ts`const measured = { ${fields} };
      const lowered = plateauFactor([...history, measured]);
      const record = lowered === plateau ? measured : { ...measured, learningRateFactor: lowered };`
          : ts`const record = { ${fields} };`
      }
      history = [...history, record];
      onEpoch?.(record);
      epoch += 1;
      step = 0;
      lossSum = 0;
      await onCheckpoint?.(await checkpoint());${patience}
    }
    if (status === 'interrupted') await onCheckpoint?.(await checkpoint());
    if (bestWeights) setArrays(model, bestWeights);
    ${ema === undefined ? none : ts`else trainer.swapAverages();`}
  } finally {
    trainer.dispose();
  }
  return { status, history, bestEpoch: best?.epoch };
}`;
}
