import { loadEngine } from '../src/train/engines/index.js';
import { timeSteps } from '../src/train/timing.js';
import type { StepSubject } from './subject.js';
import { boundsOf, prepareSubject, rowBytes } from './subject.js';

export interface TimedStep {
  /** Median of a whole step. */
  readonly milliseconds: number;
  /** Mean milliseconds of a worker by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly workers: number;
  /** Most memory that the process held, in bytes. */
  readonly memory: number;
  /** Multiply-adds of a step's products. */
  readonly multiplyAdds: number;
  /** Bytes that a step reads and writes outside the engine. */
  readonly bytes: number;
  /** Weights and moments of the tables, in bytes. */
  readonly tableBytes: number;
}

const wantedMilliseconds = 1000;
const [fewestSteps, mostSteps] = [8, 400];

/** A rough guess, to choose how many steps are measured. */
const guessedMilliseconds = ({ batch, cross, deep, exact, rows, fields, dim }: StepSubject): number =>
  0.4 + batch * 0.0016 * (cross + deep.length) + (exact ? (rows * fields * rowBytes(dim) * 2) / 1e7 : 0);

/** Time of a training step on random rows, enough of them that no row of a large table is still in a cache when it comes again. */
export const timeStep = async (subject: StepSubject): Promise<TimedStep> => {
  const { model, data } = prepareSubject(subject);
  const steps = Math.max(fewestSteps, Math.min(mostSteps, Math.round(wantedMilliseconds / guessedMilliseconds(subject))));
  const engine = await loadEngine('onnxruntime');
  const { step, phases, workers } = await timeSteps(
    { model, data, engine, threads: subject.threads },
    steps,
    Math.min(20, steps),
  );
  const memory = process.resourceUsage().maxRSS * 1024;
  return { milliseconds: step, phases: { ...phases }, workers, memory, ...boundsOf(subject, model) };
};

const [given] = process.argv.slice(2);
if (given !== undefined) console.log(JSON.stringify(await timeStep(JSON.parse(given) as StepSubject)));
