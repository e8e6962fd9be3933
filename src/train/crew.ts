import type { EncodedData } from '../encode/program.js';
import { averagedLayout } from './average.js';
import type { Reached } from './control.js';
import { beginEpoch, createControl, isUpdating, prepare, readReached } from './control.js';
import type { Orders } from './orders.js';
import { createPacer, pause } from './pause.js';
import type { Prepared } from './prepare.js';
import type { Scores } from './score.js';
import { score } from './score.js';
import { phaseNames, alone } from './step.js';
import type { Stretch } from './steps.js';
import { runSteps } from './steps.js';

/** Told about 20 times a second where the steps are; true asks for a pause after the step at hand. */
export type Watch = (reached: Reached) => boolean;

/** Milliseconds by phase. */
export type PhaseTimes = Readonly<Record<(typeof phaseNames)[number], number>>;

/** Whoever does the steps: the thread at hand, or workers. Between two calls nothing moves, so that weights can be read. */
export interface Crew {
  readonly size: number;
  /** Puts the training rows in an epoch's order, if they are shuffled, before its first step or, of an epoch that was left, the next. */
  readonly beginEpoch: (epoch: number, reached: Reached) => void;
  /** How far the epoch is, after a failure too; undefined if that left an update half done. */
  readonly reached: () => Reached | undefined;
  /**
   * Does a stretch of an epoch, or less: until `watch` or the signal asks for a pause, or a loss is not finite.
   * @param clock takes the time in milliseconds at the end of each step
   */
  readonly run: (stretch: Stretch, watch: Watch, signal?: AbortSignal, clock?: Float64Array) => Promise<Reached>;
  /** Scores the validation rows, every label of them; undefined if there are none, or the signal stopped it. */
  readonly score: (signal?: AbortSignal) => Promise<Scores | undefined>;
  /** Of the thread at hand, or of one worker, so far. */
  readonly times: () => PhaseTimes;
  readonly close: () => Promise<void>;
}

export const watchMilliseconds = 50;

export const phaseTimes = (milliseconds: Float64Array): PhaseTimes =>
  Object.fromEntries(phaseNames.map((name, i) => [name, milliseconds[i] ?? 0])) as PhaseTimes;

/** Everything in the thread at hand, which lets others have their turn as often as it looks. */
export const crewOfOne = (
  { plan, layout, memory, phases, scoring, close }: Prepared,
  data: EncodedData,
  orders: Orders,
): Crew => {
  const control = createControl(1);
  const barrier = (meanwhile?: () => void): boolean => {
    meanwhile?.();
    return true;
  };
  return {
    size: 1,
    beginEpoch: (epoch, reached) => {
      orders.take(epoch);
      beginEpoch(control, reached);
    },
    reached: () => (isUpdating(control) ? undefined : readReached(control)),
    run: async (stretch, watch, signal, clock) => {
      prepare(control);
      const pacer = createPacer(watchMilliseconds);
      const part = {
        phases,
        share: alone,
        barrier,
        control,
        plan,
        data: data.train,
        orders: orders.buffers,
        ...(clock && { clock }),
      };
      const stopped = (): boolean => signal?.aborted === true;
      await runSteps(part, stretch, async () => {
        if (stopped() || !pacer.due()) return stopped();
        await pause();
        return watch(readReached(control)) || stopped();
      });
      return readReached(control);
    },
    score: async (signal) => scoring && (await score(scoring, memory, averagedLayout(layout), data.valid, signal)),
    times: () => phaseTimes(phases.milliseconds),
    close,
  };
};
