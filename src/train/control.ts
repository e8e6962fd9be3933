import type { Share } from './step.js';
import { phaseNames } from './step.js';

/** What the workers of a run and the main thread tell each other: words that are read and written atomically, and numbers. */
export interface Control {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

/** Positions in the words, a cache line apart where many write. */
const arrived = 0;
const generation = 16;
const nextPiece = 32;
const failed = 48;
const wanted = 49;
const held = 50;
const stepsDone = 51;
const updating = 52;
const nextAside = 64;
const wordCount = 80;

/** Positions in the numbers; each worker's milliseconds follow. */
const lossSum = 0;
const rowsDone = 1;
const lastLoss = 2;
const firstMilliseconds = 8;

export const createControl = (workers: number): Control => {
  const count = firstMilliseconds + workers * phaseNames.length;
  const buffer = new SharedArrayBuffer(4 * wordCount + 8 * count);
  return { words: new Int32Array(buffer, 0, wordCount), numbers: new Float64Array(buffer, 4 * wordCount, count) };
};

export const millisecondsOf = ({ numbers }: Control, worker: number): Float64Array =>
  numbers.subarray(firstMilliseconds + worker * phaseNames.length, firstMilliseconds + (worker + 1) * phaseNames.length);

/** How far an epoch is. */
export interface Reached {
  /** Steps done in it. */
  readonly step: number;
  readonly rows: number;
  /** Sum over the rows so far, without L2. */
  readonly lossSum: number;
  /** Of the last step. If it is not finite, that step has left the weights alone, and does not count. */
  readonly lastLoss: number;
}

export const readReached = ({ words, numbers }: Control): Reached => ({
  step: Atomics.load(words, stepsDone),
  rows: numbers[rowsDone] ?? 0,
  lossSum: numbers[lossSum] ?? 0,
  lastLoss: numbers[lastLoss] ?? 0,
});

/** Before the first step of an epoch, or of what is left of it. */
export const beginEpoch = ({ words, numbers }: Control, reached: Reached): void => {
  Atomics.store(words, stepsDone, reached.step);
  numbers[rowsDone] = reached.rows;
  numbers[lossSum] = reached.lossSum;
  numbers[lastLoss] = reached.lastLoss;
};

/** By every worker before it changes a weight; `addStep` ends it. */
export const beginUpdate = ({ words }: Control): void => void Atomics.store(words, updating, 1);
/** Whether a step's weights are half old and half new. */
export const isUpdating = ({ words }: Control): boolean => Atomics.load(words, updating) !== 0;

/** By one worker while all others wait: whether to pause here is settled for all. A step whose loss is not finite does not count. */
export const addStep = ({ words, numbers }: Control, loss: number, rows: number): void => {
  numbers[lastLoss] = loss;
  if (Number.isFinite(loss)) {
    numbers[lossSum] = (numbers[lossSum] ?? 0) + loss * rows;
    numbers[rowsDone] = (numbers[rowsDone] ?? 0) + rows;
    Atomics.add(words, stepsDone, 1);
  }
  Atomics.store(words, updating, 0);
  Atomics.store(words, held, Atomics.load(words, wanted));
};

/** While no worker does anything. */
export const prepare = ({ words }: Control): void => {
  for (const word of [wanted, held, nextPiece, nextAside]) Atomics.store(words, word, 0);
};

/** Asks all to pause after the step, or the rows, at hand. */
export const askToPause = ({ words }: Control): void => void Atomics.store(words, wanted, 1);
export const isAskedToPause = ({ words }: Control): boolean => Atomics.load(words, wanted) !== 0;
/** Whether the step at hand was the last. */
export const isHeld = ({ words }: Control): boolean => Atomics.load(words, held) !== 0;

/** A worker can go no further: none must wait for it. */
export const fail = ({ words }: Control): void => {
  Atomics.store(words, failed, 1);
  Atomics.notify(words, generation);
};

/** Pieces go to whoever asks first: a worker that other programs slow down does fewer. */
export const sharedShare = ({ words }: Control): Share => ({
  next: () => Atomics.add(words, nextPiece, 1),
  nextAside: () => Atomics.add(words, nextAside, 1),
});

/**
 * Waits for all workers; the last to arrive does `meanwhile` before any of them goes on, and pieces are counted from 0 again.
 * False if one of them has failed.
 */
export type Barrier = (meanwhile?: () => void) => boolean;

/** How long a worker waits asleep until it looks whether another has failed. */
const sleepMilliseconds = 50;

/** @param spins Looks at the others' arrival before a worker sleeps: 0 where they may need its core. */
export const createBarrier = ({ words }: Control, workers: number, spins: number): Barrier => {
  let round = Atomics.load(words, generation);
  return (meanwhile) => {
    const mine = round;
    round = (round + 1) | 0;
    if (Atomics.add(words, arrived, 1) + 1 === workers) {
      meanwhile?.();
      Atomics.store(words, nextPiece, 0);
      Atomics.store(words, nextAside, 0);
      Atomics.store(words, arrived, 0);
      Atomics.store(words, generation, round);
      Atomics.notify(words, generation);
    } else {
      for (let i = 0; i < spins && Atomics.load(words, generation) === mine; i++);
      while (Atomics.load(words, generation) === mine) {
        if (Atomics.load(words, failed) !== 0) return false;
        Atomics.wait(words, generation, mine, sleepMilliseconds);
      }
    }
    return Atomics.load(words, failed) === 0;
  };
};
