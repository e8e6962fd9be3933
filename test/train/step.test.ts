import { describe, expect, it } from 'vitest';
import { fillInitial } from '../../src/graph/random.js';
import type { CheckedModel, Optimizer } from '../../src/model/model.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { alone } from '../../src/train/step.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { viewState } from '../../src/train/weights.js';
import { arrays, planOf, run } from './steps.js';
import { toyData, toyModel } from './toy.js';

const rows = 10;
const whole = planOf(1, rows);

const full = `optimizer: adam(0.01, exact: true), batch: 10, epochs: 1, l2: 0.01, clip_norm: 0.5`;

describe('a step', () => {
  it('is blind to padding: the same bits as a batch of exactly so many rows', async () => {
    const model = toyModel({ train: full, network: 'cross { depth: 1 } deep { units: [8], dropout: 0.3 }' });
    const data = toyData(model, { train: rows });
    expect(await run(model, data, planOf(1, 16), 5)).toEqual(await run(model, data, whole, 5));
  });

  it.each([
    ['of rows', 'cross { depth: 1 } deep { units: [8], dropout: 0.3 }'],
    ['of a weight', 'network { w = dropout(weight[6], 0.5) y = dot(w, user) + x }'],
  ])('gives the same bits with any number of workers, and nearly the same with other shards: dropout %s', async (_, network) => {
    const model = toyModel({ train: full, network });
    const data = toyData(model, { train: rows });
    const sharded = await run(model, data, planOf(4, 3), 5);
    expect(await run(model, data, planOf(4, 3), 5, 2)).toEqual(sharded);
    expect(await run(model, data, planOf(4, 3), 5, 3)).toEqual(sharded);
    const once = arrays(await run(model, data, whole, 5));
    for (const [name, values] of arrays(sharded))
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(once.get(name)![i]!, 9);
  });
});

/** First weights and the gradient of the first step, from a step of SGD with rate 1. */
const start = async (): Promise<{
  readonly before: ReadonlyMap<string, Float64Array>;
  readonly gradient: ReadonlyMap<string, Float64Array>;
}> => {
  const model = toyModel({ train: 'optimizer: sgd(1), batch: 10, epochs: 1' });
  const after = arrays(await run(model, toyData(model, { train: rows }), whole));
  const before = new Map<string, Float64Array>();
  const gradient = new Map<string, Float64Array>();
  for (const [name, values] of after) {
    const table = model.tables.find((one) => `table.${one.name}` === name);
    const weight = model.network.weights.find((one) => one.name === name);
    const first = new Float64Array(values.length);
    if (table?.rows.kind === 'known') {
      const drawn = new Float32Array(values.length);
      fillInitial(0, name, [table.rows.rows, table.dim], table.initializer, drawn);
      first.set(drawn);
    } else if (weight !== undefined) fillInitial(0, name, weight.shape, weight.initializer, first);
    before.set(name, first);
    gradient.set(
      name,
      first.map((value, i) => value - values[i]!),
    );
  }
  return { before, gradient };
};

const optimizerOf = (given: Partial<Optimizer>): Optimizer => ({
  rule: 'sgd',
  parameters: { learning_rate: 1, momentum: 0 },
  exact: false,
  ...given,
});

const expectClose = (found: ReadonlyMap<string, Float64Array>, wanted: (name: string, i: number) => number): void => {
  for (const [name, values] of found)
    for (const [i, value] of values.entries())
      expect(Math.abs(value - wanted(name, i)), `${name}[${i}]: ${value}, not ${wanted(name, i)}`).toBeLessThan(1e-12);
};

const norm = (values: Iterable<Float64Array>): number =>
  Math.sqrt([...values].flatMap((one) => [...one]).reduce((sum, x) => sum + x * x, 0));

