import type { Duration, Schedule } from '../../model/model.js';

/** How long a run is. */
export interface RunLength {
  /** Of an epoch. */
  readonly steps: number;
  readonly epochs: number;
}

/** How many steps a duration has. */
export const stepsOf = ({ unit, count }: Duration, { steps }: RunLength): number =>
  unit === 'steps' ? count : Math.max(1, Math.round(count * steps));

/** How many steps the learning rate rises before the schedule begins. */
export const warmupSteps = ({ warmup }: Schedule, run: RunLength): number => (warmup === undefined ? 0 : stepsOf(warmup, run));

/**
 * What the learning rate is multiplied by in step `step`, from 1. A warm-up of W steps rises by 1/W a step [Goyal et al. 2017, section
 * 2.2]; t steps after it: factor^⌊t/every⌋ [step], factor^(t/every) [exponential], to + (1 − to)·½(1 + cos(π·t/T)) [cosine;
 * Loshchilov and Hutter 2017, Eq. (5)].
 * @param plateau what `plateauFactor` gave after the last epoch
 */
export const scheduleFactor = (schedule: Schedule | undefined, step: number, run: RunLength, plateau = 1): number => {
  if (schedule === undefined) return 1;
  const warmup = warmupSteps(schedule, run);
  return step < warmup ? (plateau * step) / warmup : decayed(schedule, Math.max(0, step - 1 - warmup), warmup, run, plateau);
};

const decayed = (schedule: Schedule, t: number, warmup: number, run: RunLength, plateau: number): number => {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor(t / stepsOf(schedule.every, run));
    case 'exponential':
      return schedule.factor ** (t / stepsOf(schedule.every, run));
    case 'cosine': {
      const { to, over } = schedule;
      const length = over === undefined ? run.epochs * run.steps - warmup : stepsOf(over, run);
      return to + (1 - to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, t / Math.max(1, length))));
    }
    case 'plateau':
      return plateau;
    default:
      return schedule satisfies never;
  }
};
