import { describe, expect, it } from 'vitest';
import { stepGraph } from '../../src/graph/pipeline.js';
import { makePlan } from '../../src/train/plan.js';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import { labelNames } from '../../src/model/model.js';
import { loadEngine } from '../../src/train/engines/index.js';
import type { TrainResult } from '../../src/train/train.js';
import { train } from '../../src/train/train.js';
import { arrays, planOf, run } from './steps.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

const everything = (more = ''): ReturnType<typeof toyModel> =>
  toyModel({
    label: 'binary',
    metrics: 'log_loss',
    network: 'cross { depth: 1 } deep { units: [8], dropout: 0.2, norm: batch_norm }',
    train: `optimizer: { embeddings: adam(0.01, epsilon: 1e-3), rest: adamw(0.01, epsilon: 1e-3) }, batch: 16, accumulate: 4,
      epochs: 4, ema: 0.9, clip_norm: 0.5, l2: 0.01, ${more}`,
  });

const cosine = 'schedule: cosine(warmup: steps(3), to: 0.1)';

/** All that a run says and has learned, to the last bit. */
const bitsOf = (result: TrainResult) => ({
  values: allValues(result),
  slots: [...result.state.denseSlots, ...result.state.tableSlots].flatMap(({ read, shape }) => [...read(0, shape[0] ?? 1)]),
  history: result.history.map(({ loss, validation, learningRateFactor }) => ({ loss, validation, learningRateFactor })),
});

