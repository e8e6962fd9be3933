import { expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { firstKink } from './kit/kinks.js';
import type { Cell } from './kit/results.js';
import { agreementPage } from './kit/page-of-agreement.js';
import { subjectsOf } from './kit/subjects.js';

const cell = (model: string, target: string, rest: Partial<Cell> = {}): Cell => ({
  model,
  real: true,
  backend: 'onnxruntime',
  target,
  predictions: 1e-8,
  ...rest,
});

test('the page says what was measured and what was left out', () => {
  const models = ['a A', 'b B', 'c C'];
  const cells = [
    ...['a A', 'b B', 'gone G'].map((model) => cell(model, 'engine')),
    ...models.map((model) => cell(model, 'onnx')),
  ];
  const page = agreementPage(cells, { onnxruntime: 'version 1' }, models);
  expect(page).toContain('- onnxruntime: engine: 2 of 3 models (all but c C); onnx: all 3 models');
  expect(page).toContain('- tfjs webgpu: engine, typescript, tfjs live, tfjs graph model: not measured');
  expect(page).not.toContain('gone G');
  expect(page).toContain('## Beyond the tolerance\n\nNothing.');
});

test('the page says of what is beyond the tolerance what was seen of it, and no more', () => {
  const kink = { step: 13, before: 5e-8, row: 27, unit: 3, units: 64, wanted: 3e-9, given: -5e-9 };
  const cells = [
    cell('a A', 'engine', { steps: { sgd: 2e-5, adam: 1e-4 }, kinks: { adam: kink } }),
    cell('b B', 'engine', { predictions: 'TypeError' }),
    ...['tfjs live', 'typescript'].map((target) =>
      cell('c C', target, { backend: 'tfjs cpu', steps: { sgd: 1e-8, adam: 1e-4 } }),
    ),
    cell('c C', 'engine', { backend: 'tfjs cpu', steps: { sgd: 1e-8, adam: 1e-4 }, kinks: { adam: kink } }),
  ];
  const page = agreementPage(cells, {}, ['a A', 'b B', 'c C']);
  expect(page).toContain('- c C, tfjs cpu, tfjs live, Adam, **1e-4**: the live object runs the kernels of the engine, which');
  expect(page).toContain('- c C, tfjs cpu, typescript, Adam, **1e-4**: not explained.');
  expect(page).toContain('- a A, onnxruntime, engine, SGD, **2e-5**: not explained.');
  expect(page).toMatch(
    /- a A, onnxruntime, engine, Adam, \*\*1e-4\*\*: in the first 12 steps .* agree to 5e-8; in step 13 .*row 27, unit 3 of 64/,
  );
  expect(page).toContain('- b B, onnxruntime, engine, predictions, **fails**: not explained.');
});

test('a kink is found in the step, row and unit where an engine has another sign', async () => {
  const exact = createReferenceEngine();
  const { by } = await subjectsOf('test/target/typescript/shop.rec', 'Towers');
  let runs = 0;
  /** Turns the sign of one relu's input in the fourth step. */
  const turning: typeof exact = {
    ...exact,
    prepare: async (graph, options) => {
      const session = await exact.prepare(graph, options);
      const { nodes, outputs }: Graph = graph.graph;
      const input = nodes.find(({ kind }) => kind === 'relu')?.inputs[0];
      const name = Object.keys(outputs).find((key) => key.startsWith('relu') && outputs[key] === input);
      const run = async (): Promise<void> => {
        await session.run();
        const values = name === undefined ? undefined : session.outputs[name];
        if (++runs === 4 && values?.[7] !== undefined) values[7] = values[7] > 0 ? -1e-9 : 1e-9;
      };
      return { ...session, run };
    },
  };
  expect(await firstKink(exact, by.adam, 1e-5)).toBeUndefined();
  expect(await firstKink(turning, by.adam, 1e-5)).toMatchObject({ step: 4, before: 0, row: 1, unit: 2, units: 5 });
});
