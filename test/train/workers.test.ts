import { describe, expect, it } from 'vitest';
import type { EncodedData } from '../../src/encode/program.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import { labelNames } from '../../src/model/model.js';
import { loadEngine } from '../../src/train/engines/index.js';
import type { Progress } from '../../src/train/events.js';
import type { Checkpoint } from '../../src/train/checkpoints.js';
import { makePlan, workersFor } from '../../src/train/plan.js';
import { crewSize } from '../../src/train/prepare.js';
import { positionOf } from '../../src/train/position.js';
import { shareRows } from '../../src/train/shared-rows.js';
import { syntheticData } from '../../src/train/synthetic.js';
import type { TrainOptions, TrainResult } from '../../src/train/train.js';
import { train } from '../../src/train/train.js';
import { openRun } from '../../src/run/read.js';
import { createRun } from '../../src/run/write.js';
import { checkpointOf } from '../../src/train/tensors.js';
import { memoryFiles } from '../run/memory-files.js';
import { contents } from '../run/samples.js';
import { richModel, richNetworks } from './rich.js';
import { planOf } from './steps.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

const engine = await loadEngine('onnxruntime');
const plan = planOf(4, 4);

const trainWith = (
  threads: number,
  model: CheckedModel,
  data: EncodedData,
  options: Partial<TrainOptions> = {},
): Promise<TrainResult> => train({ model, data, engine, threads, plan, ...options });

const workersOf = (threads: number, model: CheckedModel, data: EncodedData): number =>
  crewSize({ model, data, engine, threads, plan, step: stepGraph(model) });

/** All that a run says and has learned, to the last bit. */
const bitsOf = ({ history, ...result }: TrainResult) => ({
  step: result.step,
  values: allValues(result),
  slots: [...result.state.denseSlots, ...result.state.tableSlots].flatMap(({ read, shape }) => [...read(0, shape[0] ?? 1)]),
  history: history.map(({ loss, validation }) => ({ loss, validation })),
});

