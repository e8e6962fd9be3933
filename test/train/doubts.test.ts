import { expect, test } from 'vitest';
import { doubtsOf } from '../../src/train/doubts.js';
import { makePlan } from '../../src/train/plan.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { richModel } from './rich.js';

const doubts = (train: string, network = 'y = linear(user, 1)', rows = 40): readonly string[] => {
  const model = richModel({ network, train: `batch: 10, ${train}` });
  const step = stepGraph(model);
  const plan = makePlan(model.train.batch, step, inferenceGraph(model), model.train, rows);
  return doubtsOf({ train: model.train, step, plan, rows });
};

test.each([
  [
    'a warm-up as long as the run',
    'epochs: 2, schedule: constant(warmup: steps(8))',
    /`warmup` takes 8 steps, but all 2 epochs have 8 steps/,
  ],
  ['steps longer than the run', 'epochs: 2, schedule: step(every: steps(8))', /`every` takes 8 steps/],
  ['more batches to an update than there are', 'accumulate: 5', /`accumulate: 5`, but an epoch has 4 batches/],
  ['shards where no row depends on another', 'coupled: shard', /`coupled: shard` changes nothing/],
])('%s', (_, train, message) => {
  const found = doubts(train);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test.each([
  ['a warm-up one step shorter', 'epochs: 2, schedule: constant(warmup: steps(7))', undefined],
  ['a fall in the last step', 'epochs: 2, schedule: step(every: steps(7))', undefined],
  ['as many batches as there are', 'accumulate: 4', undefined],
  ['shards where rows meet', 'coupled: shard', 'h = linear(user, 2)\ny = linear(batch_norm(h), 1)'],
])('none about %s', (_, train, network) => {
  expect(doubts(train, network)).toEqual([]);
});
