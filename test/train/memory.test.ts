import { expect, test } from 'vitest';
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

test.each([
  [
    'float32',
    false,
    /^training needs 0\.18 GiB \(optimizer state 0\.06 GiB, tables 0\.06 GiB, best weights 0\.06 GiB\), but there is room for 0\.06 GiB/,
  ],
  [
    'float64',
    true,
    /^training needs 0\.36 GiB \(optimizer state 0\.12 GiB, tables 0\.12 GiB, best weights 0\.12 GiB\), but there is room for 0\.06 GiB/,
  ],
])('a machine too small for %s is refused with the sum', (_, isFloat64, message) => {
  expect(() => reserve(layout, isFloat64, [], 2 ** 26)).toThrow(message);
});

test('the copy of the best weights counts', () => {
  const { floats } = reserve(layout, false, [], 2 ** 28);
  expect(floats.length).toBeGreaterThanOrEqual(2 * 16e6);
  expect(() => reserve(layout, false, [], 150e6)).toThrow('best weights 0.06 GiB), but there is room for 0.14 GiB');
});
