import type { PhaseTimes } from './crew.js';
import { nothingReached } from './position.js';
import type { PrepareOptions } from './prepare.js';
import { startCrew } from './train.js';

export interface StepTimes {
  /** Median milliseconds of a whole step. */
  readonly step: number;
  /** Mean milliseconds of each phase; `run` is the engine. */
  readonly phases: PhaseTimes;
  readonly workers: number;
}

/** Runs `warmUp` and then `steps` training steps over the training rows, again from the first when they are used up. */
export const timeSteps = async (options: PrepareOptions, steps: number, warmUp = 20): Promise<StepTimes> => {
  const { crew } = await startCrew(options);
  try {
    crew.beginEpoch(1, nothingReached);
    const clock = new Float64Array(steps + 1);
    await crew.run({ from: 0, to: warmUp, before: 0 }, () => false);
    const before = crew.times();
    await crew.run({ from: warmUp, to: warmUp + steps + 1, before: 0 }, () => false, undefined, clock);
    const after = crew.times();
    const of = (phase: keyof PhaseTimes): number => (after[phase] - before[phase]) / (steps + 1);
    return {
      step: median(Array.from(clock.subarray(1), (end, i) => end - (clock[i] ?? NaN))),
      phases: {
        gather: of('gather'),
        run: of('run'),
        merge: of('merge'),
        clip: of('clip'),
        update: of('update'),
        wait: of('wait'),
      },
      workers: crew.size,
    };
  } finally {
    await crew.close();
  }
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
