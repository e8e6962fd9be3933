import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/model/model.js';
import type { EpochRecord } from '../../src/train/events.js';
import { scheduleFactor } from '../../src/graph/update/schedule.js';
import { plateauFactor } from '../../src/train/schedule.js';

const run = { steps: 10, epochs: 5 };
const factors = (schedule: Schedule, steps: readonly number[]): readonly number[] =>
  steps.map((step) => scheduleFactor(schedule, step, run));

const expectClose = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 12);
  });
};

describe('the factor of a step', () => {
  it('is 1 without a schedule', () => {
    expect(scheduleFactor(undefined, 7, run)).toBe(1);
  });

  it('rises in a line while it warms up, and then stays', () => {
    const byEpoch: Schedule = { kind: 'constant', warmup: { unit: 'epochs', count: 0.4 } };
    const bySteps: Schedule = { kind: 'constant', warmup: { unit: 'steps', count: 4 } };
    for (const schedule of [byEpoch, bySteps]) expectClose(factors(schedule, [1, 2, 3, 4, 5, 50]), [0.25, 0.5, 0.75, 1, 1, 1]);
  });

  it('falls at once after every so many steps', () => {
    const schedule: Schedule = { kind: 'step', every: { unit: 'epochs', count: 2 }, factor: 0.1 };
    expectClose(factors(schedule, [1, 20, 21, 40, 41]), [1, 1, 0.1, 0.1, 0.01]);
    expectClose(factors({ ...schedule, warmup: { unit: 'steps', count: 5 } }, [1, 5, 25, 26]), [0.2, 1, 1, 0.1]);
  });

  it('falls a little at each step', () => {
    const schedule: Schedule = { kind: 'exponential', every: { unit: 'steps', count: 4 }, factor: 0.5 };
    expectClose(factors(schedule, [1, 2, 3, 5, 9]), [1, Math.SQRT1_2 ** 0.5, Math.SQRT1_2, 0.5, 0.25]);
  });

  it('follows half a cosine to the end of the run, or so far as it says', () => {
    expectClose(factors({ kind: 'cosine', to: 0 }, [1, 26]), [1, 0.5]);
    expectClose(
      factors({ kind: 'cosine', to: 0.2, over: { unit: 'steps', count: 3 } }, [1, 2, 3, 4, 40]),
      [1, 0.8, 0.4, 0.2, 0.2],
    );
    const warm: Schedule = { kind: 'cosine', to: 0, warmup: { unit: 'steps', count: 10 } };
    expectClose(factors(warm, [5, 10, 11, 31, 51]), [0.5, 1, 1, 0.5, 0]);
  });

  it('is what plateaus have made of it, warm-up included', () => {
    const schedule: Schedule = { kind: 'plateau', factor: 0.1, patience: 1, to: 0, warmup: { unit: 'steps', count: 4 } };
    expect([1, 4, 5].map((step) => scheduleFactor(schedule, step, run, 0.1))).toEqual([0.025, 0.1, 0.1]);
  });
});

describe('a plateau', () => {
  const history = (values: readonly number[]): readonly EpochRecord[] =>
    values.map((auc, i) => ({
      epoch: i + 1,
      step: 10 * (i + 1),
      loss: 1,
      validation: { rows: 5, metrics: { auc } },
      isBest: false,
      seconds: 1,
      rowsPerSecond: 1,
    }));
  const schedule: Schedule = { kind: 'plateau', factor: 0.5, patience: 2, to: 0.2 };
  const after = (values: readonly number[]): number => plateauFactor(schedule, history(values), 'auc');

  it('waits for so many epochs without improvement, counted anew each time', () => {
    expect([[], [0.6], [0.6, 0.5], [0.6, 0.5, 0.6], [0.6, 0.5, 0.6, 0.7], [0.6, 0.5, 0.7, 0.6, 0.7]].map(after)).toEqual([
      1, 1, 1, 0.5, 0.5, 0.5,
    ]);
    expect(after([0.6, 0.5, 0.7, 0.6])).toBe(1);
  });

  it('goes no lower than it may', () => {
    expect(after([0.6, 0.5, 0.5, 0.5, 0.5])).toBe(0.25);
    expect(after([0.6, ...new Array<number>(20).fill(0.5)])).toBe(0.2);
  });

  it('follows a metric that is better when it is lower', () => {
    const rows = history([0.6, 0.5]).map((record) => ({
      ...record,
      validation: { rows: 5, metrics: { rmse: record.validation!.metrics.auc! } },
    }));
    const once: Schedule = { ...schedule, kind: 'plateau', patience: 1, factor: 0.5, to: 0 };
    expect(plateauFactor(once, rows, 'rmse')).toBe(1);
    expect(plateauFactor(once, rows.toReversed(), 'rmse')).toBe(0.5);
  });

  it('is no matter of other schedules', () => {
    expect(plateauFactor({ kind: 'cosine', to: 0 }, history([0.6, 0.5, 0.5]), 'auc')).toBe(1);
  });
});
