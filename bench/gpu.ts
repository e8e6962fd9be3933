import { loadEngine } from '../src/train/engines/index.js';
import { nothingReached } from '../src/train/position.js';
import { timeSteps } from '../src/train/timing.js';
import { startCrew } from '../src/train/train.js';
import { prepareSubject, type StepSubject } from './subject.js';

export interface GpuRequest {
  readonly engine: string;
  readonly softwareGpu: boolean;
  readonly subject: StepSubject;
  readonly steps: number;
}

export interface GpuResult {
  readonly about: string;
  /** Of a whole step. */
  readonly milliseconds: number;
  /** Of the first steps of a small model, to compare. */
  readonly losses: readonly number[];
}

const small: StepSubject = { batch: 64, rows: 100, fields: 3, dim: 8, cross: 1, deep: [16], exact: false, threads: 1 };
const comparedSteps = 20;

async function run({ engine: name, softwareGpu, subject, steps }: GpuRequest): Promise<GpuResult> {
  const engine = await loadEngine(name, { softwareGpu });
  const { crew } = await startCrew({ ...prepareSubject(small), engine, seed: 1, threads: 1 });
  const losses: number[] = [];
  try {
    crew.beginEpoch(1, nothingReached);
    for (let i = 0; i < comparedSteps; i++)
      losses.push((await crew.run({ from: i, to: i + 1, before: 0 }, () => false)).lastLoss);
  } finally {
    await crew.close();
  }
  const { model, data } = prepareSubject(subject);
  const { step } =
    steps === 0 ? { step: NaN } : await timeSteps({ model, data, engine, threads: subject.threads }, steps, Math.min(5, steps));
  return { about: engine.describe(), milliseconds: step, losses };
}

const [given] = process.argv.slice(2);
if (given !== undefined) {
  const answer = await run(JSON.parse(given) as GpuRequest).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  console.log(`\n${JSON.stringify(answer)}`);
}
