import { expect, test } from 'vitest';
import { stepGraph } from '../../src/graph/pipeline.js';
import { cutIntoShards, rowsTogether } from '../../src/graph/shards.js';
import { richModel, richNetworks } from '../train/rich.js';

const together = (network: keyof typeof richNetworks, train: string): number => {
  const model = richModel({ network: richNetworks[network], train: `optimizer: sgd(0.1), epochs: 1, ${train}` });
  return rowsTogether(model.train, () => stepGraph(model));
};

test.each([
  ['attention', 'batch: 64, accumulate: 2, coupled: shard', Infinity],
  ['norm', 'batch: 64', Infinity],
  ['norm', 'batch: 64, coupled: batch', Infinity],
  ['norm', 'batch: 64, coupled: shard', 64],
  ['norm', 'batch: 64, accumulate: 2', 64],
  ['towers', 'batch: 64, accumulate: 4, coupled: shard', 64],
] as const)('rows of %s with %s that see each other: %d', (network, train, rows) => {
  expect(together(network, train)).toBe(rows);
});

test('a large batch is cut for `coupled: shard` as training cuts it', () => {
  const model = richModel({ network: richNetworks.norm, train: 'optimizer: sgd(0.1), batch: 16384, epochs: 1, coupled: shard' });
  const step = stepGraph(model);
  const { shards, shardRows } = cutIntoShards(16_384, step, model.train);
  expect(shards).toBeGreaterThan(1);
  expect(rowsTogether(model.train, () => step)).toBe(shardRows);
});
