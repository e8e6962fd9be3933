import type { EncodedData } from '../encode/program.js';
import type { CheckedModel } from '../model/model.js';
import type { StoredCheckpoint } from '../run/read-checkpoint.js';
import type { StoredWeights } from '../run/stored-weights.js';
import type { Checkpoint, CheckpointOptions, Checkpoints } from './checkpoints.js';
import { createCheckpoints } from './checkpoints.js';
import { averagedLayout, copyAverages, settleAverages } from './average.js';
import type { Reached } from './control.js';
import type { Crew } from './crew.js';
import type { EpochRecord, Progress, TrainStatus } from './events.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Evaluation } from './metrics.js';
import { improves, measure, metricOfKey, monitored } from './metrics.js';
import type { BadStep } from './not-finite.js';
import { isNotFinite, notFiniteLoss, notFiniteValidation, notFiniteWeights } from './not-finite.js';
import { pause } from './pause.js';
import { stepsOfEpoch, type Plan } from './plan.js';
import type { BestEpoch, Position } from './position.js';
import { firstPosition, nothingReached } from './position.js';
import { plateauFactor } from './schedule.js';
import { copiedBytes, notFiniteWeight, readWeights, restoreState, viewsOf, weightBytes } from './state.js';
import type { LiveState, StateView, Weights } from './weights.js';
import { copyWeights, viewState } from './weights.js';
import type { Windows } from './windows.js';

/** What a run that was interrupted goes on from. */
export interface Resumption {
  readonly position: Position;
  readonly state: StoredWeights & Pick<StoredCheckpoint, 'optimizer'>;
  /** The weights of the best epoch, if there is one. */
  readonly best?: StoredWeights;
}

export interface RunCallbacks extends CheckpointOptions {
  /** Stops the run after the step at hand; what was learned so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** After each epoch; the view is valid until the promise resolves. */
  readonly onEpoch?: (record: EpochRecord, state: StateView) => void | Promise<void>;
  /** After an epoch that is the best so far, if its weights are too many to be copied in memory: whoever is given them keeps them. */
  readonly onBest?: (epoch: number, state: StateView) => Promise<void>;
}

export interface LoopOptions extends RunCallbacks {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  /** Where training rows come from a file. */
  readonly windows?: Pick<Windows, 'rows' | 'batchAt'>;
  readonly seed: number;
  readonly plan: Plan;
  readonly crew: Crew;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly resume?: Resumption;
}

/** Where the weights are that a run keeps: those in use, a copy, or those that `onBest` was given. */
export type Kept =
  | { readonly kind: 'live'; readonly state: StateView }
  | { readonly kind: 'copy'; readonly weights: Weights }
  | { readonly kind: 'stored'; readonly epoch: number };

export interface LoopResult {
  readonly status: TrainStatus;
  readonly kept: Kept;
  readonly state: LiveState;
  readonly position: Position;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch?: number;
}

type Best = BestEpoch & { readonly kept?: Exclude<Kept, { readonly kind: 'live' }> };

export const runEpochs = async (options: LoopOptions): Promise<LoopResult> => {
  const checkpoints = createCheckpoints(options);
  try {
    return await runAll(options, checkpoints);
  } finally {
    await checkpoints.settle();
  }
};

