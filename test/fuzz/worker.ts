import { parentPort, workerData } from 'node:worker_threads';
import { mutantsOf, randomOf } from './mutants.js';
import { faultsOf } from './survives.js';
import { texts } from './texts.js';

/** Cases `first`, `first + step`, … before `end`. */
export interface FuzzWork {
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** The case that is being tried, for who watches that it ends; `end` when there is none left. */
  readonly current: Int32Array;
}

const { seed, first, step, end, current } = workerData as FuzzWork;
const mutant = mutantsOf(texts);
for (let index = first; index < end; index += step) {
  Atomics.store(current, 0, index);
  const text = mutant(randomOf(seed, index));
  const faults = faultsOf(text);
  if (faults.length > 0) parentPort?.postMessage({ index, text, faults });
}
Atomics.store(current, 0, end);
