import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile, type LiveModel, type LiveOptions, type Row } from '../../src/live/index.js';

const spec = (train = '') => `model Towers {
  features { user: category(size: 6) item: category(size: 5) price: number(standardize) }
  label taken: binary
  embeddings { dim: 3 }
  network {
    u = linear(concat(user, price), 3)
    i = linear(item, 3)
    taken = match(u, i)
    taken.loss = target(taken) * in_batch_softmax(u, i, item)
  }
  train { batch: 4, optimizer: adam(0.01)${train} }
}
`;
const rows: readonly Row[] = Array.from({ length: 12 }, (_, r) => ({
  user: r % 6,
  item: (r * r) % 5,
  price: r,
  taken: Number(r % 3 > 0),
}));
const facts = { vocabularies: {}, statistics: { price: [{ mean: 5.5, deviation: 3.5 }] } };

beforeAll(() => tf.setBackend('cpu'));

const open = (options: LiveOptions = {}): LiveModel => compile(spec()).toTfjs(tf, { facts, trainingRows: rows, ...options });
const train = (live: LiveModel, batches: readonly number[]): readonly number[] =>
  batches.map((b) => {
    const loss = live.step(rows.slice(4 * b, 4 * b + 4));
    const [value = NaN] = loss.dataSync();
    loss.dispose();
    return value;
  });

describe('a loss that asks how often an id stands in the training rows', () => {
  test('is trained where they are given', () => {
    const live = open();
    const losses = train(
      live,
      Array.from({ length: 60 }, (_, i) => i % 3),
    );
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[2] ?? 0);
    live.dispose();
  });

  test('depends on them', () => {
    const skewed = open({ trainingRows: [...rows, ...rows.filter(({ item }) => item === 1)] });
    const even = open();
    expect(train(skewed, [0])).not.toEqual(train(even, [0]));
    for (const live of [skewed, even]) live.dispose();
  });

  test('is refused where they are not, or where one cannot be encoded', () => {
    const live = compile(spec()).toTfjs(tf, { facts });
    expect(() => live.step(rows)).toThrow('give `trainingRows`');
    live.dispose();
    expect(() => open({ trainingRows: [...rows, { user: 9 }] })).toThrow('1 of 13 rows cannot be encoded; rows[12]: user: 9');
  });
});

test('a state of one model goes on in another as if it had never stopped', async () => {
  const [first, second] = [open(), open({ seed: 99 })];
  train(first, [0, 1]);
  second.setState(await first.state());
  expect(second.steps).toBe(2);
  expect(train(second, [2, 0])).toEqual(train(first, [2, 0]));
  expect(await second.state()).toEqual(await first.state());
  expect(() => second.setState({ steps: 0, arrays: {} })).toThrow('but there is none');
  expect(second.steps).toBe(4);
  for (const live of [first, second]) live.dispose();
});

test('says what a model lacks, or what it cannot do', () => {
  const live = compile(spec()).toTfjs(tf);
  expect(() => live.predict(rows)).toThrow('price is standardized');
  live.dispose();
  expect(() => compile(spec(', coupled: shard')).toTfjs(tf, { facts })).toThrow('`coupled: shard` of Towers');
});
