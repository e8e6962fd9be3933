import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { createRowFile, openRowFile, type RowFile } from '../../src/data/row-file.js';
import type { EncodedData, EncodedRows } from '../../src/encode/program.js';
import { summaryOf } from '../../src/encode/row-groups.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel } from '../../src/model/model.js';
import { labelNames } from '../../src/model/model.js';
import { openRun } from '../../src/run/read.js';
import { createRun } from '../../src/run/write.js';
import { loadEngine } from '../../src/train/engines/index.js';
import { openModel } from '../../src/train/inference.js';
import { measure } from '../../src/train/metrics.js';
import { makePlan, stepsOfEpoch, type Plan, type WindowPlan } from '../../src/train/plan.js';
import { positionOf } from '../../src/train/position.js';
import { viewsOf } from '../../src/train/state.js';
import { checkpointOf, exactTensorsOf } from '../../src/train/tensors.js';
import { train, type TrainOptions, type TrainResult } from '../../src/train/train.js';
import { copyWeights } from '../../src/train/weights.js';
import { openWindows, planWindows, scoreSplit, windowsOfEpoch } from '../../src/train/windows.js';
import { memoryFiles } from '../run/memory-files.js';
import { contents } from '../run/samples.js';
import { toyData, toyModel } from './toy.js';
import { watched } from './watched.js';

const engine = await loadEngine('onnxruntime');

type Stored = Dataset & { readonly file: RowFile };

