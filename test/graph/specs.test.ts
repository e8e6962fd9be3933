import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { inferenceStages, stepGraph, stepStages, type Stage } from '../../src/graph/pipeline.js';
import { check } from '../../src/model/check.js';
import { expectClose } from './numbers.js';
import { batchOf } from './rows.js';
import { specOf, steps } from './specs.js';
import type { CheckedModel } from '../../src/model/model.js';

const choices = { lengths: { history: [2, 0, 3] }, weights: [1, 2, 0] };

/** Runs the graph after the tables are cut out, and the last one; they say the same. */
function expectRuns(model: CheckedModel, stages: readonly Stage[], seed: number): void {
  const graphs = [stages.find(({ name }) => name === 'cut-tables'), stages.at(-1)].flatMap((stage) => stage?.graph ?? []);
  const { values, rows } = batchOf(model, graphs, seed, choices);
  const [before = {}, after = {}] = graphs.map((graph) => interpret(graph, values, rows));
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (const [name, { data, shape }] of Object.entries(before)) {
    expect(after[name]?.shape).toEqual(shape);
    expect([...data].filter(Number.isNaN), name).toEqual([]);
    // Of large numbers, or differences of them, the last digits are no more than noise.
    if (!data.some((value) => Number.isFinite(value) && Math.abs(value) >= 1e6)) expectClose(after[name]?.data ?? [], data, 1e-6);
  }
}

/** Joined rows are another input. */
const ofOneInterface = (stages: readonly Stage[]): readonly Stage[] => stages.filter(({ name }) => name !== 'join-rows');

test('what the checker accepts can be lowered, differentiated, simplified and run', { timeout: 60_000 }, () => {
  let accepted = 0;
  const refused: string[] = [];
  fc.assert(
    fc.property(steps, fc.nat(100), (numbers, seed) => {
      const text = specOf(numbers);
      const { models, diagnostics } = check({ path: 'random.rec', text });
      const [model] = models;
      if (!model) {
        refused.push(`${diagnostics.find(({ severity }) => severity === 'error')?.message ?? ''}\n${text}`);
        return;
      }
      accepted++;
      expectRuns(model, ofOneInterface(stepStages(model)), seed);
      expectRuns(model, ofOneInterface(inferenceStages(model)), seed);
      expect(stepGraph(model).sites.length).toBeLessThanOrEqual(model.network.sites.length);
    }),
    { seed: 17, numRuns: 40 },
  );
  expect(accepted, refused.slice(0, 3).join('\n\n')).toBeGreaterThan(35);
});
