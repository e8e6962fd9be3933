import { check } from '../src/model/check.js';
import { loadEngine } from '../src/train/engines/index.js';
import { syntheticData } from '../src/train/synthetic.js';
import { timeSteps } from '../src/train/timing.js';

/** The model of the comparison: 6 categories × 32, one full cross layer, mlp [192, 192], squared error, Adam 1e-3. */
const spec = (batch: number, exact: boolean): string => `
model Step {
  features { a: category, b: category, c: category, d: category, e: category, f: category }
  label y: number
  embeddings { dim: 32 }
  cross { depth: 1 }
  deep { units: [192, 192] }
  train { optimizer: adam(1e-3${exact ? ', exact' : ''}), batch: ${String(batch)} }
}`;

export interface Timed {
  readonly milliseconds: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly workers: number;
}

/** Median milliseconds of a training step on random rows. */
export async function timeStep(batch: number, vocabulary: number, threads: number, exact: boolean): Promise<Timed> {
  const checked = check({ path: 'step.rec', text: spec(batch, exact) });
  const [model] = checked.models;
  if (!model) throw new Error(checked.diagnostics.map((d) => d.message).join('\n'));
  const data = syntheticData(model, { train: 8 * batch, vocabulary, seed: 1 });
  const steps = Math.max(30, Math.min(400, Math.round(150_000 / batch)));
  const { step, phases, workers } = await timeSteps({ model, data, engine: await loadEngine('onnxruntime'), threads }, steps);
  return { milliseconds: step, phases: { ...phases }, workers };
}

const [batch, vocabulary, threads, exact] = process.argv.slice(2);
if (batch !== undefined)
  console.log(JSON.stringify(await timeStep(Number(batch), Number(vocabulary), Number(threads), exact === 'exact')));
