import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stepGraph } from '../../../src/graph/pipeline.js';
import { cutIntoShards } from '../../../src/graph/shards.js';
import { toTfjs } from '../../../src/target/tfjs/live.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { expectClose } from '../../graph/numbers.js';
import { richModel, richNetworks, type RichOptions } from '../../train/rich.js';
import { toyData } from '../../train/toy.js';
import { batchesOf, referenceOutputs, someRows, trainReference } from './reference.js';

const rows = 22;
const steps = 20;
const usual: readonly [rows: number, steps: number] = [rows, steps];

/** The kernels of the cpu backend under a name for which the live object does things in other ways. */
const registerAs = (name: string): void => {
  const cpu = tf.findBackend('cpu') as tf.KernelBackend & { constructor: new () => tf.KernelBackend };
  tf.copyRegisteredKernels('cpu', name);
  tf.registerBackend(name, () => new cpu.constructor());
};

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerAs('webgpu');
  registerAs('any other');
});

afterAll(() => {
  for (const name of ['webgpu', 'any other']) tf.removeBackend(name);
});

/** Trains on the backend and in float64 from the same start, over the same batches, the last of an epoch short. */
const expectSame = async (model: CheckedModel, tolerance = 1e-5, [rows, steps] = usual): Promise<void> => {
  const data = toyData(model, { train: rows, valid: 0 });
  const size = model.train.batch * model.train.accumulate;
  const batches = batchesOf(rows, size, steps);
  const expected = await trainReference(model, data, batches);
  const length = { steps: Math.ceil(rows / size), epochs: model.train.epochs };
  const live = toTfjs(model, tf, { facts: data.state, trainingRows: data.train, length });
  batches.forEach(({ from, to }, i) => {
    const loss = live.step(someRows(data.train, from, to));
    expectClose(loss.dataSync(), [expected.losses[i] ?? NaN], tolerance);
    loss.dispose();
  });
  const outputs = live.infer(data.train);
  const wanted = Object.entries(referenceOutputs(model, expected.weights, data.train));
  expect(Object.keys(outputs).sort()).toEqual(wanted.map(([name]) => name).sort());
  for (const [name, { data: values }] of wanted) expectClose(outputs[name]?.dataSync() ?? [], values, tolerance);
  tf.dispose(outputs);
  live.dispose();
};

const adam = 'adam(0.01, epsilon: 1e-3)';
const model = (train: string, options: Partial<RichOptions> = {}): CheckedModel =>
  richModel({ network: richNetworks.attention, train: `batch: 8, epochs: 7, ${train}`, ...options });

describe.each(['sgd(0.1)', adam, 'adam(0.01, epsilon: 1e-3, exact)'])(
  '20 steps of %s give what the float64 engine gives',
  (optimizer) => {
    test.each(Object.entries(richNetworks))('%s', async (_, network) => {
      await expectSame(model(`optimizer: ${optimizer}`, { network }));
    });
  },
);

test.each(['sgd(0.1)', 'adam(0.01, epsilon: 1e-3, exact), ema: 0.7, clip_norm: 0.5'])(
  'a frozen table, with %s',
  async (optimizer) => {
    await expectSame(model(`optimizer: ${optimizer}`, { tables: 'items: { features: [item, history], frozen: true }' }));
  },
);

test.each([
  'sgd(0.1, momentum: 0.9)',
  'sgd(0.1, momentum: 0.9, nesterov, exact)',
  'adagrad(0.05)',
  'adamw(0.01, epsilon: 1e-3)',
  'adamax(0.01, epsilon: 1e-3)',
  'rmsprop(0.01, epsilon: 1e-3)',
  'rmsprop(0.01, epsilon: 1e-3, momentum: 0.5, exact)',
  'ftrl(0.05, l1: 0.001, l2: 0.01, beta: 1)',
  'ftrl(0.05, learning_rate_power: -0.7, exact)',
  '{ embeddings: rowwise_adagrad(0.05), rest: sgd(0.1) }',
  `{ embeddings: adagrad(0.05), pooled: sgd(0.1), rest: ${adam} }`,
])('20 steps of %s', async (optimizer) => {
  await expectSame(model(`optimizer: ${optimizer}`));
});

const network = `h = sequence(history)
  pooled = sum[t](h[t])
  y = linear(dropout(mlp(concat(user, pooled, tags, x), [8]), 0.3), 1) + wide(user, item)`;
const lazy = `optimizer: ${adam}`;
const exact = 'optimizer: adam(0.01, epsilon: 1e-3, exact)';

describe.each(['cpu', 'webgpu', 'any other'])('20 steps in the ways of %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));
  afterAll(() => tf.setBackend('cpu'));

  test.each([
    `${lazy}, clip_norm: 0.05`,
    `${exact}, clip_norm: each(0.02)`,
    `${lazy}, l2: 0.1`,
    `${lazy}, ema: 0.9`,
    `${exact}, ema: 0.9`,
    `${lazy}, schedule: cosine(warmup: steps(5))`,
    `${lazy}, schedule: exponential(factor: 0.5)`,
    `optimizer: { embeddings: rowwise_adagrad(0.05), rest: sgd(0.1) }`,
  ])('%s', async (train) => {
    await expectSame(model(train, { network }));
  });

  test.each(['norm', 'towers'] as const)('accumulated batches whose rows depend on each other: %s', async (title) => {
    await expectSame(model(`optimizer: sgd(0.03), accumulate: 2`, { network: richNetworks[title] }));
  });
});