describe('1, 2 and 4 workers', { timeout: 60_000 }, () => {
  it.each([
    ['lazy adam, dropout', 'deep { units: [8], dropout: 0.3 }', 'adam(0.01), l2: 0.01'],
    ['exact adam, one norm', 'cross { depth: 1 } deep { units: [8] }', 'adam(0.01, exact: true), clip_norm: 0.5'],
    ['momentum, each its norm', 'cross { depth: 2 }', 'sgd(0.05, momentum: 0.9), clip_norm: each(0.1)'],
  ])('give the same bits, 3 times each: %s', async (_, network, optimizer) => {
    const model = toyModel({ network, train: `optimizer: ${optimizer}, batch: 16, epochs: 3` });
    const data = toyData(model, { train: 150, valid: 1200 });
    expect([1, 2, 4].map((threads) => workersOf(threads, model, data))).toEqual([1, 2, 4]);
    const first = bitsOf(await trainWith(1, model, data));
    for (const threads of [1, 1, 2, 2, 2, 4, 4, 4]) expect(bitsOf(await trainWith(threads, model, data))).toEqual(first);
  });

  it('give the same bits for sequences and several tables of a feature', async () => {
    const model = richModel({ network: richNetworks.attention, train: 'optimizer: adam(0.01), batch: 16, epochs: 3' });
    const data = toyData(model, { vocabulary: 9 });
    const first = bitsOf(await trainWith(1, model, data));
    for (const threads of [2, 4]) expect(bitsOf(await trainWith(threads, model, data))).toEqual(first);
  });

  it('give the same bits where rows depend on each other: one runs the graph, all update a large table', async () => {
    const model = richModel({ network: richNetworks.norm, train: 'optimizer: adam(0.01, exact: true), batch: 16, epochs: 2' });
    const data = toyData(model, { vocabulary: 60_000 });
    const whole = planOf(1, 16);
    const crew = { model, data, engine, plan: whole, step: stepGraph(model) };
    expect([1, 2, 4].map((threads) => crewSize({ ...crew, threads }))).toEqual([1, 2, 4]);
    const [one, two, four] = await Promise.all([1, 2, 4].map((threads) => trainWith(threads, model, data, { plan: whole })));
    expect(one!.weights.states.length).toBeGreaterThan(0);
    for (const other of [two!, four!]) {
      expect(other.weights).toEqual(one!.weights);
      expect(other.history.map(({ validation }) => validation)).toEqual(one!.history.map(({ validation }) => validation));
    }
  });

  it('agree with float64 after 20 steps', async () => {
    const model = toyModel({
      train: 'optimizer: adam(0.01, epsilon: 1e-3), batch: 16, epochs: 4',
      label: 'binary',
      metrics: 'auc',
    });
    const data = toyData(model, { train: 76 });
    const [fast, exact] = [await trainWith(2, model, data), await trainToy(model, data)];
    expect(fast.step).toBe(20);
    for (const [epoch, { loss, validation }] of fast.history.entries()) {
      expect(Math.abs(loss / exact.history[epoch]!.loss - 1)).toBeLessThan(1e-4);
      expect(Math.abs(validation!.loss! / exact.history[epoch]!.validation!.loss! - 1)).toBeLessThan(1e-4);
    }
    const values = allValues(exact);
    for (const [i, value] of allValues(fast).entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(1e-4);
  });
});

describe('while workers train', { timeout: 60_000 }, () => {
  const model = toyModel({ train: 'optimizer: adam(0.01), batch: 16, epochs: 2' });
  const data = toyData(model, { train: 20_000 });

  it('checkpoints are of a moment, and change nothing', async () => {
    const steps: number[] = [];
    const paused = await trainWith(2, model, data, {
      checkpointSeconds: 0,
      onCheckpoint: async ({ state: { step, tables, dense } }) => {
        const read = (): readonly number[] => [...tables, ...dense].flatMap(({ read: all, shape }) => [...all(0, shape[0]!)]);
        const before = read();
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(read()).toEqual(before);
        steps.push(step);
      },
    });
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(steps.some((step) => step % 1250 !== 0)).toBe(true);
    expect(bitsOf(paused)).toEqual(bitsOf(await trainWith(2, model, data)));
  });

  it('progress is told, and a signal ends the run after the step at hand', async () => {
    const controller = new AbortController();
    const told: Progress[] = [];
    const result = await trainWith(2, model, data, {
      signal: controller.signal,
      onProgress: (at) => {
        told.push(at);
        controller.abort();
      },
    });
    expect(result.status).toBe('interrupted');
    expect(told[0]!.rowsPerSecond).toBeGreaterThan(0);
    expect(result.step).toBeGreaterThanOrEqual(told[0]!.step);
    expect(result.step).toBeLessThan(2500);
    expect(allValues(result).every(Number.isFinite)).toBe(true);
  });

  it('an error of whoever watches ends the run with it', async () => {
    const onProgress = (): void => {
      throw new Error('no more paper');
    };
    await expect(trainWith(2, model, data, { onProgress })).rejects.toThrow('no more paper');
  });

  it.each([2, 4])(
    'a worker that fails ends the run with its error, and what it has learned is saved: %i workers',
    async (threads) => {
      const rows = shareRows(data.train);
      const whole = { ...data, train: shareRows(data.train) };
      const users = rows.ids.user!.slice();
      // Checked before, but no longer a row of the table: the kernels then read beyond the memory.
      const onProgress = (): void => void rows.ids.user!.fill(10_000_000);
      const files = memoryFiles();
      const { checkpoints } = await createRun(files, 'run', contents);
      const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => checkpoints.write(checkpointOf(checkpoint));
      await expect(trainWith(threads, model, { ...data, train: rows }, { onProgress, onCheckpoint })).rejects.toMatchObject({
        name: 'RuntimeError',
        message: 'memory access out of bounds',
      });
      rows.ids.user!.set(users);
      const stored = await (await openRun(files, 'run')).checkpoint('all');
      expect(stored!.step).toBeGreaterThan(0);
      const resume = { position: positionOf(stored!.progress!), state: stored! };
      expect(bitsOf(await trainWith(2, model, whole, { resume }))).toEqual(bitsOf(await trainWith(2, model, whole)));
    },
  );

  it('a loss that is not a number is named with its step', async () => {
    const wild = toyModel({ train: 'optimizer: sgd(1e20), batch: 16, epochs: 5' });
    await expect(trainWith(2, wild, toyData(wild))).rejects.toMatchObject({
      name: 'TrainError',
      code: 'not-finite',
      message: expect.stringMatching(/^the loss is \S+ at step \d+ \(epoch \d\): .*; try a smaller/) as string,
    });
  });
});

const sixFields = (batch: number): CheckedModel => {
  const text = `model Six {
    features { a: category, b: category, c: category, d: category, e: category, f: category }
    label y: number
    embeddings { dim: 32 }
    cross { depth: 1 }
    deep { units: [192, 192] }
    train { batch: ${batch} }
  }`;
  return check({ path: 'six.rec', text }).models[0]!;
};

describe('the plan', () => {
  it.each([
    [128, 2],
    [512, 4],
    [2048, 8],
    [8192, 16],
  ])('cuts %i rows into %i shards', (batch, shards) => {
    const model = sixFields(batch);
    const made = makePlan(batch, stepGraph(model), inferenceGraph(model, labelNames(model)));
    expect(made).toMatchObject({ shards, shardRows: batch / shards });
  });

  it('leaves a small model in one piece, for the thread at hand', () => {
    const model = toyModel();
    const data = toyData(model);
    const step = stepGraph(model);
    const made = makePlan(16, step, inferenceGraph(model, labelNames(model)));
    expect(made).toMatchObject({ shards: 1, shardRows: 16 });
    expect(crewSize({ model, data, engine, threads: 8, plan: made, step })).toBe(1);
  });

  it('has no more workers than pieces of work, and none for an engine that has to stay in its thread', () => {
    const model = sixFields(512);
    const step = stepGraph(model);
    const made = makePlan(512, step, inferenceGraph(model, labelNames(model)));
    const data = syntheticData(model, { train: 512, vocabulary: 100, seed: 1 });
    const request = { model, data, engine, threads: 64, plan: made, step };
    expect(crewSize(request)).toBe(4);
    expect(crewSize({ ...request, threads: 3 })).toBe(3);
    expect(crewSize({ ...request, engine: { ...engine, inWorkers: false } })).toBe(1);
    const tables = model.tables.map(({ name, dim, l2, initializer }) => ({ name, dim, l2, initializer, rows: 100_000 }));
    const optimizer = { ...model.train.optimizer, embeddings: { ...model.train.optimizer.embeddings, exact: true } };
    expect(workersFor({ plan: made, step, tables, optimizer, threads: 64 })).toBe(64);
  });
});
