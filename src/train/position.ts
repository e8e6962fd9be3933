import type { CheckpointEpoch, CheckpointProgress, ExactNumber } from '../run/record.js';
import type { Reached } from './control.js';
import type { EpochRecord } from './events.js';

/** Where a run stands between two steps, and what it remembers besides its weights and slots. */
export interface Position {
  /** The epoch at hand, from 1; one more than there are if all are done. */
  readonly epoch: number;
  /** Steps of all epochs before it. */
  readonly before: number;
  readonly reached: Reached;
  readonly history: readonly EpochRecord[];
  readonly best?: BestEpoch;
  /** Of the epoch, and of the run: of all its processes. */
  readonly epochSeconds: number;
  readonly seconds: number;
}

/** The best epoch by the monitored value. */
export interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
}

export const nothingReached: Reached = { step: 0, rows: 0, lossSum: 0, lastLoss: 0 };

export const firstPosition: Position = {
  epoch: 1,
  before: 0,
  reached: nothingReached,
  history: [],
  epochSeconds: 0,
  seconds: 0,
};

const exact = (value: number): ExactNumber => (Number.isFinite(value) ? value : (String(value) as ExactNumber));

const eachOf = <A, B>(of: Readonly<Record<string, A>>, change: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));

/** A position as a checkpoint keeps it. */
export const progressOf = ({ epoch, before, reached, history, best, epochSeconds, seconds }: Position): CheckpointProgress => ({
  step: before + reached.step,
  epoch,
  epochSteps: reached.step,
  epochRows: reached.rows,
  epochLoss: exact(reached.lossSum),
  epochSeconds,
  seconds,
  history: history.map(({ loss, rowsPerSecond, validation, ...record }): CheckpointEpoch => ({
    ...record,
    loss: exact(loss),
    rowsPerSecond: exact(rowsPerSecond),
    ...(validation && {
      validation: {
        rows: validation.rows,
        ...(validation.loss !== undefined && { loss: exact(validation.loss) }),
        metrics: eachOf(validation.metrics, exact),
      },
    }),
  })),
  ...(best && { best: { epoch: best.epoch, value: exact(best.value) } }),
});

/** The position that a checkpoint has kept. */
export const positionOf = (progress: CheckpointProgress): Position => ({
  epoch: progress.epoch,
  before: progress.step - progress.epochSteps,
  reached: { step: progress.epochSteps, rows: progress.epochRows, lossSum: Number(progress.epochLoss), lastLoss: 0 },
  history: progress.history.map(({ loss, rowsPerSecond, validation, ...record }): EpochRecord => ({
    ...record,
    loss: Number(loss),
    rowsPerSecond: Number(rowsPerSecond),
    ...(validation && {
      validation: {
        rows: validation.rows,
        ...(validation.loss !== undefined && { loss: Number(validation.loss) }),
        metrics: eachOf(validation.metrics, Number),
      },
    }),
  })),
  ...(progress.best && { best: { epoch: progress.best.epoch, value: Number(progress.best.value) } }),
  epochSeconds: progress.epochSeconds,
  seconds: progress.seconds,
});
