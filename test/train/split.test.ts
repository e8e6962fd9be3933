import { describe, expect, it } from 'vitest';
import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import { loadEngine } from '../../src/train/engines/index.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { initialise } from '../../src/train/initialise.js';
import { planLayout } from '../../src/train/layout.js';
import { reserve } from '../../src/train/memory.js';
import { prepareTraining, settle } from '../../src/train/prepare.js';
import { bankBytes } from '../../src/train/segments.js';
import { syntheticData } from '../../src/train/synthetic.js';
import { train } from '../../src/train/train.js';
import type { TrainOptions } from '../../src/train/train.js';
import { viewState } from '../../src/train/weights.js';
import { planOf, run } from './steps.js';
import { allValues } from './toy.js';

const engine = await loadEngine('onnxruntime');
const mebibyte = 2 ** 20;

/** Two large tables, one of them with bags, sequences and single ids, and a small one. */
const modelOf = (optimizer: string, more = ''): CheckedModel => {
  const text = `model Large {
    features {
      user: category(size: 14000)
      item: category
      history: category[](vocabulary: item, max_length: 4, pool: mean)
      tags: category[](values: ["a", "b", "c"], separator: "|", pool: sum)
      x: number
    }
    label y: number
    embeddings { dim: 6 }
    network {
      h = sequence(history)
      y = linear(mlp(concat(user, item, history, tags, x, sum[t](h[t])), [8]), 1)
    }
    train { optimizer: ${optimizer}, batch: 16, epochs: 1${more} }
  }`;
  const { models, diagnostics } = check({ path: 'large.rec', text });
  const [model] = models;
  if (model === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return model;
};

const dataOf = (model: CheckedModel) => syntheticData(model, { train: 150, valid: 40, vocabulary: 20_000, seed: 3 });
const plan = planOf(4, 4);

describe('tables that are split over memories of 1 MiB', { timeout: 60_000 }, () => {
  it.each([
    ['lazy adam', 'adam(0.01)', ', l2: 0.01, clip_norm: 0.5'],
    ['exact adam', 'adam(0.01, exact: true)', ', l2: 0.01, clip_norm: each(0.05)'],
    ['adagrad', 'adagrad(0.1)', ''],
  ])('learn the same bits as whole ones, with 1, 2 and 4 workers: %s', async (_, optimizer, more) => {
    const model = modelOf(optimizer, more);
    const data = dataOf(model);
    const trained = async (options: Partial<TrainOptions>) => {
      const result = await train({ model, data, engine, plan, ...options });
      const slots = result.state.tableSlots.flatMap(({ read, shape }) => [...read(0, shape[0] ?? 1)]);
      return { values: Float64Array.from([...allValues(result), ...slots]), losses: result.history.map(({ loss }) => loss) };
    };
    const { layout } = settle({ model, data, engine, plan, largestBank: mebibyte });
    expect(layout.banks.length).toBeGreaterThan(3);
    expect(layout.banks.every((bank) => bankBytes(bank) <= mebibyte)).toBe(true);
    expect(Math.max(...layout.tables.map(({ segments }) => segments.length))).toBeGreaterThan(2);
    const whole = await trained({});
    for (const threads of [1, 2, 4]) {
      const split = await trained({ threads, largestBank: mebibyte });
      expect(split.losses).toEqual(whole.losses);
      expect(split.values.every((value, i) => Object.is(value, whole.values[i]))).toBe(true);
    }
  });

  it('learn the same in float64', async () => {
    const model = modelOf('adam(0.01, exact: true)', ', l2: 0.01');
    const data = dataOf(model);
    const whole = await run(model, data, planOf(10, 15), 2);
    const { layout, memory, phases } = await prepareTraining({
      model,
      data,
      engine: createReferenceEngine(),
      plan: planOf(10, 15),
      largestBank: mebibyte,
    });
    expect(memory.banks.length).toBe(layout.banks.length);
    const share = { next: (last: number) => last + 1, nextAside: (last: number) => last + 1 };
    for (const step of [1, 2]) {
      const batch = { order: undefined, start: 0, count: 150, step };
      phases.fill(batch, share);
      await phases.run(batch, share);
      for (const phase of [phases.merge, phases.clip, phases.update]) phase(batch, share);
    }
    for (const { name, read, shape } of viewState(memory, layout, 2, 1).tables) {
      const expected = whole.weights.tables.find((table) => table.name === name)!.values;
      expect(read(0, shape[0]!).every((value, i) => Object.is(value, expected[i]))).toBe(true);
    }
  });

  it('begin with the same values, whoever draws them', () => {
    const model = modelOf('adagrad(0.1, initial_accumulator: 0.3)');
    const data = dataOf(model);
    const of = (largestBank: number, threads: number): readonly (readonly number[])[] => {
      const { layout } = settle({ model, data, engine, plan, largestBank });
      const memory = reserve(layout, false);
      const next = (from: number) => (last: number) => (last < 0 ? from : last + threads);
      for (let t = 0; t < threads; t++) initialise(memory, layout, 5, { next: next(t), nextAside: next(t) });
      const { tables, tableSlots } = viewState(memory, layout, 0, 1);
      return [...tables, ...tableSlots].map(({ read, shape }) => [...read(0, shape[0]!)]);
    };
    const whole = of(2 ** 32, 1);
    expect(of(mebibyte, 1)).toEqual(whole);
    expect(of(mebibyte, 3)).toEqual(whole);
  });

  it('keep small tables whole, and rows with their slots together', () => {
    const model = modelOf('adam(0.01)');
    const { layout } = settle({ model, data: dataOf(model), engine, plan, largestBank: mebibyte });
    for (const { name, rows, rowStride, segments } of layout.tables) {
      expect(segments.reduce((sum, segment) => sum + segment.rows, 0)).toBe(rows);
      segments.forEach(({ from }, s) => expect(from).toBe(s === 0 ? 0 : segments[s - 1]!.from + segments[s - 1]!.rows));
      for (const { bank, at, rows: count } of segments)
        expect(at + count * rowStride).toBeLessThanOrEqual(layout.banks[bank]!.floats);
      if (name === 'tags') expect(segments).toMatchObject([{ bank: 0, from: 0, rows: 4 }]);
    }
  });
});

describe('what does not fit', () => {
  it('into one memory although it is no table, is refused with what it needs', () => {
    const model = modelOf('adam(0.01)');
    expect(() => settle({ model, data: dataOf(model), engine, plan, largestBank: 4096 })).toThrow(
      /^dense weights, gradients and batches need 0\.00 GiB, but can have 0\.00 GiB/,
    );
  });

  it('into the machine is refused before anything is reserved, with tables past one memory counted', () => {
    const layout = planLayout({
      parameters: [],
      states: [],
      tables: [{ name: 'user', rows: 100_000_000, dim: 16, l2: 0, initializer: { kind: 'constant', value: 0 } }],
      sites: [],
      plan,
      rows: [],
      optimizer: {
        embeddings: { rule: 'adam', parameters: {}, exact: false },
        rest: { rule: 'sgd', parameters: {}, exact: false },
        parts: {},
      },
    });
    expect(layout.banks.length).toBe(5);
    expect(() => reserve(layout, false, [], 16 * 2 ** 30)).toThrow(
      'training needs 17.88 GiB (optimizer state 11.92 GiB, tables 5.96 GiB), but there is room for 16.00 GiB',
    );
  });

  it('beside the rows counts them', () => {
    const model = modelOf('adam(0.01)');
    const { layout } = settle({ model, data: dataOf(model), engine, plan });
    const rows = { rows: 2e6, ids: { user: new Int32Array(4e6) }, bags: {}, dense: {}, labels: {} };
    expect(() => reserve(layout, false, [rows], 2 ** 20)).toThrow(/encoded rows 0\.01 GiB.* but there is room for 0\.02 GiB/);
  });
});
