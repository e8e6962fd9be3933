import { describe, expect, it } from 'vitest';
import type { EncodedRows } from '../../src/encode/program.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { Engine, Session } from '../../src/train/engine.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { logFrequencies } from '../../src/train/feed.js';
import { openModel } from '../../src/train/inference.js';
import { alone } from '../../src/train/step.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { copyWeights, viewState } from '../../src/train/weights.js';
import { richModel, richNetworks } from './rich.js';
import { arrays, planOf, run } from './steps.js';
import { toyData, trainToy } from './toy.js';

const rows = 10;
const train = 'optimizer: adam(0.01, exact: true), batch: 10, epochs: 1, l2: 0.01';

/** The rows in another order. */
const reordered = (data: EncodedRows, order: Int32Array): EncodedRows => {
  const pick = <T extends Int32Array | Float32Array>(values: T, width = 1): T => {
    const result = values.slice() as T;
    order.forEach((row, r) => result.set(values.subarray(row * width, (row + 1) * width), r * width));
    return result;
  };
  const each = <T>(of: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));
  return {
    rows: data.rows,
    ids: each(data.ids, (ids) => pick(ids)),
    bags: each(data.bags, ({ ids, offsets }) => {
      const bags = [...order].map((row) => [...ids.subarray(offsets[row], offsets[row + 1])]);
      let end = 0;
      return { ids: Int32Array.from(bags.flat()), offsets: Int32Array.from([0, ...bags.map((bag) => (end += bag.length))]) };
    }),
    dense: each(data.dense, ({ width, values }) => ({ width, values: pick(values, width) })),
    labels: each(data.labels, (values) => pick(values)),
  };
};

