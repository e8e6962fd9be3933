import { describe, expect, it, test } from 'vitest';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import type { EncodedRows } from '../../src/encode/program.js';
import { cutRows } from '../../src/train/cut.js';
import { createOnnxruntimeEngine } from '../../src/train/engines/onnxruntime.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { openModel, type Inference } from '../../src/train/inference.js';
import { toyData, toyModel, trainToy } from './toy.js';

const sizes = [2, 16, 128, 1024];
const cutsOf = (rows: number): readonly (readonly number[])[] => cutRows(rows, sizes).map(({ count, size }) => [count, size]);

describe('rows are cut', () => {
  test.each([0, 1, 2, 3, 15, 17, 100, 129, 300, 1024, 1025, 5000])('%i of them, each into one run', (rows) => {
    let next = 0;
    for (const { start, count, size } of cutRows(rows, sizes)) {
      expect(start).toBe(next);
      expect(sizes).toContain(size);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(size);
      next += count;
    }
    expect(next).toBe(rows);
  });

  it('so that few do not wait for many', () => {
    expect(cutsOf(1)).toEqual([[1, 2]]);
    expect(cutsOf(10)).toEqual([[10, 16]]);
    expect(cutsOf(100)).toEqual([[100, 128]]);
    expect(cutsOf(140)).toEqual([
      [128, 128],
      [12, 16],
    ]);
    expect(cutsOf(1000)).toEqual([[1000, 1024]]);
  });

  it('smaller where there is no room', () => {
    const cuts = cutRows(1000, sizes, (start, count) => count <= 300 && start + count <= 990);
    expect(Math.max(...cuts.map(({ count }) => count))).toBeLessThanOrEqual(300);
    expect(cuts.filter(({ start }) => start > 980).every(({ count }) => count <= 9)).toBe(true);
  });
});

/** Rows `from` … `to` - 1. */
const part = (rows: EncodedRows, from: number, to: number): EncodedRows => ({
  rows: to - from,
  ids: mapped(rows.ids, (ids) => ids.subarray(from, to)),
  bags: mapped(rows.bags, ({ ids, offsets }) => ({
    ids: ids.subarray(offsets[from], offsets[to]),
    offsets: offsets.slice(from, to + 1).map((offset) => offset - (offsets[from] ?? 0)),
  })),
  dense: mapped(rows.dense, ({ width, values }) => ({ width, values: values.subarray(from * width, to * width) })),
  labels: {},
});

const mapped = <T>(record: Readonly<Record<string, T>>, to: (value: T) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

describe('a row gets the same bits', () => {
  const model = toyModel({ label: 'binary', metrics: 'auc' });
  const data = toyData(model, { test: 2500 });
  const opened = async (threads: number): Promise<Inference> => {
    const { weights } = await trainToy(model, data);
    return openModel({ model, graph: inferenceGraph(model), weights, engine: await createOnnxruntimeEngine(), threads });
  };

  it('alone, among few and among many, on one thread and on two', async () => {
    const [one, two] = [await opened(1), await opened(2)];
    const whole = (await one.predictRows(data.test)).logits.y!;
    expect((await two.predictRows(data.test)).logits.y).toEqual(whole);
    for (const [from, to] of [
      [0, 1],
      [7, 8],
      [2499, 2500],
      [3, 5],
      [100, 117],
      [900, 1050],
      [1, 2500],
    ] as const) {
      const { logits } = await one.predictRows(part(data.test, from, to));
      expect(logits.y).toEqual(whole.subarray(from, to));
    }
    await one.close();
    await two.close();
  });

  it('when many ask at once', async () => {
    const inference = await opened(2);
    const whole = (await inference.predictRows(data.test)).logits.y!;
    const asked = Array.from({ length: 40 }, (_, i) => part(data.test, 20 * i, 20 * i + 1 + (i % 5)));
    const answers = await Promise.all(asked.map((rows) => inference.predictRows(rows)));
    answers.forEach(({ logits }, i) => {
      expect(logits.y).toEqual(whole.subarray(20 * i, 20 * i + 1 + (i % 5)));
    });
    await inference.close();
  });
});

test('a bag may be longer than there was room for', async () => {
  const model = toyModel({ label: 'binary', metrics: 'auc' });
  const data = toyData(model, { test: 20 });
  const { weights } = await trainToy(model, data);
  const inference = await openModel({ model, graph: inferenceGraph(model), weights, engine: createReferenceEngine() });
  const before = await inference.predictRows(data.test);
  const [name = '', bag] = Object.entries(data.test.bags)[0] ?? [];
  const length = 200_000;
  const long: EncodedRows = {
    ...data.test,
    bags: {
      ...data.test.bags,
      [name]: { ids: new Int32Array(bag!.ids.length + length), offsets: bag!.offsets.map((o, i) => (i === 20 ? o + length : o)) },
    },
  };
  long.bags[name]!.ids.set(bag!.ids);
  const { logits } = await inference.predictRows(long);
  expect(logits.y?.subarray(0, 19)).toEqual(before.logits.y?.subarray(0, 19));
  expect(Number.isFinite(logits.y?.[19])).toBe(true);
  expect(await inference.predictRows(data.test)).toEqual(before);
});

test('no rows give no predictions', async () => {
  const model = toyModel({ label: 'binary', metrics: 'auc' });
  const data = toyData(model);
  const { weights } = await trainToy(model, data);
  const inference = await openModel({ model, graph: inferenceGraph(model), weights, engine: createReferenceEngine() });
  expect((await inference.predictRows(part(data.train, 0, 0))).logits.y).toHaveLength(0);
});
