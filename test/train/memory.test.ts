import { expect, test } from 'vitest';
import type { Session } from '../../src/train/engine.js';
import { planLayout } from '../../src/train/layout.js';
import { reserve } from '../../src/train/memory.js';

const layout = planLayout({
  parameters: [],
  states: [],
  tables: [{ name: 'user', rows: 1_000_000, dim: 16, l2: 0, initializer: { kind: 'constant', value: 0 } }],
  sites: [],
  plan: { batch: 16, shards: 1, shardRows: 16, inferenceRows: 16 },
  rows: [],
  optimizer: {
    embeddings: { rule: 'adagrad', parameters: { learning_rate: 0.1 }, exact: false },
    rest: { rule: 'sgd', parameters: { learning_rate: 0.1 }, exact: false },
    parts: {},
  },
});

const session = (loss: Float32Array | Float64Array): Session => ({
  rows: 16,
  inputs: {},
  outputs: { loss },
  run: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

test.each([
  [
    'float32',
    new Float32Array(1),
    /^training needs 0\.12 GiB \(optimizer state 0\.06 GiB, tables 0\.06 GiB\), but there is room for 0\.00 GiB/,
  ],
  [
    'float64',
    new Float64Array(1),
    /^training needs 0\.24 GiB \(optimizer state 0\.12 GiB, tables 0\.12 GiB\), but there is room for 0\.00 GiB/,
  ],
])('a machine too small for %s is refused with the sum', (_, loss, message) => {
  expect(() => reserve(layout, session(loss), 2 ** 26)).toThrow(message);
});

test('the copy of the best weights counts', () => {
  const { floats } = reserve(layout, session(new Float32Array(1)), 2 ** 28);
  expect(floats.length).toBeGreaterThanOrEqual(2 * 16e6);
  expect(() => reserve(layout, session(new Float32Array(1)), 150e6)).toThrow('there is room for 0.08 GiB');
});