describe('rows of sequences', () => {
  const model = richModel({ network: richNetworks.attention, train });

  it('are cut into shards and shared among workers as all others', async () => {
    const data = toyData(model, { train: rows, vocabulary: 9 });
    const sharded = await run(model, data, planOf(4, 3), 5);
    expect(await run(model, data, planOf(4, 3), 5, 3)).toEqual(sharded);
    expect(await run(model, data, planOf(1, 16), 5)).toEqual(await run(model, data, planOf(1, rows), 5));
    const whole = arrays(await run(model, data, planOf(1, rows), 5));
    for (const [name, values] of arrays(sharded))
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(whole.get(name)![i]!, 9);
  });

  it('touch the rows of their tables that they have, and no others', async () => {
    const l2 = 0.125;
    const plain = richModel({ network: richNetworks.attention });
    const decayed = { ...plain, tables: plain.tables.map((table) => ({ ...table, l2 })) };
    const random = toyData(plain, { train: 4, vocabulary: 40 });
    const ids = Int32Array.from([3, 5, 5, 7, 8, 9, 3]);
    const bags = { ...random.train.bags, history: { ids, offsets: Int32Array.from([0, 2, 2, 6, 7]) } };
    const data = { ...random, train: { ...random.train, bags } };
    const [without, with_] = [await run(plain, data, planOf(1, 4)), await run(decayed, data, planOf(1, 4))];
    const before = (await run(plain, data, planOf(1, 4), 0)).weights;
    const at = before.tables.findIndex(({ name }) => name === 'table.history');
    const values = (of: typeof before): ArrayLike<number> => of.tables[at]!.values;
    for (let i = 0; i < 40 * 6; i++) {
      const decay = ids.includes(Math.floor(i / 6)) ? l2 * values(before)[i]! : 0;
      expect(values(with_.weights)[i]).toBeCloseTo(values(without.weights)[i]! - decay, 12);
    }
  });

  it('reach the engine padded: places repeat the last id, an empty row has the first of the table, and rows repeat the last', async () => {
    const random = toyData(model, { train: 3, vocabulary: 9 });
    const history = { ids: Int32Array.from([3, 5, 7, 8, 6, 4, 2]), offsets: Int32Array.from([0, 2, 2, 7]) };
    const train = { ...random.train, bags: { ...random.train.bags, history } };
    let inputs: Session['inputs'] = {};
    const reference = createReferenceEngine();
    const engine: Engine = {
      ...reference,
      prepare: async (graph, options) => {
        const session = await reference.prepare(graph, options);
        if ('total_weight' in session.inputs) ({ inputs } = session);
        return session;
      },
    };
    const { phases, memory, layout } = await prepareTraining({ model, data: { ...random, train }, engine, plan: planOf(1, 4) });
    const batch = { order: undefined, start: 0, count: 3, step: 1 };
    phases.fill(batch, alone);
    await phases.run(batch, alone);
    const table = viewState(memory, layout, 0, 1)
      .tables.find(({ name }) => name === 'table.history')!
      .read(0, 9);
    const ids = [3, 5, 5, 5, 0, 0, 0, 0, 7, 8, 6, 4, 7, 8, 6, 4];
    expect([...inputs['rows.history.sequence']!]).toEqual(ids.flatMap((id) => [...table.subarray(6 * id, 6 * id + 6)]));
    expect([...inputs['mask.history']!]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect([...inputs.weight!]).toEqual([1, 1, 1, 0]);
  });

  it('may be read by their length alone: no table, but a mask', async () => {
    const network = `h = sequence(history)
      y = linear(stack([sum[t](sum(ones(h[t]))), sum(x)]), 1)`;
    const lengths = richModel({ network });
    const [step, inference] = [stepGraph(lengths), inferenceGraph(lengths)];
    expect([step.sites, inference.sites, lengths.tables]).toEqual([[], [], []]);
    const few = toyData(lengths, { train: 60, valid: 5, vocabulary: 9 });
    const { weights } = await trainToy(lengths, few);
    const opened = await openModel({ model: lengths, graph: inference, weights, engine: createReferenceEngine() });
    const { predictions } = await opened.predictRows(few.valid);
    const [weight, bias] = ['y.weight', 'y.bias'].map((name) => weights.dense.find((one) => one.name.endsWith(name))!.values);
    const { offsets } = few.valid.bags.history!;
    for (let r = 0; r < 5; r++) {
      const places = Math.min(4, offsets[r + 1]! - offsets[r]!);
      const logit = weight![0]! * 6 * places + weight![1]! * few.valid.dense.x!.values[r]! + bias![0]!;
      expect(predictions.y![r]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 10);
    }
  });

  it.each(Object.entries(richNetworks))('come in any order: %s', async (_, network) => {
    const one = richModel({ network });
    const data = toyData(one, { train: rows, vocabulary: 9 });
    const order = Int32Array.from([3, 0, 9, 1, 4, 8, 2, 7, 5, 6]);
    const after = async (given: EncodedRows, shuffled?: Int32Array) => {
      const options = { model: one, data: { ...data, train: given }, engine: createReferenceEngine() };
      const { phases, memory, layout } = await prepareTraining(options);
      const batch = { order: shuffled, start: 0, count: rows, step: 1 };
      phases.fill(batch, alone);
      await phases.run(batch, alone);
      for (const phase of [phases.merge, phases.clip, phases.update]) phase(batch, alone);
      return copyWeights(viewState(memory, layout, 1, 1));
    };
    expect(await after(data.train, order)).toEqual(await after(reordered(data.train, order)));
  });
});

it('frequencies are shares of the rows, in logarithms', () => {
  const shares = logFrequencies(Int32Array.from([2, 0, 2, 2])).map((logarithm) => Math.exp(logarithm));
  for (const [id, share] of [0.25, 0, 0.75].entries()) expect(shares[id]).toBeCloseTo(share, 12);
});

it('rows without a column that a graph reads are refused by its name', async () => {
  const model = richModel({ network: richNetworks.attention });
  const data = toyData(model, { train: rows, vocabulary: 9 });
  const { history: _, ...bags } = data.train.bags;
  await expect(run(model, { ...data, train: { ...data.train, bags } }, planOf(1, rows))).rejects.toThrow(
    'the rows have no bags of ids for history',
  );
});
