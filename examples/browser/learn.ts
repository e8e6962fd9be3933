import { takeRows, type TrainingBatch } from '../../generated/movielens-100k/Cross/batch.js';
import { shuffledOrder } from '../../generated/movielens-100k/Cross/random.js';
import type { Gate } from './gate.js';
import type { Outcome, Progress } from './messages.js';
import type { Network } from './networks.js';

export interface Lesson {
  readonly train: TrainingBatch;
  readonly test: TrainingBatch;
  readonly epochs: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Of the order of rows. */
  readonly seed: number;
}

export interface Listener {
  readonly onStep: (progress: Progress) => void;
  readonly onEpoch: (epoch: number, step: number, rmse: number) => void;
}

/** Trains as long as the gate lets it, and measures the test rows after each epoch. Throws where the loss is no number. */
export async function learn(
  network: Network,
  { train, test, epochs, batch, seed }: Lesson,
  gate: Gate,
  { onStep, onEpoch }: Listener,
): Promise<Outcome> {
  const steps = epochs * Math.ceil(train.rows / batch);
  let [step, rows, seconds] = [0, 0, 0];
  const outcome = (rmse: number): Outcome => ({ rmse, testRows: test.rows, seconds, steps: step, complete: step === steps });
  let rmse = NaN;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffledOrder(seed, epoch, train.rows);
    for (let at = 0; at < train.rows; at += batch) {
      if (!(await gate.pass())) return outcome(await network.rmse(test));
      const taken = takeRows(train, order.subarray(at, at + batch));
      const begin = performance.now();
      const loss = await network.step(taken);
      seconds += (performance.now() - begin) / 1000;
      step += 1;
      rows += taken.rows;
      onStep({ step, steps, epoch, epochs, loss, rows, seconds });
      if (!Number.isFinite(loss)) throw new Error(`The loss of step ${step} is ${loss}.`);
    }
    rmse = await network.rmse(test);
    onEpoch(epoch, step, rmse);
  }
  return outcome(rmse);
}
