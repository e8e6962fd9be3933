import type { EncodedData } from '../encode/program.js';
import { shuffle } from '../graph/random.js';
import type { CheckedModel } from '../model/model.js';
import { trainError } from './errors.js';
import type { EpochRecord, Progress, TrainStatus } from './events.js';
import { faultOfFirstStep } from './first-step.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Evaluation } from './metrics.js';
import { improves, measure, metricOfKey, monitored } from './metrics.js';
import { createPacer, pause } from './pause.js';
import type { Plan } from './plan.js';
import type { Scorer } from './score.js';
import { score } from './score.js';
import type { Batch, Phases } from './step.js';
import { alone } from './step.js';
import type { StateView, Weights } from './weights.js';
import { copyWeights, viewState } from './weights.js';

export interface LoopOptions {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly seed: number;
  readonly plan: Plan;
  readonly phases: Phases;
  readonly memory: Memory;
  readonly layout: Layout;
  /** Scores the validation rows, every label of them; absent if there are none. */
  readonly scoring?: Scorer;
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

const pauseMilliseconds = 50;
const usualCheckpointSeconds = 300;
/** A checkpoint may take one part in so many of the time. */
const checkpointShare = 50;

export const runEpochs = async (options: LoopOptions): Promise<LoopResult> => {
  const { model, data, phases, memory, layout, signal, plan } = options;
  const { epochs, stop, monitor } = model.train;
  const steps = Math.ceil(data.train.rows / plan.batch);
  const checkpoint = createCheckpoints(options);
  const pacer = createPacer(pauseMilliseconds);
  const batch: Batch = { order: model.train.shuffle ? new Int32Array(data.train.rows) : undefined, start: 0, count: 0, step: 0 };
  const history: EpochRecord[] = [];
  const begin = performance.now();
  let best: { readonly epoch: number; readonly value: number; readonly weights?: Weights } | undefined;
  let status: TrainStatus = 'finished';
  const state = (epoch: number): StateView => viewState(memory, layout, batch.step, epoch);
  const stopped = (): boolean => signal?.aborted === true;

  let epoch = 0;
  while (status === 'finished' && epoch < epochs) {
    epoch++;
    const epochBegin = performance.now();
    if (batch.order !== undefined) shuffle(options.seed, epoch, batch.order);
    let lossSum = 0;
    let rows = 0;
    for (let i = 0; i < steps && !stopped(); i++) {
      batch.start = i * plan.batch;
      batch.count = Math.min(plan.batch, data.train.rows - batch.start);
      batch.step++;
      const loss = await runStep(phases, batch);
      if (!Number.isFinite(loss)) throw notFiniteLoss(options, loss, batch.step, epoch);
      lossSum += loss * batch.count;
      rows += batch.count;
      if (pacer.due() || i + 1 === steps) {
        const now = performance.now();
        options.onProgress?.({
          epoch,
          epochs,
          step: i + 1,
          steps,
          rowsPerSecond: (1000 * rows) / (now - epochBegin),
          loss: lossSum / rows,
          secondsLeft: ((now - begin) / 1000) * ((epochs * steps) / batch.step - 1),
        });
        await checkpoint(() => state(epoch));
        await pause();
      }
    }
    const seconds = (performance.now() - epochBegin) / 1000;
    const validation = stopped() ? undefined : await validate(options);
    if (stopped()) {
      status = 'interrupted';
      break;
    }
    if (validation?.loss !== undefined && !Number.isFinite(validation.loss) && best === undefined) {
      throw notFinite(validation.loss, batch.step, epoch, model);
    }
    const value = validation === undefined ? undefined : monitored(validation, monitor);
    const isBest = value === undefined || improves(value, best?.value, monitor);
    const record = {
      epoch,
      step: batch.step,
      loss: lossSum / rows,
      ...(validation === undefined ? {} : { validation }),
      isBest,
      seconds,
      rowsPerSecond: rows / seconds,
    };
    history.push(record);
    const isLast = epoch === epochs;
    if (isBest && value !== undefined) best = { epoch, value, ...(isLast ? {} : { weights: copyWeights(state(epoch)) }) };
    await options.onEpoch?.(record, state(epoch));
    if (stop !== undefined && best !== undefined && !isLast && epoch - best.epoch >= stop.patience) status = 'stopped';
  }
  const last = state(epoch);
  const weights = best?.weights ?? copyWeights(last);
  // The last update comes after the last loss that was looked at.
  if (!areFinite(weights)) throw notFinite(NaN, batch.step, epoch, model);
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

/** One step of one worker; returns the batch's loss. Leaves the weights alone if that is not finite. */
export const runStep = async (phases: Phases, batch: Batch): Promise<number> => {
  await phases.run(batch, alone);
  const loss = phases.loss(batch);
  if (!Number.isFinite(loss)) return loss;
  phases.merge(batch, alone);
  phases.clip(batch, alone);
  phases.update(batch, alone);
  return loss;
};

const validate = async ({ model, data, scoring, memory, layout, signal }: LoopOptions): Promise<Evaluation | undefined> => {
  if (scoring === undefined) return undefined;
  const scores = await score(scoring, memory, layout, data.valid, signal);
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

const createCheckpoints = ({ onCheckpoint, checkpointSeconds = usualCheckpointSeconds }: LoopOptions) => {
  let last = performance.now();
  let cost = 0;
  return async (state: () => StateView): Promise<void> => {
    const begin = performance.now();
    if (onCheckpoint === undefined || begin - last < Math.max(1000 * checkpointSeconds, checkpointShare * cost)) return;
    await onCheckpoint(state());
    last = performance.now();
    cost = last - begin;
  };
};