/** The rows in a file of groups, as if they were too many for memory. */
const storedIn = async (data: EncodedData, groupRows: number, budget: number): Promise<Stored> => {
  const folder = await mkdtemp(join(tmpdir(), 'reccompile-test-'));
  const path = join(folder, 'toy.rows');
  const writer = await createRowFile(path, groupRows);
  for (const split of ['train', 'valid', 'test'] as const) await writer.append(split, data[split]);
  await writer.finish({ key: '', counts: data.counts, warnings: [], outside: [] }, data.state);
  const file = await openRowFile(path);
  onTestFinished(async () => {
    await file.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { program, state, counts } = data;
  const summaries = { train: summaryOf(data.train), valid: summaryOf(data.valid), test: summaryOf(data.test) };
  return { program, state, counts, warnings: [], outside: [], summaries, file, budget, isFromCache: false, close: file.close };
};

const planFor = (model: CheckedModel, rows: number, window: WindowPlan): Plan & { readonly window: WindowPlan } => ({
  ...makePlan(model.train.batch, stepGraph(model), inferenceGraph(model, labelNames(model)), model.train, rows),
  shards: 4,
  shardRows: Math.ceil(model.train.batch / 4),
  window,
});

const trainStored = async (
  model: CheckedModel,
  dataset: Stored,
  window: WindowPlan,
  options: Partial<TrainOptions> = {},
): Promise<TrainResult> => {
  const plan = planFor(model, dataset.file.summaries.train.rows, window);
  const { seed, shuffle: shuffles } = model.train;
  const windows = await openWindows({ dataset, plan, seed, shuffles });
  return train({ model, data: windows.data, windows, plan, engine, threads: 1, ...options });
};

const bitsOf = ({ history, state, step }: TrainResult) => ({
  step,
  weights: copyWeights(state),
  history: history.map(({ loss, validation }) => ({ loss, validation })),
});

/** The same rows with so many tags in each. */
const withTags = (rows: EncodedRows, lengthOf: (row: number) => number): EncodedRows => {
  const offsets = new Int32Array(rows.rows + 1);
  for (let row = 0; row < rows.rows; row++) offsets[row + 1] = (offsets[row] ?? 0) + lengthOf(row);
  const ids = Int32Array.from({ length: offsets[rows.rows] ?? 0 }, (_, i) => (i * 7) % 4);
  return { ...rows, bags: { ...rows.bags, tags: { ids, offsets } } };
};

const model = toyModel({ label: 'binary', metrics: 'auc', train: 'optimizer: adam(0.02), batch: 32, epochs: 3' });

describe('the windows of an epoch', () => {
  const window = { groups: 3, groupRows: 10 };
  const sizes = [10, 10, 10, 10, 10, 10, 10, 4];

  it('hold every group once, in an order of their own, with as many steps in every epoch', () => {
    const orders = [1, 2, 3].map((epoch) => {
      const windows = windowsOfEpoch(sizes, { batch: 8, window }, 7, epoch, true);
      expect(windows.map(({ rows }) => rows)).toEqual([30, 30, 14]);
      expect(windows.at(-1)?.to).toBe(stepsOfEpoch({ batch: 8, window }, 74));
      const groups = windows.flatMap(({ groups }) => groups);
      expect([...groups].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(groups.at(-1)).toBe(7);
      return groups.join();
    });
    expect(new Set(orders).size).toBe(3);
    expect(windowsOfEpoch(sizes, { batch: 8, window }, 7, 2, true)).toEqual(
      windowsOfEpoch(sizes, { batch: 8, window }, 7, 2, true),
    );
  });

  it('keep the order of the rows where nothing is shuffled', () => {
    const windows = windowsOfEpoch(sizes, { batch: 8, window }, 7, 2, false);
    expect(windows.map(({ groups }) => groups)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  it('are as large as the budget lets them be, and hold a batch', async () => {
    const data = toyData(model, { train: 1000, valid: 10 });
    const dataset = await storedIn(data, 16, 0);
    const groupsOf = (budget: number, batch = 1): number => planWindows({ ...dataset, budget }, batch).groups;
    expect(groupsOf(0)).toBe(1);
    expect(groupsOf(0, 100)).toBe(7);
    expect(groupsOf(20_000)).toBeGreaterThan(3);
    expect(groupsOf(20_000)).toBeLessThan(40);
    expect(groupsOf(1e9)).toBe(63);
  });
});

describe('rows that stay in a file', { timeout: 120_000 }, () => {
  it('give the same bits with 1 and 2 workers, whatever is validated at once', async () => {
    const data = toyData(model, { train: 900, valid: 300 });
    const window = { groups: 5, groupRows: 32 };
    const one = bitsOf(await trainStored(model, await storedIn(data, 32, 5000), window));
    const two = bitsOf(await trainStored(model, await storedIn(data, 32, 5000), window, { threads: 2 }));
    const all = bitsOf(await trainStored(model, await storedIn(data, 32, 1e9), window));
    expect(two).toEqual(one);
    expect(all).toEqual(one);
    expect(one.step).toBe(3 * stepsOfEpoch({ batch: 32, window }, 900));
    const other = bitsOf(await trainStored(model, await storedIn(data, 32, 5000), { ...window, groups: 6 }));
    expect(other.weights).not.toEqual(one.weights);
  });

  it('validate bags that are longer in one part than in the others', async () => {
    const short = toyData(model, { train: 300, valid: 400 });
    for (const length of [3, 20]) {
      const lengths = Array.from({ length: 400 }, (_, row) => (row < 64 ? length : 1));
      const data = { ...short, train: withTags(short.train, () => 2), valid: withTags(short.valid, (row) => lengths[row] ?? 0) };
      const window = { groups: 3, groupRows: 32 };
      for (const threads of [1, 2]) {
        const parts = await trainStored(model, await storedIn(data, 32, 5000), window, { threads });
        const all = await trainStored(model, await storedIn(data, 32, 1e9), window, { threads });
        expect(bitsOf(parts)).toEqual(bitsOf(all));
      }
    }
  });

  it('one window of all rows learns what the same rows in memory do', async () => {
    const ordered = toyModel({
      label: 'binary',
      metrics: 'auc',
      train: 'optimizer: adam(0.02), batch: 32, epochs: 2, shuffle: false',
    });
    const data = toyData(ordered, { train: 500, valid: 200 });
    const window = { groups: 16, groupRows: 32 };
    const plan = planFor(ordered, 500, window);
    const memory = await train({ model: ordered, data, plan: { ...plan }, engine, threads: 1 });
    expect(bitsOf(await trainStored(ordered, await storedIn(data, 32, 5000), window))).toEqual(bitsOf(memory));
    const small = await trainStored(ordered, await storedIn(data, 32, 5000), { groups: 3, groupRows: 32 });
    expect(bitsOf(small)).toEqual(bitsOf(memory));
  });

  it('a small window learns as much as memory for all', async () => {
    const data = toyData(model, { train: 4000, valid: 1000 });
    const aucOf = ({ history }: TrainResult): number => history.at(-1)?.validation?.metrics.auc ?? NaN;
    const memory = aucOf(await train({ model, data, engine, threads: 1 }));
    const streamed = aucOf(await trainStored(model, await storedIn(data, 64, 10_000), { groups: 6, groupRows: 64 }));
    expect(memory).toBeGreaterThan(0.9);
    expect(Math.abs(streamed - memory)).toBeLessThan(0.02);
  });

  it('go on in the middle of a window', async () => {
    const even = toyData(model, { train: 900, valid: 100 });
    const data = { ...even, train: withTags(even.train, (row) => (row % 97 === 0 ? 40 : row % 4)) };
    const window = { groups: 5, groupRows: 32 };
    const dataset = await storedIn(data, 32, 5000);
    const whole = bitsOf(await trainStored(model, dataset, window));
    // Five steps a window, 29 an epoch: within a window, between two, and in the second epoch.
    for (const step of [8, 10, 29 + 12]) {
      const stop = new AbortController();
      const first = await trainStored(model, dataset, window, {
        engine: watched(engine, 4, step, () => {
          stop.abort();
        }),
        signal: stop.signal,
      });
      expect([first.status, first.step]).toEqual(['interrupted', step]);
      const files = memoryFiles();
      const best = first.position.best && first.kept.kind === 'copy' && { best: exactTensorsOf(viewsOf(first.kept.weights)) };
      await (await createRun(files, 'run', contents)).checkpoints.write({ ...checkpointOf(first), ...best });
      const state = await (await openRun(files, 'run')).checkpoint('all');
      if (state?.progress === undefined) throw new Error('there is no checkpoint');
      const resume = { position: positionOf(state.progress), state, ...(state.best && { best: state.best }) };
      for (const threads of [1, 2])
        expect(bitsOf(await trainStored(model, await storedIn(data, 32, 5000), window, { resume, threads }))).toEqual(whole);
    }
  });

  it('are scored part by part as they are all at once', async () => {
    const data = toyData(model, { train: 200, valid: 0, test: 500 });
    const dataset = await storedIn(data, 32, 4000);
    const { state } = await train({ model, data, engine, threads: 1 });
    const inference = await openModel({
      model,
      graph: inferenceGraph(model, labelNames(model)),
      weights: copyWeights(state),
      engine,
    });
    const { logits, labels } = await scoreSplit({ dataset, split: 'test', predict: (rows) => inference.predictRows(rows) });
    expect(measure(model, logits, labels)).toEqual(await inference.evaluate(data.test));
    await inference.close();
  });
});
