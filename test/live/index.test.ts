import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSafetensors } from '../../src/encode/safetensors.js';
import { compile, readFacts, readWeights, type LiveModel, type LiveOptions, type Row } from '../../src/live/index.js';

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
const categories = `model Pairs {
  features { user: category item: category }
  label taken: binary
  embeddings { dim: 2 }
  deep { units: [2] }
}
`;

const outputOnly = spec()
  .replace('price: number(standardize)', 'price: number')
  .replace('  train {', '  outputs: [u]\n  train {');

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

test('says what a model lacks', () => {
  const live = compile(spec()).toTfjs(tf);
  expect(() => live.predict(rows)).toThrow('price is standardized');
  live.dispose();
});

describe('rows that lack a column', () => {
  const without = (name: string, instead: object = {}): readonly Row[] =>
    rows.map((row) => ({ ...Object.fromEntries(Object.entries(row).filter(([column]) => column !== name)), ...instead }));

  test('are told what it is and what is like it', () => {
    const live = compile(categories).toTfjs(tf, { facts: { vocabularies: { user: ['0'], item: ['1'] }, statistics: {} } });
    expect(() => live.predict(without('user', { User_: 3 }))).toThrow(
      'no row has a column user, needed by feature user: did you mean User_?',
    );
    expect(() => live.step(without('item'))).toThrow(
      'no row has a column item, needed by feature item: write item: null if it is unknown',
    );
    tf.dispose([live.predict(without('user', { user: null })), live.predict(without('taken')), live.step(rows)]);
    live.predict([{ user: 1 }, { item: 1 }]).taken?.dispose();
    live.dispose();
  });

  test('that only training reads are predicted', () => {
    const live = compile(outputOnly).toTfjs(tf, { trainingRows: rows });
    tf.dispose(live.predict(without('item')));
    expect(() => live.step(without('item'))).toThrow('no row has a column item');
    live.dispose();
  });
});

describe('what a run has learned', () => {
  const bytesOf = (live: LiveModel, pick: (name: string) => boolean): Promise<Uint8Array> =>
    live
      .weights()
      .then((weights) =>
        encodeSafetensors(
          Object.entries(weights).flatMap(([name, { shape, values }]) => (pick(name) ? [{ name, shape, values }] : [])),
        ),
      );

  test('is read from its files', async () => {
    const trained = open();
    train(trained, [0, 1, 2]);
    const dense = await bytesOf(trained, (name) => !name.startsWith('table.'));
    const tables = await bytesOf(trained, (name) => name.startsWith('table.'));
    const other = compile(spec()).toTfjs(tf, { facts: readFacts(JSON.stringify({ program: {}, ...facts })), trainingRows: rows });
    // Node's Buffer stands somewhere in memory that others share.
    other.setWeights(readWeights(Buffer.from(dense), tables.buffer as ArrayBuffer));
    expect(await other.weights()).toEqual(await trained.weights());
    expect(() => readWeights(dense, dense)).toThrow(/two files have the weight /);
    for (const broken of [dense.subarray(0, -1), dense.subarray(0, 20), new Uint8Array(), new Uint8Array(64).fill(255)])
      expect(() => readWeights(broken)).toThrow('this is no whole safetensors file');
    for (const live of [trained, other]) live.dispose();
  });

  test.each([
    ['null', 'this is no encoder.json'],
    ['{"vocabularies":["user"],"statistics":{}}', 'has only the names of its vocabularies'],
    ['{"vocabularies":{"user":[1]},"statistics":{}}', 'the vocabulary user is not a list of texts'],
    ['{"vocabularies":{},"statistics":{"age":[{"mean":1,"deviation":0}]}}', 'the statistics of age'],
  ])('is refused where it is none: %s', (text, why) => {
    expect(() => readFacts(text)).toThrow(why);
  });
});