describe('batch norm, dropout, averages, accumulation, a schedule, decay and one norm together', { timeout: 60_000 }, () => {
  it.each([
    ['a cosine', cosine],
    ['a plateau', 'schedule: plateau(factor: 0.3)'],
    ['coupled shards', `${cosine}, coupled: shard`],
  ])('give the same bits with 1, 2 and 4 workers: %s', async (_, more) => {
    const model = everything(more);
    const data = toyData(model, { train: 300, valid: 100 });
    const engine = await loadEngine('onnxruntime');
    const first = await train({ model, data, engine, threads: 1 });
    expect([first.plan.batch, first.plan.shards, first.step]).toEqual([64, 4, 20]);
    expect(first.weights.states.length).toBeGreaterThan(0);
    for (const threads of [2, 4]) {
      const other = await train({ model, data, engine, threads });
      expect(other.engine).toContain(`${threads} threads`);
      expect(bitsOf(other)).toEqual(bitsOf(first));
    }
  });

  it('agree with float64 after 20 steps', async () => {
    const model = everything(cosine);
    const data = toyData(model, { train: 300, valid: 100 });
    const fast = await train({ model, data, engine: await loadEngine('onnxruntime'), threads: 2 });
    const exact = await trainToy(model, data);
    expect([fast.step, exact.step]).toEqual([20, 20]);
    for (const [epoch, { loss, validation }] of fast.history.entries()) {
      const wanted = exact.history[epoch]!;
      expect(Math.abs(loss / wanted.loss - 1)).toBeLessThan(1e-4);
      expect(Math.abs(validation!.loss! / wanted.validation!.loss! - 1)).toBeLessThan(1e-4);
    }
    const values = allValues(exact);
    for (const [i, value] of allValues(fast).entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(1e-4);
  });
});

describe('a plateau', () => {
  it('makes the learning rate smaller from the next epoch on, and says so', async () => {
    const settings = 'optimizer: adam(0.3), batch: 16, epochs: 8';
    const plain = toyModel({ train: settings });
    const data = toyData(plain);
    const { history } = await trainToy(plain, data);
    const slower = (await trainToy(toyModel({ train: `${settings}, schedule: plateau(factor: 0.5)` }), data)).history;
    const first = history.findIndex(({ isBest }) => !isBest);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(7);
    const figures = ({ loss, validation }: (typeof history)[number]) => ({ loss, validation });
    expect(slower.slice(0, first + 1).map(figures)).toEqual(history.slice(0, first + 1).map(figures));
    expect(slower[first + 1]!.loss).not.toBe(history[first + 1]!.loss);
    expect(slower.findIndex(({ learningRateFactor }) => learningRateFactor === 0.5)).toBe(first);
    expect(history.some(({ learningRateFactor }) => learningRateFactor !== undefined)).toBe(false);
  });
});

describe('accumulated batches', () => {
  const sgd = 'optimizer: sgd(1), batch: 5, epochs: 1';
  const rows = 15;

  it('are one larger batch where rows are apart', async () => {
    const train = 'optimizer: adam(0.01), l2: 0.01, epochs: 2';
    const [several, one] = [`${train}, batch: 10, accumulate: 3`, `${train}, batch: 30`].map((text) => toyModel({ train: text }));
    const data = toyData(several!, { train: 70 });
    const [accumulated, whole] = [await trainToy(several!, data), await trainToy(one!, data)];
    expect([accumulated.step, accumulated.plan.batch, accumulated.plan.shards]).toEqual([6, 30, 3]);
    expect(whole.plan).toMatchObject({ batch: 30, shards: 1 });
    const wanted = allValues(whole);
    for (const [i, value] of allValues(accumulated).entries()) expect(value).toBeCloseTo(wanted[i]!, 9);
  });

  it('have statistics of their own, and move weights and states by what each would have, by its rows', async () => {
    const network = 'deep { units: [8], norm: batch_norm }';
    const of = (train: string) => toyModel({ train, network });
    const model = of(`${sgd}, accumulate: 3`);
    const data = toyData(model, { train: rows - 2 });
    const found = arrays(await run(model, data, { ...planOf(3, 5), batch: rows }));
    const alone = await Promise.all(
      [
        [0, 5],
        [5, 10],
        [10, rows - 2],
      ].map(async ([from, to]) => {
        const part = { ...data, train: slice(data.train, from!, to!) };
        return { rows: to! - from!, values: arrays(await run(of(sgd), part, planOf(1, 5))) };
      }),
    );
    for (const [name, values] of found) {
      if (name.startsWith('table.')) continue;
      for (const [i, value] of values.entries())
        expect(value, name).toBeCloseTo(
          alone.reduce((sum, part) => sum + (part.rows / (rows - 2)) * part.values.get(name)![i]!, 0),
          10,
        );
    }
  });

  it('take what there is where that is less', () => {
    const model = toyModel({ train: `${sgd}, accumulate: 3` });
    const [step, inference] = [stepGraph(model), inferenceGraph(model, labelNames(model))];
    const coupled = { ...step, isRowLocal: false };
    const cut = { accumulate: 3 };
    expect(makePlan(5, step, inference, cut, 12)).toMatchObject({ batch: 12, shards: 3, shardRows: 4 });
    expect(makePlan(5, coupled, inference, cut, 12)).toMatchObject({ batch: 12, shards: 3, shardRows: 5 });
    expect(makePlan(5, coupled, inference, cut, 3)).toMatchObject({ batch: 3, shards: 1, shardRows: 3 });
    expect(makePlan(5, coupled, inference, {}, 100)).toMatchObject({ batch: 5, shards: 1, shardRows: 5 });
    const large = makePlan(50_000, coupled, inference, { coupled: 'shard' });
    expect(large).toEqual(makePlan(50_000, { ...step, isRowLocal: true }, inference));
    expect(large.shards).toBeGreaterThan(1);
  });
});

const slice = (data: ReturnType<typeof toyData>['train'], from: number, to: number): typeof data => ({
  rows: to - from,
  ids: Object.fromEntries(Object.entries(data.ids).map(([name, ids]) => [name, ids.slice(from, to)])),
  bags: Object.fromEntries(
    Object.entries(data.bags).map(([name, { ids, offsets }]) => {
      const first = offsets[from]!;
      return [name, { ids: ids.slice(first, offsets[to]), offsets: offsets.slice(from, to + 1).map((at) => at - first) }];
    }),
  ),
  dense: Object.fromEntries(
    Object.entries(data.dense).map(([name, { width, values }]) => [
      name,
      { width, values: values.slice(from * width, to * width) },
    ]),
  ),
  labels: Object.fromEntries(Object.entries(data.labels).map(([name, values]) => [name, values.slice(from, to)])),
});
