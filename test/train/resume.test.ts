import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/run/read.js';
import { createRun } from '../../src/run/write.js';
import type { EncodedData } from '../../src/encode/program.js';
import type { CheckedModel } from '../../src/model/model.js';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import type { Checkpoint } from '../../src/train/checkpoints.js';
import { loadEngine } from '../../src/train/engines/index.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { openModel } from '../../src/train/inference.js';
import { openTrained } from '../../src/train/score-trained.js';
import { restoreLiveWeights } from '../../src/train/state.js';
import { checkpointOf, exactTensorsOf } from '../../src/train/tensors.js';
import type { TrainOptions, TrainResult } from '../../src/train/train.js';
import { train } from '../../src/train/train.js';
import type { StateView } from '../../src/train/weights.js';
import { memoryFiles, type MemoryFiles } from '../run/memory-files.js';
import { contents } from '../run/samples.js';
import { richModel, richNetworks } from './rich.js';
import { bitsOf, endOf, goOn, written } from './resumed.js';
import { planOf } from './steps.js';
import { toyData, toyModel } from './toy.js';
import { failingScores, watched } from './watched.js';

const onnxruntime = await loadEngine('onnxruntime');

/** Interrupts a training after a step, and goes on with it. */
const interruptedAfter = async (step: number, shards: number, options: TrainOptions, again = options): Promise<TrainResult> => {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  const engine = watched(options.engine, shards, step, abort);
  const first = await train({ ...options, engine, signal: controller.signal });
  expect([first.status, first.step]).toEqual(['interrupted', step]);
  return goOn(await written(endOf(first)), again);
};

const cases: readonly (readonly [string, CheckedModel])[] = [
  [
    'lazy Adam, dropout, stopping early',
    toyModel({
      network: 'deep { units: [8], dropout: 0.3 }',
      train: 'optimizer: adam(0.1), batch: 16, epochs: 12, stop: no_improvement(patience: 2), monitor: rmse',
    }),
  ],
  ['batch norm', richModel({ network: richNetworks.norm, train: 'optimizer: adam(0.02), batch: 16, epochs: 4, coupled: shard' })],
  [
    'moving averages, warm-up, a plateau',
    toyModel({
      train:
        'optimizer: adam(0.1), batch: 16, epochs: 5, ema: 0.9, schedule: plateau(factor: 0.5, patience: 1, warmup: steps(7)), monitor: rmse',
    }),
  ],
];

describe.each(cases)('%s', { timeout: 60_000 }, (_, model) => {
  const data: EncodedData = toyData(model, { train: 76, valid: 30, vocabulary: 9 });

  // An epoch has 5 steps, the last of them shorter.
  it.each([1, 3, 5, 6, 10, 13])('interrupted after step %i goes on to the same bits', async (step) => {
    const options = { model, data, engine: onnxruntime, plan: planOf(2, 8) };
    expect(bitsOf(await interruptedAfter(step, 2, options))).toEqual(bitsOf(await train({ ...options, threads: 1 })));
  });
});