const runAll = async (options: LoopOptions, checkpoints: Checkpoints): Promise<LoopResult> => {
  const { model, data, crew, memory, layout, signal, plan, resume } = options;
  const { epochs, stop, monitor, schedule } = model.train;
  const steps = stepsOfEpoch(plan, options.windows?.rows ?? data.train.rows);
  const from = resume?.position ?? firstPosition;
  const begin = performance.now() - 1000 * from.seconds;
  const history = [...from.history];
  let { epoch, before, reached } = from;
  let epochBegin = performance.now() - 1000 * from.epochSeconds;
  const live = (): LiveState => viewState(memory, layout, before + reached.step, epoch);
  const averaged = (): StateView => viewState(memory, averagedLayout(layout), before + reached.step, epoch);
  /** Averages are up to date at the end of an epoch; in between they are so in a copy, since the next step goes on from what they are. */
  const lastWeights = (): Kept =>
    model.train.ema === undefined || reached.step === 0
      ? { kind: 'live', state: averaged() }
      : { kind: 'copy', weights: copyAverages(memory, layout, before + reached.step) };
  if (resume) await restoreState(live(), resume.state);
  let best = await bestOf(options, live());
  let plateau = plateauFactor(schedule, history, monitor);
  const stopped = (): boolean => signal?.aborted === true;
  const position = (): Position => ({
    epoch,
    before,
    reached,
    history: [...history],
    ...(best && { best: { epoch: best.epoch, value: best.value } }),
    epochSeconds: (performance.now() - epochBegin) / 1000,
    seconds: (performance.now() - begin) / 1000,
  });
  const checkpoint = (): Checkpoint => ({
    position: position(),
    state: live(),
    ...(best?.kept?.kind === 'copy' && { best: best.kept.weights }),
  });
  const tell = (at: Reached): void => {
    if (at.step === 0) return;
    const now = performance.now();
    const share = (before + at.step - from.before - from.reached.step) / (epochs * steps - from.before - from.reached.step);
    options.onProgress?.({
      epoch,
      epochs,
      step: at.step,
      steps,
      rowsPerSecond: (1000 * at.rows) / (now - epochBegin),
      loss: at.lossSum / at.rows,
      secondsLeft: ((now - begin) / 1000 - from.seconds) * (1 / share - 1),
    });
  };
  const watch = (at: Reached): boolean => {
    tell(at);
    return checkpoints.due();
  };
  const rescue = async (error: unknown, learned: Checkpoint): Promise<never> => {
    // Going on from what is not finite leads there again: only what epochs before it have learned is worth keeping.
    if (learned.state.step > 0 && (learned.position.history.length > 0 || !isNotFinite(error))) await checkpoints.rescue(learned);
    throw error;
  };
  /** A step that failed before its update has changed nothing: what was learned until then is saved. */
  const rescueSteps = async (error: unknown): Promise<never> => {
    const whole = crew.reached();
    if (whole === undefined) throw error;
    reached = whole;
    return rescue(error, checkpoint());
  };
  /** @param i of the epoch, from 0 */
  const stepOf = (i: number, loss: number): BadStep => {
    const rows = options.windows?.batchAt(epoch, i) ?? { start: i * plan.batch };
    return { ...options, ...rows, loss, step: before + i + 1, epoch };
  };
  const isPastPatience = (): boolean =>
    stop !== undefined && best !== undefined && epoch <= epochs && epoch - 1 - best.epoch >= stop.patience;

  /** Measures what the epoch has come to, and begins the next. */
  const endEpoch = async (): Promise<TrainStatus> => {
    const { rows, lossSum } = reached;
    const seconds = (performance.now() - epochBegin) / 1000;
    const validation = stopped() ? undefined : await validate(options);
    if (stopped()) return 'interrupted';
    const step = before + reached.step;
    if (validation?.loss !== undefined && !Number.isFinite(validation.loss) && best === undefined)
      throw notFiniteValidation(stepOf(reached.step - 1, validation.loss));
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
    await options.onEpoch?.(record, live());
    if (isBest && value !== undefined) {
      const kept = epoch === epochs ? undefined : await keep(options, epoch, averaged());
      best = { epoch, value, ...(kept && { kept }) };
    }
    epoch++;
    before = step;
    reached = nothingReached;
    epochBegin = performance.now();
    return isPastPatience() ? 'stopped' : 'finished';
  };

  let status: TrainStatus = isPastPatience() ? 'stopped' : 'finished';
  while (status === 'finished' && epoch <= epochs) {
    crew.beginEpoch(epoch, reached);
    if (layout.results !== undefined) memory.doubles[layout.results.plateau] = plateau;
    while (reached.step < steps && !stopped()) {
      reached = await crew.run({ from: reached.step, to: steps, before }, watch, signal).catch(rescueSteps);
      if (!Number.isFinite(reached.lastLoss)) {
        // What looks for the fault may begin with first weights again.
        if (history.length > 0) await checkpoints.rescue(checkpoint());
        throw notFiniteLoss(stepOf(reached.step, reached.lastLoss));
      }
      if (reached.step === steps) tell(reached);
      if (checkpoints.due()) await checkpoints.cut(checkpoint());
      await pause();
    }
    if (reached.step === steps) settleAverages(memory, layout, before + steps);
    const learned = checkpoint();
    status = await endEpoch().catch((error: unknown) => rescue(error, learned));
  }
  await checkpoints.last();
  const state = live();
  const kept = best?.kept ?? lastWeights();
  // The last update comes after the last loss that was looked at.
  const fault = kept.kind === 'stored' ? undefined : notFiniteWeight(kept.kind === 'live' ? kept.state : viewsOf(kept.weights));
  if (fault !== undefined) throw notFiniteWeights(model, fault, state.step);
  return {
    status,
    kept,
    state,
    position: position(),
    history,
    ...(best === undefined ? {} : { bestEpoch: best.epoch }),
  };
};

const isTooLarge = (
  { onBest, largestCopy = copiedBytes }: Pick<LoopOptions, 'onBest' | 'largestCopy'>,
  state: StateView,
): boolean => onBest !== undefined && weightBytes(state) > largestCopy;

/** @param state at the end of an epoch: its averages are up to date */
const keep = async (options: LoopOptions, epoch: number, state: StateView): Promise<Best['kept']> => {
  if (!isTooLarge(options, state)) return { kind: 'copy', weights: copyWeights(state) };
  const fault = notFiniteWeight(state);
  if (fault !== undefined) throw notFiniteWeights(options.model, fault, state.step);
  await options.onBest?.(epoch, state);
  return { kind: 'stored', epoch };
};

const bestOf = async (options: LoopOptions, like: StateView): Promise<Best | undefined> => {
  const { position, best } = options.resume ?? {};
  if (position?.best === undefined || best === undefined) return undefined;
  const kept: Best['kept'] = isTooLarge(options, like)
    ? { kind: 'stored', epoch: position.best.epoch }
    : { kind: 'copy', weights: await readWeights(like, best) };
  return { ...position.best, kept };
};

const validate = async ({ model, data, crew, signal }: LoopOptions): Promise<Evaluation | undefined> => {
  const scores = await crew.score(signal);
  if (scores === undefined) return undefined;
  const extra = model.metrics.some(({ key }) => key === model.train.monitor)
    ? undefined
    : metricOfKey(model, model.train.monitor);
  return measure(model, scores.logits, data.valid.labels, extra === undefined ? model.metrics : [...model.metrics, extra]);
};