test.each([
  ['norm', 16_384],
  ['towers', 1024],
] as const)('shards of a batch whose rows depend on each other: %s', async (title, batch) => {
  const train = `batch: ${batch}, epochs: 2, optimizer: sgd(0.03), coupled: shard`;
  const of = richModel({ network: richNetworks[title], train });
  const { shards, shardRows } = cutIntoShards(batch, stepGraph(of), of.train);
  expect(shards).toBeGreaterThan(1);
  await expectSame(of, 1e-5, [shardRows + 7, 2]);
});

describe('a live model', () => {
  const made = (train = lazy) => {
    const of = model(train, { network });
    const data = toyData(of, { train: rows, valid: 0 });
    return { of, data, live: toTfjs(of, tf, { facts: data.state }) };
  };

  test.each(['cpu', 'webgpu', 'any other'])(
    'keeps no tensor in the ways of %s, however many steps it does',
    async (backend) => {
      await tf.setBackend(backend);
      const empty = tf.memory().numTensors;
      const { data, live } = made(`${lazy}, ema: 0.9, clip_norm: 1`);
      const batches = batchesOf(rows, 8, backend === 'cpu' ? 1000 : 100).map(({ from, to }) => someRows(data.train, from, to));
      const counts = new Set<number>();
      batches.forEach((batch, i) => {
        live.step(batch).dispose();
        if (i % 100 === 0) tf.dispose(live.infer(batch));
        if (i > 2) counts.add(tf.memory().numTensors);
      });
      expect(counts.size).toBe(1);
      live.dispose();
      expect(tf.memory().numTensors).toBe(empty);
      await tf.setBackend('cpu');
    },
    60_000,
  );

  test('begins with the weights of the other engines', async () => {
    const { of, data, live } = made();
    const { weights } = await trainReference(of, data, []);
    const own = await live.weights();
    const all = [...weights.dense, ...weights.states, ...weights.tables];
    expect(Object.keys(own).sort()).toEqual(all.map(({ name }) => name).sort());
    for (const { name, shape, values } of all) {
      expect(own[name]?.shape).toEqual(shape);
      expect(own[name]?.values).toEqual(Float32Array.from(values));
    }
    live.dispose();
  });

  test('goes on from a state as if it had never stopped', async () => {
    const { data, live, of } = made(`${lazy}, ema: 0.9`);
    const [first, second] = [someRows(data.train, 0, 8), someRows(data.train, 4, 12)];
    live.step(first).dispose();
    const other = toTfjs(of, tf, { facts: data.state });
    other.step(second).dispose();
    other.setState(await live.state());
    for (const one of [live, other]) for (const batch of [second, first]) one.step(batch).dispose();
    expect(await other.weights()).toEqual(await live.weights());
    expect(other.steps).toBe(3);
    other.dispose();
    live.dispose();
  });

  test('takes weights of a run, and refuses those of another model', async () => {
    const { data, live, of } = made();
    live.step(data.train).dispose();
    const weights = await live.weights();
    const other = toTfjs(of, tf, { facts: data.state, seed: 99 });
    other.setWeights(weights);
    expect(await other.weights()).toEqual(weights);
    expect(() => other.setWeights({})).toThrow(/needs the weight .* but there is none/);
    const name = 'table.user';
    expect(() => other.setWeights({ ...weights, [name]: { shape: [2], values: new Float32Array(2) } })).toThrow(
      /table\.user of shape \[23, 6\], but \[2\] was given/,
    );
    other.dispose();
    live.dispose();
  });

  test('writes each weight once, and with averages these too', async () => {
    const writesOf = async ({ live }: ReturnType<typeof made>): Promise<number> => {
      const weights = await live.weights();
      const assign = vi.spyOn(tf.Variable.prototype, 'assign');
      live.setWeights(weights);
      const { length } = assign.mock.calls;
      assign.mockRestore();
      live.dispose();
      return length / Object.keys(weights).length;
    };
    expect(await writesOf(made())).toBe(1);
    expect(await writesOf(made(`${lazy}, ema: 0.9`))).toBe(2);
  });

  test('moves the rows of a batch and no others', async () => {
    const { data, live } = made();
    const before = await live.weights();
    const batch = someRows(data.train, 0, 1);
    live.step(batch).dispose();
    const after = await live.weights();
    const moved = Array.from({ length: 23 }, (_, r) => r).filter((r) =>
      Array.from({ length: 6 }, (_x, i) => 6 * r + i).some(
        (i) => before['table.user']?.values[i] !== after['table.user']?.values[i],
      ),
    );
    expect(moved).toEqual([...(batch.ids.user ?? [])]);
    live.dispose();
  });

  test('says what it lacks', () => {
    const { of, data, live } = made();
    expect(() => toTfjs(of, tf)).toThrow('needs the vocabulary');
    expect(() => toTfjs(model(`${lazy}, schedule: cosine`), tf, { facts: data.state })).toThrow('give `length`');
    const { train } = data;
    const outside = { ...train, ids: { ...train.ids, user: new Int32Array(train.rows).fill(23) } };
    expect(() => live.step(outside)).toThrow('table user has 23 rows; there is no row 23 in it');
    expect(() => live.step({ ...train, dense: {} })).toThrow('the rows have no column for x');
    const towers = toTfjs(model(lazy, { network: richNetworks.towers }), tf, { facts: data.state });
    expect(() => towers.step(train)).toThrow('give `trainingRows`');
    towers.dispose();
    live.dispose();
  });
});
