import { describe, expect, it } from 'vitest';
import type { EncodedData } from '../../src/encode/program.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { labelNames, type CheckedModel } from '../../src/model/model.js';
import { whyInMemory } from '../../src/train/crew-on-device.js';
import type { Engine } from '../../src/train/engine.js';
import { roomOn } from '../../src/train/engines/room.js';
import { loadTfjs } from '../../src/train/engines/load-tfjs.js';
import { createTfjsEngine } from '../../src/train/engines/tfjs.js';
import { isTrainError } from '../../src/train/errors.js';
import { makePlan } from '../../src/train/plan.js';
import { viewsOf } from '../../src/train/state.js';
import { checkpointOf, exactTensorsOf } from '../../src/train/tensors.js';
import type { TrainOptions } from '../../src/train/train.js';
import { startCrew, train } from '../../src/train/train.js';
import { bitsOf, endOf, goOn, written } from './resumed.js';
import { richModel, richNetworks } from './rich.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

const { tf } = await loadTfjs('cpu');
const room = { largestArray: 2 ** 27 };
/** The processor as a device that holds tables: its bits are the same every time. */
const engine: Engine = createTfjsEngine(tf, 'cpu', 'a device', room);

const expectAgreement = async (model: CheckedModel, data: EncodedData): Promise<void> => {
  const [onDevice, exact] = [await trainToy(model, data, { engine }), await trainToy(model, data)];
  expect(onDevice.step).toBe(exact.step);
  for (const [epoch, { loss, validation }] of onDevice.history.entries()) {
    const wanted = exact.history[epoch]!;
    expect(loss).toBeCloseTo(wanted.loss, 4);
    // In-batch negatives leave rows that are not trained on without a loss.
    expect(validation?.loss ?? 0).toBeCloseTo(wanted.validation?.loss ?? 0, 4);
  }
  const values = allValues(exact);
  for (const [i, value] of allValues(onDevice).entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(5e-5);
};

describe('steps on a device agree with plain loops in float64', () => {
  it.each([
    ['sgd(0.05)', 'number', 'rmse'],
    ['sgd(0.05, momentum: 0.9), clip_norm: 1', 'binary', 'log_loss'],
    ['adagrad(0.1), l2: 0.01, ema: 0.9', 'number', 'rmse'],
    ['adam(0.01, epsilon: 1e-3, exact: true)', 'class(3)', 'log_loss'],
  ])('%s, %s', async (optimizer, label, metric) => {
    const model = toyModel({ train: `optimizer: ${optimizer}, batch: 16, epochs: 2`, label, metrics: metric });
    await expectAgreement(model, toyData(model, { train: 76 }));
  });

  it.each(['attention', 'norm', 'beside'] as const)('%s', async (network) => {
    const train = 'optimizer: { rest: sgd(0.05), embeddings: ftrl(0.05) }, batch: 16, epochs: 2';
    const model = richModel({ network: richNetworks[network], train });
    await expectAgreement(model, toyData(model, { train: 76, vocabulary: 9 }));
  });
});

it.each([
  ['norm', 'fewer rows than a batch', 16_384, 9000],
  ['towers', 'a short last batch', 1024, 1300],
] as const)('steps in shards whose rows depend on each other agree on a device: %s, %s', async (network, _, batch, rows) => {
  const model = richModel({
    network: richNetworks[network],
    train: `optimizer: sgd(0.03), batch: ${batch}, epochs: 1, coupled: shard`,
  });
  const { shards } = makePlan(batch, stepGraph(model), inferenceGraph(model, labelNames(model)), model.train, rows);
  expect(shards).toBeGreaterThan(1);
  expect(await whyInMemory({ engine, tables: [], train: model.train })).toBeUndefined();
  await expectAgreement(model, toyData(model, { train: rows, vocabulary: 9 }));
});

describe('weights come to the memory', () => {
  const model = toyModel({
    network: 'deep { units: [8], dropout: 0.2 }',
    train: 'optimizer: adagrad(0.1), ema: 0.9, batch: 16, epochs: 4',
  });
  const data = toyData(model, { train: 150 });
  const options: TrainOptions = { model, data, engine };

  it('at the end of an epoch, and nothing is left on the device when training ends', async () => {
    const before = tf.memory().numTensors;
    const { history } = await train(options);
    expect(history).toHaveLength(4);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('for a checkpoint, from which a run goes on to the same bits', async () => {
    const whole = await train(options);
    const controller = new AbortController();
    const checkpoints: Promise<Awaited<ReturnType<typeof written>>>[] = [];
    const stopped = await train({
      ...options,
      signal: controller.signal,
      onProgress: ({ epoch }) => {
        if (epoch === 2) controller.abort();
      },
      // Right after the first step of an epoch that has one.
      checkpointSeconds: 0,
      onCheckpoint: ({ state, position }) => {
        checkpoints.push(written(checkpointOf({ state, position })));
      },
    });
    expect(stopped.status).toBe('interrupted');
    expect(bitsOf(await goOn(await written(endOf(stopped)), options))).toEqual(bitsOf(whole));
    const [first] = await Promise.all(checkpoints);
    expect(bitsOf(await goOn(first!, options)).values).toEqual(bitsOf(whole).values);
  });

  it('no more once the device has failed; a run goes on from what came before, to the same bits', async () => {
    const whole = await train(options);
    let fault: string | undefined;
    const failing = createTfjsEngine(tf, 'cpu', 'a device', { ...room, fault: () => fault });
    const rescued: Promise<Awaited<ReturnType<typeof written>>>[] = [];
    const failed = train({
      ...options,
      engine: failing,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) fault = 'GPUOutOfMemoryError: no room for 12 bytes';
      },
      onCheckpoint: ({ state, position, best }) => {
        rescued.push(written({ ...checkpointOf({ state, position }), ...(best && { best: exactTensorsOf(viewsOf(best)) }) }));
      },
    });
    await expect(failed).rejects.toMatchObject({
      name: 'TrainError',
      code: 'device-failed',
      message: expect.stringContaining('the GPU has failed: GPUOutOfMemoryError: no room for 12 bytes') as string,
    });
    const [first] = await Promise.all(rescued);
    expect(bitsOf(await goOn(first!, options)).values).toEqual(bitsOf(whole).values);
  });

  it('after a stretch, and the next one goes on from them', async () => {
    const values = async (stretches: readonly (readonly [from: number, to: number])[]): Promise<readonly number[]> => {
      const { crew, memory } = await startCrew(options);
      try {
        crew.beginEpoch(1, { step: 0, rows: 0, lossSum: 0, lastLoss: 0 });
        for (const [from, to] of stretches) await crew.run({ from, to, before: 0 }, () => false);
        return [...memory.floats];
      } finally {
        await crew.close();
      }
    };
    const whole = await values([[0, 9]]);
    expect(
      await values([
        [0, 4],
        [4, 9],
      ]),
    ).toEqual(whole);
    expect(await values([[0, 8]])).not.toEqual(whole);
  });
});

it('a loss that is not finite is told of its own step, with the weights before it', async () => {
  const model = toyModel({ train: 'optimizer: sgd(30), batch: 4, epochs: 1', network: 'deep { units: [8] }' });
  const data = toyData(model, { train: 150 });
  /** What is said, without the digits that engines round otherwise. */
  const refusalOf = (one: Engine): Promise<string> =>
    trainToy(model, data, { engine: one }).then(
      () => 'trained',
      (error: unknown) => (isTrainError(error) ? error.message.replace(/\d\.\d+e\+/, 'e') : String(error)),
    );
  const refusal = await refusalOf(engine);
  expect(refusal).toMatch(/^the loss is \S+ at step \d+ \(epoch 1\)/);
  expect(refusal).toBe(await refusalOf(createTfjsEngine(tf, 'cpu')));
});

describe('tables stay in memory', () => {
  const tables = [{ name: 'user', rows: 2 ** 24, dim: 8 }];
  const { train: plain } = toyModel({ train: 'optimizer: sgd(0.1)' });
  const why = (device: Engine['device'], train: Partial<CheckedModel['train']> = {}) =>
    whyInMemory({
      engine: { name: 'toy', ...(device && { device }) },
      tables,
      train: { ...plain, ...train },
    });
  /** With the row that padding is written to. */
  const bytes = 4 * (2 ** 24 + 1) * 8;

  it.each([
    ['nothing to say without a device', undefined, undefined],
    ['they fit', { tf, largestArray: bytes }, undefined],
    ['too large', { tf, largestArray: 2 ** 27 }, 'table user has 537 MB, and the device takes 134 MB at once'],
    ['too large by the spare row', { tf, largestArray: bytes - 1 }, 'table user has 537 MB, and the device takes 537 MB at once'],
    [
      'ids that float32 cannot tell apart',
      { tf, largestArray: 2 ** 30, mostRows: 2 ** 24 },
      'table user has 16,777,216 rows, and ids on the device are exact up to 16,777,216',
    ],
  ])('%s', async (_title, device, wanted) => {
    expect(await why(device)).toBe(wanted);
  });

  it.each([
    ['optimizer: sgd(0.1)', [8]],
    ['optimizer: adam(0.1)', [8, 8, 8]],
    ['optimizer: adagrad(0.1), ema: 0.9', [8, 8, 8, 2]],
  ])('no room for all arrays and their copies: %s', async (train, widths) => {
    const tried: number[][] = [];
    const device = (hasRoom: boolean) => ({
      tf,
      largestArray: bytes,
      hasRoomFor: (arrays: readonly number[]) => {
        tried.push([...arrays]);
        return Promise.resolve(hasRoom);
      },
    });
    const sizes = widths.map((width) => (width * bytes) / 8);
    expect(await why(device(true), toyModel({ train }).train)).toBeUndefined();
    expect(await why(device(false), toyModel({ train }).train)).toBe(
      `they have ${(sizes.reduce((a, b) => a + b) / 1e6).toFixed(0)} MB with what is remembered of them, and the device has no room for that and a copy`,
    );
    expect(tried).toEqual([
      [...sizes, ...sizes],
      [...sizes, ...sizes],
    ]);
  });

  it('a device is asked by trying, and frees what it tried', async () => {
    let held = 0;
    let isFull = false;
    const { largestArray, hasRoomFor } = roomOn({
      limits: { maxBufferSize: 200, maxStorageBufferBindingSize: 100 },
      pushErrorScope: () => (isFull = false),
      popErrorScope: () => Promise.resolve(isFull ? {} : null),
      createBuffer: ({ size }) => {
        held += size;
        isFull ||= held > 150;
        return { destroy: () => (held -= size) };
      },
    });
    expect([largestArray, await hasRoomFor?.([100, 50]), await hasRoomFor?.([100, 52]), held]).toEqual([100, true, false, 0]);
  });

  it('and training goes on there', async () => {
    const model = toyModel();
    const data = toyData(model);
    const small = createTfjsEngine(tf, 'cpu', 'a device', { largestArray: 100 });
    const plain = createTfjsEngine(tf, 'cpu');
    expect(allValues(await trainToy(model, data, { engine: small }))).toEqual(
      allValues(await trainToy(model, data, { engine: plain })),
    );
  });
});