describe('regularisation', () => {
  const sgd = 'optimizer: sgd(1), batch: 10, epochs: 1';

  it('adds l2 to dense weights but not to biases', async () => {
    const { before, gradient } = await start();
    const model = toyModel({ train: `${sgd}, l2: 0.1` });
    const biases = new Set(model.network.weights.filter(({ isBias }) => isBias).map(({ name }) => name));
    expect(biases.size).toBeGreaterThan(0);
    expectClose(arrays(await run(model, toyData(model, { train: rows }), whole)), (name, i) => {
      const w = before.get(name)![i]!;
      return w - gradient.get(name)![i]! - (name.startsWith('table.') || biases.has(name) ? 0 : 0.1 * w);
    });
  });

  it("adds a table's l2 to each distinct row of the batch once", async () => {
    const { before, gradient } = await start();
    const plain = toyModel({ train: sgd });
    const model = { ...plain, tables: plain.tables.map((table) => ({ ...table, l2: 0.1 })) };
    const data = toyData(model, { train: rows });
    const touched = new Map([
      ['table.user', new Set(data.train.ids.user)],
      ['table.item', new Set(data.train.ids.item)],
      ['table.tags', new Set(data.train.bags.tags!.ids)],
    ]);
    expectClose(arrays(await run(model, data, whole)), (name, i) => {
      const w = before.get(name)![i]!;
      return w - gradient.get(name)![i]! - (touched.get(name)?.has(Math.floor(i / 6)) === true ? 0.1 * w : 0);
    });
  });

  it('clips the norm of all gradients together, tables included', async () => {
    const { before, gradient } = await start();
    const factor = 0.01 / norm(gradient.values());
    expect(factor).toBeLessThan(1);
    const model = toyModel({ train: `${sgd}, clip_norm: 0.01` });
    expectClose(
      arrays(await run(model, toyData(model, { train: rows }), whole)),
      (name, i) => before.get(name)![i]! - factor * gradient.get(name)![i]!,
    );
  });

  it('or of each weight and table by itself, leaving short ones alone', async () => {
    const { before, gradient } = await start();
    const norms = new Map([...gradient].map(([name, values]) => [name, norm([values])]));
    const limit = [...norms.values()].sort((a, b) => a - b)[norms.size >> 1]!;
    const model = toyModel({ train: `${sgd}, clip_norm: each(${limit})` });
    expectClose(
      arrays(await run(model, toyData(model, { train: rows }), whole)),
      (name, i) => before.get(name)![i]! - Math.min(1, limit / norms.get(name)!) * gradient.get(name)![i]!,
    );
  });
});

describe('tables', () => {
  const adam = (exact: boolean): CheckedModel => {
    const model = toyModel();
    const optimizer = optimizerOf({
      rule: 'adam',
      parameters: { learning_rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      exact,
    });
    return { ...model, train: { ...model.train, optimizer: { embeddings: optimizer, rest: optimizer, parts: {} } } };
  };

  it('are updated where the batch touched them; an exact rule goes on moving rows that it touched once', async () => {
    const data = toyData(adam(false), { train: 4 });
    const second = toyData(adam(false), { train: 4, seed: 5 });
    const moved = async (exact: boolean): Promise<readonly number[]> => {
      const { phases, memory, layout } = await prepareTraining({
        model: adam(exact),
        data,
        engine: createReferenceEngine(),
        plan: planOf(1, 4),
      });
      const user = (): Float64Array => Float64Array.from(viewState(memory, layout, 0, 1).tables[0]!.read(0, 23));
      const step = async (number: number): Promise<void> => {
        const batch = { order: undefined, start: 0, count: 4, step: number };
        phases.fill(batch, alone);
        await phases.run(batch, alone);
        phases.merge(batch, alone);
        phases.clip(batch, alone);
        phases.update(batch, alone);
      };
      await step(1);
      data.train.ids.user!.set(second.train.ids.user!);
      const before = user();
      await step(2);
      const after = user();
      return Array.from({ length: 23 }, (_, row) => row).filter((row) => after[row * 6] !== before[row * 6]);
    };
    const first = [...new Set(data.train.ids.user)];
    const then = [...new Set(second.train.ids.user)];
    expect(await moved(false)).toEqual(then.sort((a, b) => a - b));
    data.train.ids.user!.set(first);
    expect(await moved(true)).toEqual([...new Set([...first, ...then])].sort((a, b) => a - b));
  });
});