describe('going on', { timeout: 60_000 }, () => {
  const model = toyModel({ train: 'optimizer: adam(0.01, exact: true), batch: 16, epochs: 4', label: 'binary', metrics: 'auc' });
  const data = toyData(model, { train: 200, valid: 60 });

  it('with another number of workers changes no bit', async () => {
    const options = { model, data, engine: onnxruntime, plan: planOf(4, 4) };
    const whole = bitsOf(await train({ ...options, threads: 1 }));
    expect(bitsOf(await interruptedAfter(17, 4, options, { ...options, threads: 2 }))).toEqual(whole);
  });

  it('from a checkpoint that workers have cut while they train changes no bit', async () => {
    const options = {
      model,
      data: toyData(model, { train: 4000, valid: 60 }),
      engine: onnxruntime,
      plan: planOf(4, 4),
      threads: 2,
    };
    const cut: MemoryFiles[] = [];
    const whole = await train({
      ...options,
      checkpointSeconds: 0,
      onCheckpoint: async (checkpoint) => {
        // What is written later is still what it was.
        await new Promise((resolve) => setTimeout(resolve, 20));
        cut.push(await written(checkpointOf(checkpoint)));
      },
    });
    const steps = await Promise.all(cut.map(async (files) => (await (await openRun(files, 'run')).checkpoint('all'))!.step));
    expect(steps.filter((step) => step % 250 !== 0).length).toBeGreaterThan(1);
    for (const files of [cut[0]!, cut.at(-1)!]) expect(bitsOf(await goOn(files, options))).toEqual(bitsOf(whole));
  });

  it('in float64 changes no bit', async () => {
    const options = { model, data, engine: createReferenceEngine() };
    expect(bitsOf(await interruptedAfter(20, 1, options))).toEqual(bitsOf(await train(options)));
  });

  it('between two epochs, and after the last, does what is left', async () => {
    const options = { model, data, engine: onnxruntime };
    const whole = bitsOf(await train(options));
    for (const last of [2, 4]) {
      const controller = new AbortController();
      const onEpoch = ({ epoch }: { readonly epoch: number }): void => {
        if (epoch === last) controller.abort();
      };
      const first = await train({ ...options, signal: controller.signal, onEpoch });
      expect([first.position.epoch, first.position.reached.step]).toEqual([last + 1, 0]);
      expect(bitsOf(await goOn(await written(endOf(first)), options))).toEqual(whole);
    }
  });

  describe.each<[string, (fail: () => void) => Partial<TrainOptions>]>([
    ['the third validation', (fail) => ({ engine: failingScores(onnxruntime, 8, fail) })],
    [
      'what is told of an epoch',
      (fail) => ({
        onEpoch: ({ epoch }) => {
          if (epoch === 3) fail();
        },
      }),
    ],
  ])('after a failure of %s', (_, failing) => {
    it('loses nothing', async () => {
      const early = { ...model, train: { ...model.train, epochs: 5 } };
      const options = { model: early, data, engine: onnxruntime, plan: { ...planOf(4, 4), inferenceRows: 16 } };
      const saved: MemoryFiles[] = [];
      const fail = (): never => {
        throw new Error('no more');
      };
      const onCheckpoint = async (checkpoint: Checkpoint): Promise<void> => {
        saved.push(await written(checkpointOf(checkpoint)));
      };
      await expect(train({ ...options, threads: 1, onCheckpoint, ...failing(fail) })).rejects.toThrow('no more');
      expect(saved).toHaveLength(1);
      expect(bitsOf(await goOn(saved[0]!, options))).toEqual(bitsOf(await train({ ...options, threads: 1 })));
    });
  });

  it('after a loss that was not finite begins before that step, with the best weights', async () => {
    const own = toyData(model, { train: 200, valid: 60 });
    const options = { model, data: own, engine: onnxruntime, threads: 1 };
    const whole = bitsOf(await train(options));
    const { values } = own.train.dense.x!;
    const [usual = 0] = values;
    const saved: MemoryFiles[] = [];
    const broken = train({
      ...options,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) values[0] = Infinity;
      },
      onCheckpoint: async (checkpoint) => {
        expect(checkpoint.best).toBeDefined();
        saved.push(await written(checkpointOf(checkpoint)));
      },
    });
    await expect(broken).rejects.toThrow(/^the loss is \S+ at step \d+ \(epoch 3\): x is Infinity in a row/);
    expect(saved).toHaveLength(1);
    values[0] = usual;
    expect(bitsOf(await goOn(saved[0]!, options))).toEqual(whole);
  });

  it('longer than the run was to be is what the longer run does', async () => {
    const longer = { ...model, train: { ...model.train, epochs: 6 } };
    const options = { model, data, engine: onnxruntime };
    const result = await interruptedAfter(40, 1, options, { ...options, model: longer });
    expect(bitsOf(result)).toEqual(bitsOf(await train({ ...options, model: longer })));
  });

  it('with weights too large for a copy keeps the best of them in the run folder', async () => {
    const early = toyModel({
      train: 'optimizer: adam(0.1), batch: 16, epochs: 12, stop: no_improvement(patience: 2), monitor: rmse',
    });
    const options = { model: early, data: toyData(early, { test: 30 }), engine: onnxruntime };
    const whole = await train(options);
    expect(whole.kept.kind).toBe('copy');
    const files = memoryFiles();
    const { checkpoints } = await createRun(files, 'run', contents);
    const large = {
      ...options,
      largestCopy: 0,
      onBest: (epoch: number, state: StateView) => checkpoints.best(epoch, exactTensorsOf(state)),
      onCheckpoint: (checkpoint: Checkpoint) => checkpoints.write(checkpointOf(checkpoint)),
    };
    const controller = new AbortController();
    const onEpoch = ({ epoch }: { readonly epoch: number }): void => {
      if (epoch === 3) controller.abort();
    };
    const first = await train({ ...large, signal: controller.signal, onEpoch });
    await checkpoints.write(checkpointOf(first));
    const result = await goOn(files, large);
    expect(result.kept).toEqual({ kind: 'stored', epoch: whole.bestEpoch });
    expect(result.history.map(({ loss, validation }) => ({ loss, validation }))).toEqual(
      whole.history.map(({ loss, validation }) => ({ loss, validation })),
    );
    const { table } = checkpoints.bestOf(whole.bestEpoch!);
    for (const { name, values } of whole.weights.tables) expect(await (await table(name)).read()).toEqual(values);
    // Where they were trained they give what a copy of them does.
    const { memory, layout, state, plan } = result;
    await restoreLiveWeights(state, checkpoints.bestOf(whole.bestEpoch!));
    const graph = inferenceGraph(early);
    const trained = await openTrained({ graph, engine: onnxruntime, memory, layout, plan, averaged: false });
    const copy = await openModel({ model: early, graph, weights: whole.weights, engine: onnxruntime });
    const { test } = options.data;
    expect(test.rows).toBeGreaterThan(0);
    expect((await trained.scoresOf(test)).logits).toEqual((await copy.predictRows(test)).logits);
    await trained.close();
    await copy.close();
  });

  it('with another model is refused', async () => {
    const other = toyModel({ network: 'deep { units: [9] }' });
    const options = { model, data, engine: onnxruntime };
    await expect(interruptedAfter(3, 1, options, { ...options, model: other })).rejects.toThrow(
      /^the checkpoint has (none|F32 of \[[\d, ]+\]) for \S+, which should be F32 of \[/,
    );
  });
});
