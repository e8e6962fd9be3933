import type { EncodedData } from '../../src/encode/program.js';
import type { CheckedModel } from '../../src/model/model.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import type { Plan } from '../../src/train/plan.js';
import { alone, type Share } from '../../src/train/step.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { copyWeights, viewState, type Weights } from '../../src/train/weights.js';

export const planOf = (shards: number, shardRows: number): Plan => ({
  batch: shards * shardRows,
  shards,
  shardRows,
  inferenceRows: 16,
});

export interface Run {
  readonly weights: Weights;
  readonly losses: readonly number[];
}

/** Worker `index` of `of` takes every so many pieces. */
const byTurns = (index: number, of: number): Share => {
  const next = (last: number): number => (last < 0 ? index : last + of);
  return { next, nextAside: next };
};

/** Steps over all rows, with as many workers as there are, one after the other. */
export const run = async (model: CheckedModel, data: EncodedData, plan: Plan, steps = 1, workers = 1): Promise<Run> => {
  const { phases, memory, layout, close } = await prepareTraining({ model, data, engine: createReferenceEngine(), plan });
  const shares = workers === 1 ? [alone] : Array.from({ length: workers }, (_, index) => byTurns(index, workers));
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const batch = { order: undefined, start: 0, count: data.train.rows, step };
    for (const share of shares) phases.fill(batch, share);
    for (const share of shares) await phases.run(batch, share);
    losses.push(phases.loss(batch));
    for (const phase of [phases.merge, phases.clip, phases.update]) for (const share of shares) phase(batch, share);
  }
  await close();
  return { weights: copyWeights(viewState(memory, layout, steps, 1)), losses };
};

/** Every array of weights, by name. */
export const arrays = ({ weights }: Run): ReadonlyMap<string, Float64Array> =>
  new Map([...weights.dense, ...weights.states, ...weights.tables].map(({ name, values }) => [name, Float64Array.from(values)]));
