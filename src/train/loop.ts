import type { EncodedData } from '../encode/program.js';
import type { CheckedModel } from '../model/model.js';
import { copyAverages, settleAverages } from './average.js';
import type { Reached } from './control.js';
import type { Crew } from './crew.js';
import { trainError } from './errors.js';
import type { EpochRecord, Progress, TrainStatus } from './events.js';
import { faultOfFirstStep } from './first-step.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Evaluation } from './metrics.js';
import { improves, measure, metricOfKey, monitored } from './metrics.js';
import { pause } from './pause.js';
import type { Plan } from './plan.js';
import { plateauFactor } from './schedule.js';
import type { StateView, Weights } from './weights.js';
import { viewState } from './weights.js';

export interface LoopOptions {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly seed: number;
  readonly plan: Plan;
  readonly crew: Crew;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpoch?: (record: EpochRecord, state: StateView) => void | Promise<void>;
  readonly onCheckpoint?: (state: StateView) => void | Promise<void>;
  readonly checkpointSeconds?: number;
}

export interface LoopResult {
  readonly status: TrainStatus;
  readonly weights: Weights;
  readonly state: StateView;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch?: number;
}

const usualCheckpointSeconds = 300;
/** A checkpoint may take one part in so many of the time. */
const checkpointShare = 50;

export const runEpochs = async (options: LoopOptions): Promise<LoopResult> => {
  const { model, data, crew, memory, layout, signal, plan } = options;
  const { epochs, stop, monitor, schedule } = model.train;
  const steps = Math.ceil(data.train.rows / plan.batch);
  const checkpoints = createCheckpoints(options);
  const history: EpochRecord[] = [];
  const begin = performance.now();
  let best: { readonly epoch: number; readonly value: number; readonly weights?: Weights } | undefined;
  let status: TrainStatus = 'finished';
  let step = 0;
  let plateau = plateauFactor(schedule, history, monitor);
  const state = (epoch: number): StateView => viewState(memory, layout, step, epoch);
  const stopped = (): boolean => signal?.aborted === true;

  let epoch = 0;
  while (status === 'finished' && epoch < epochs) {
    epoch++;
    const epochBegin = performance.now();
    const before = step;
    crew.beginEpoch(epoch);
    if (layout.results !== undefined) memory.doubles[layout.results.plateau] = plateau;
    const tell = ({ step: done, rows, lossSum }: Reached): void => {
      if (done === 0) return;
      const now = performance.now();
      options.onProgress?.({
        epoch,
        epochs,
        step: done,
        steps,
        rowsPerSecond: (1000 * rows) / (now - epochBegin),
        loss: lossSum / rows,
        secondsLeft: ((now - begin) / 1000) * ((epochs * steps) / (before + done) - 1),
      });
    };
    let reached: Reached = { step: 0, rows: 0, lossSum: 0, lastLoss: 0 };
    while (reached.step < steps && !stopped()) {
      const watch = (at: Reached): boolean => {
        tell(at);
        return checkpoints.due();
      };
      reached = await crew.run({ from: reached.step, to: steps, before }, watch, signal);
      step = before + reached.step;
      if (!Number.isFinite(reached.lastLoss)) throw notFiniteLoss(options, reached.lastLoss, step, epoch);
      if (reached.step === steps) tell(reached);
      if (checkpoints.due()) await checkpoints.write(state(epoch));
      await pause();
    }
    const { rows, lossSum } = reached;
    const seconds = (performance.now() - epochBegin) / 1000;
    settleAverages(memory, layout, step);
    const validation = stopped() ? undefined : await validate(options);
    if (stopped()) {
      status = 'interrupted';
      break;
    }
    if (validation?.loss !== undefined && !Number.isFinite(validation.loss) && best === undefined) {
      throw notFinite(validation.loss, step, epoch, model);
    }
    const value = validation === undefined ? undefined : monitored(validation, monitor);
    const isBest = value === undefined || improves(value, best?.value, monitor);
    const measured: EpochRecord = {
      epoch,
      step,
      loss: lossSum / rows,
      ...(validation === undefined ? {} : { validation }),
      isBest,
      seconds,
      rowsPerSecond: rows / seconds,
    };
    const former = plateau;
    plateau = plateauFactor(schedule, [...history, measured], monitor);
    const record = plateau === former ? measured : { ...measured, learningRateFactor: plateau };
    history.push(record);
    const isLast = epoch === epochs;
    if (isBest && value !== undefined)
      best = { epoch, value, ...(isLast ? {} : { weights: copyAverages(memory, layout, step) }) };
    await options.onEpoch?.(record, state(epoch));
    if (stop !== undefined && best !== undefined && !isLast && epoch - best.epoch >= stop.patience) status = 'stopped';
  }
  const last = state(epoch);
  const weights = best?.weights ?? copyAverages(memory, layout, step);
  // The last update comes after the last loss that was looked at.
  if (!areFinite(weights)) throw notFinite(NaN, step, epoch, model);
  return {
    status,
    weights,
    state: last,
    history,
    ...(best === undefined ? {} : { bestEpoch: best.epoch }),
  };
};

const areFinite = ({ dense, states, tables }: Weights): boolean =>
  [...dense, ...states, ...tables].every(({ values }) => values.every((value) => Number.isFinite(value)));

const validate = async ({ model, data, crew, signal }: LoopOptions): Promise<Evaluation | undefined> => {
  const scores = await crew.score(signal);
  if (scores === undefined) return undefined;
  const extra = model.metrics.some(({ key }) => key === model.train.monitor)
    ? undefined
    : metricOfKey(model, model.train.monitor);
  return measure(model, scores.logits, data.valid.labels, extra === undefined ? model.metrics : [...model.metrics, extra]);
};

/** Steps that are looked into: the loss of the second is that of the weights that the gradients of the first made. */
const explainedSteps = 2;

const notFiniteLoss = (options: LoopOptions, loss: number, step: number, epoch: number): Error => {
  const fault = step <= explainedSteps ? faultOfFirstStep(options) : undefined;
  if (fault === undefined) return notFinite(loss, step, epoch, options.model);
  return trainError('not-finite', `the loss is ${loss} at step ${step} (epoch ${epoch}), whatever the learning rate: ${fault}`);
};

const notFinite = (loss: number, step: number, epoch: number, { train, features }: CheckedModel): Error => {
  const { rest, embeddings, parts } = train.optimizer;
  const rates = [...new Set([rest, embeddings, ...Object.values(parts)].map((rule) => rule.parameters.learning_rate))];
  const remedies = [
    `a smaller learning rate (now ${rates.join(' and ')})`,
    ...(train.clipNorm === undefined ? ['clip_norm: 10'] : []),
    ...(features.some(({ kind }) => kind === 'number') ? ['standardize on number features'] : []),
  ];
  return trainError('not-finite', `the loss is ${loss} at step ${step} (epoch ${epoch}); try ${remedies.join(', or ')}`);
};

interface Checkpoints {
  readonly due: () => boolean;
  readonly write: (state: StateView) => Promise<void>;
}

const createCheckpoints = ({ onCheckpoint, checkpointSeconds = usualCheckpointSeconds }: LoopOptions): Checkpoints => {
  let last = performance.now();
  let cost = 0;
  return {
    due: () =>
      onCheckpoint !== undefined && performance.now() - last >= Math.max(1000 * checkpointSeconds, checkpointShare * cost),
    write: async (state) => {
      const begin = performance.now();
      await onCheckpoint?.(state);
      last = performance.now();
      cost = last - begin;
    },
  };
};
