import { describe, expect, it } from 'vitest';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { labelNames } from '../../src/model/model.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { openModel } from '../../src/train/inference.js';
import { makePlan } from '../../src/train/plan.js';
import { richModel, richNetworks } from './rich.js';
import { planOf, run } from './steps.js';
import { toyData, trainToy } from './toy.js';

const coupled = [
  ['batch norm', richNetworks.norm],
  ['in-batch negatives', richNetworks.towers],
  ['batch norm over a sequence', richNetworks.dice],
] as const;

const train = 'optimizer: adam(0.01), batch: 10, epochs: 1, l2: 0.01, clip_norm: 0.5';

describe('a graph whose rows depend on each other', () => {
  it.each(coupled)('is blind to padding: %s', async (_, network) => {
    const model = richModel({ network, train });
    const data = toyData(model, { train: 10, vocabulary: 9 });
    const exact = await run(model, data, planOf(1, 10), 5);
    expect(await run(model, data, planOf(1, 16), 5)).toEqual(exact);
    expect(exact.losses.every(Number.isFinite)).toBe(true);
  });

  it.each(coupled)('has one shard, however large the batch: %s', (_, network) => {
    const model = richModel({ network });
    const [step, inference] = [stepGraph(model), inferenceGraph(model, labelNames(model))];
    expect(makePlan(100_000, step, inference)).toMatchObject({ shards: 1, shardRows: 100_000 });
    expect(makePlan(100_000, { ...step, isRowLocal: true }, inference).shards).toBeGreaterThan(1);
  });

  it.each(coupled)('has shards of the same rows where there are fewer than a batch: %s', (_, network) => {
    const model = richModel({ network, train: 'optimizer: sgd(0.1), batch: 65536, coupled: shard' });
    const [step, inference] = [stepGraph(model), inferenceGraph(model, labelNames(model))];
    const { batch } = model.train;
    const { shards, shardRows } = makePlan(batch, step, inference, model.train);
    expect(shards).toBeGreaterThan(2);
    const planFor = (rows: number) => makePlan(batch, step, inference, model.train, rows);
    expect(planFor(shardRows + 1)).toMatchObject({ batch: shardRows + 1, shards: 2, shardRows });
    expect(planFor(2 * shardRows)).toMatchObject({ shards: 2, shardRows });
    expect(planFor(shardRows - 1)).toMatchObject({ shards: 1, shardRows: shardRows - 1 });
  });

  it('refuses a plan of several', async () => {
    const model = richModel({ network: richNetworks.norm });
    const data = toyData(model, { train: 10, vocabulary: 9 });
    await expect(run(model, data, planOf(2, 5))).rejects.toThrow('cannot be cut into shards');
  });
});

describe('states', () => {
  const model = richModel({
    network: richNetworks.norm,
    train: 'optimizer: adam(0.3), batch: 16, epochs: 12, stop: no_improvement(patience: 2), monitor: log_loss',
  });
  const names = model.network.states.map(({ name }) => name);

  it('move by the momentum towards the statistics of the batch', async () => {
    const data = toyData(model, { train: 10, vocabulary: 9 });
    const [one, two] = [await run(model, data, planOf(1, 10), 1), await run(model, data, planOf(1, 10), 2)];
    expect(one.weights.states.map(({ name }) => name)).toEqual(names);
    expect(two.weights.states).not.toEqual(one.weights.states);
  });

  it('are kept with the best weights, and read where the model is applied', async () => {
    const data = toyData(model, { vocabulary: 9 });
    const { weights, history, bestEpoch, state, step } = await trainToy(model, data);
    expect(bestEpoch).toBeLessThan(history.length);
    expect(step).toBeGreaterThan(0);
    expect(state.states.map(({ name }) => name)).toEqual(names);
    expect(state.dense.some(({ name }) => names.includes(name))).toBe(false);
    const graph = inferenceGraph(model, labelNames(model));
    const apply = async (given: typeof weights) => {
      const inference = await openModel({ model, graph, weights: given, engine: createReferenceEngine() });
      return inference.evaluate(data.valid);
    };
    expect(await apply(weights)).toEqual(history[bestEpoch! - 1]!.validation);
    const last = state.states.map(({ name, shape, read }) => ({ name, shape, values: read(0, shape[0] ?? 1) }));
    expect(await apply({ ...weights, states: last })).not.toEqual(history[bestEpoch! - 1]!.validation);
    await expect(apply({ ...weights, states: [] })).rejects.toThrow(`the model needs the weight ${names[0]!}`);
  });

  it('keep their first values where no label depends on them', async () => {
    const model = richModel({ network: richNetworks.beside, more: 'outputs: [u, y]' });
    const { weights } = await run(model, toyData(model, { vocabulary: 9 }), planOf(1, 70), 2);
    const valuesOf = (name: string) => [...weights.states.find((state) => state.name === name)!.values];
    expect(valuesOf('u.batch_norm.mean')).toEqual([0, 0, 0]);
    expect(valuesOf('u.batch_norm.variance')).toEqual([1, 1, 1]);
    expect(weights.states.some(({ name, values }) => name.startsWith('y.') && [...values].every((value) => value !== 0))).toBe(
      true,
    );
    const graph = inferenceGraph(model);
    expect(graph.states.map(({ name }) => name)).toEqual(weights.states.map(({ name }) => name));
  });

  it('appear in checkpoints, which are of a moment', async () => {
    const data = toyData(model, { vocabulary: 9 });
    const seen: number[] = [];
    await trainToy(model, data, {
      checkpointSeconds: 0,
      onCheckpoint: ({ state: { states } }) => void seen.push(...states.flatMap(({ read }) => [...read(0, 1)])),
    });
    expect(seen.length).toBeGreaterThan(0);
    // A mean begins at 0, a variance at 1.
    for (const value of seen) expect([0, 1]).not.toContain(value);
  });
});

describe('a label with a loss of its own', () => {
  it('has no validation loss, and is monitored by a metric', async () => {
    const model = richModel({ network: richNetworks.towers, train: 'optimizer: adam(0.02), batch: 16, epochs: 3, monitor: auc' });
    const { history, bestEpoch } = await trainToy(model, toyData(model, { vocabulary: 9, train: 200 }));
    expect(history.map(({ validation }) => Object.keys(validation!))).toEqual(new Array(3).fill(['rows', 'metrics']));
    const values = history.map(({ validation }) => validation!.metrics.auc!);
    expect(bestEpoch).toBe(values.indexOf(Math.max(...values)) + 1);
  });
});
