import { runStep } from './loop.js';
import type { Batch } from './step.js';
import type { PhaseTimes, PrepareOptions } from './train.js';
import { phaseTimes, prepareTraining } from './train.js';

export interface StepTimes {
  /** Median milliseconds of a whole step. */
  readonly step: number;
  /** Median milliseconds of each phase; `run` is the engine. */
  readonly phases: PhaseTimes;
}

/** Runs `warmUp` and then `steps` training steps over the training rows in their order, again from the first when they are used up. */
export const timeSteps = async (options: PrepareOptions, steps: number, warmUp = 20): Promise<StepTimes> => {
  const { data } = options;
  const { phases, plan, close } = await prepareTraining(options);
  const batch: Batch = { order: undefined, start: 0, count: plan.batch, step: 0 };
  const times: number[] = [];
  const byPhase: PhaseTimes[] = [];
  try {
    for (let i = 0; i < warmUp + steps; i++) {
      batch.step++;
      batch.start = (i % Math.floor(data.train.rows / plan.batch)) * plan.batch;
      phases.milliseconds.fill(0);
      const begin = performance.now();
      await runStep(phases, batch);
      if (i < warmUp) continue;
      times.push(performance.now() - begin);
      byPhase.push(phaseTimes(phases));
    }
  } finally {
    await close();
  }
  const of = (phase: keyof PhaseTimes): number => median(byPhase.map((entry) => entry[phase]));
  return {
    step: median(times),
    phases: { gather: of('gather'), run: of('run'), merge: of('merge'), clip: of('clip'), update: of('update') },
  };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
