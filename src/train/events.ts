import type { Evaluation } from './metrics.js';

/** Where a run is, a few times a second. */
export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done in this epoch, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly rowsPerSecond: number;
  /** Mean over the epoch so far, without L2. */
  readonly loss: number;
  /** If every epoch runs. */
  readonly secondsLeft: number;
}

/** One finished epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the run began. */
  readonly step: number;
  /** Mean training loss while the weights moved, without L2. */
  readonly loss: number;
  /** Absent without validation rows. */
  readonly validation?: Evaluation;
  /** Whether no epoch before was better; true without validation rows. */
  readonly isBest: boolean;
  /** After an epoch at which a plateau was found: what the learning rate is multiplied by from now on. */
  readonly learningRateFactor?: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}

/** `stopped`: no improvement for so many epochs as the spec allows; `interrupted`: by the signal. */
export type TrainStatus = 'finished' | 'stopped' | 'interrupted';
