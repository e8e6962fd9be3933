import type { Engine } from '../../src/train/engine.js';

/** An engine that calls `before` ahead of each run, with whether it is of a training step and how many of its kind went before. */
const watchedRuns = (engine: Engine, before: (isStep: boolean, run: number) => void): Engine => {
  const runs = { steps: 0, scores: 0 };
  return {
    ...engine,
    inWorkers: false,
    prepare: async (graph, options) => {
      const session = await engine.prepare(graph, options);
      const isStep = Object.keys(session.outputs).some((name) => name.startsWith('gradient.'));
      return {
        ...session,
        run: async () => {
          before(isStep, isStep ? runs.steps++ : runs.scores++);
          await session.run();
        },
      };
    },
  };
};

/** An engine that calls `at` before the given step, from 1, is run. */
export const watched = (engine: Engine, shards: number, step: number, at: () => void): Engine =>
  watchedRuns(engine, (isStep, run) => {
    if (isStep && run === shards * (step - 1)) at();
  });

/** An engine that calls `at` before the given run, from 1, of a graph that is not a training step. */
export const failingScores = (engine: Engine, run: number, at: () => void): Engine =>
  watchedRuns(engine, (isStep, done) => {
    if (!isStep && done + 1 === run) at();
  });
