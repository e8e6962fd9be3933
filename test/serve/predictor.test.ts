import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  isPredictionError,
  loadPredictor,
  type Prediction,
  type PredictionError,
  type Predictor,
} from '../../src/serve/index.js';
import { keptWorkplace, ratings } from '../cli/workplace.js';

const spec = `model Ratings {
  data { source: "ratings.csv" }
  features {
    user: category
    item: category(size: 11)
    price: number(standardize)
    half: number = price / 2
    paid: number(default: 3) = fee
    tags: category[](separator: "|", hash: 20) = user
  }
  label liked: binary = rating >= 4
  label stars: class(6) = rating
  embeddings { dim: 2 }
  network {
    item_vector = item
    both = concat(user, item_vector, tags, price, half, paid)
    liked = linear(both, 1)
    stars = linear(both, 6)
  }
  outputs: [liked, stars, item_vector]
  train { batch: 16 epochs: 2 }
}
`;
const data = ratings.replace('price,rating\n', 'price,rating,fee\n').replaceAll(/(\d)\n(?=\d|$)/g, '$1,\n');
let place: ReturnType<typeof keptWorkplace>;
let predictor: Predictor;

beforeAll(async () => {
  place = keptWorkplace({ 'ratings.rec': spec, 'ratings.csv': data });
  expect(await place.call(['train', 'ratings.rec', '--out', 'run', '--quiet'])).toMatchObject({ status: 0 });
  predictor = await loadPredictor(path.join(place.folder, 'run'), { engine: 'reference' });
  return async () => {
    await predictor.close();
    place.remove();
  };
});

const row = { user: 3, item: 4, price: 2.5, fee: null };
const failure = async (prediction: Promise<unknown>): Promise<PredictionError> => {
  const error = await prediction.catch((thrown: unknown) => thrown);
  if (!isPredictionError(error)) throw new Error(`no PredictionError but ${String(error)}`);
  return error;
};
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, x: unknown) => (typeof x === 'number' ? Number(x.toPrecision(7)) : x));

describe('a predictor', () => {
  test('says what it gives and takes', () => {
    expect(predictor.model).toBe('Ratings');
    expect(predictor.outputs).toEqual(['liked', 'stars', 'item_vector']);
    expect(predictor.columns).toEqual(['user', 'item', 'price']);
  });

  test('gives what the command does', async () => {
    const rows = [row, { user: 'new', item: '10', price: '1e2' }, { user: null, item: 0, price: -1, fee: 7, more: 1 }];
    place.write('rows.jsonl', rows.map((one) => JSON.stringify(one)).join('\n'));
    const { out } = await place.call(['predict', 'run', 'rows.jsonl']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(rounded(await predictor.predict(rows))).toEqual(lines);
  });

  test('gives a row what it gives it among others', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ ...row, user: i % 7, item: i % 11, price: i }));
    const together = await predictor.predict(rows);
    const alone: Prediction[] = [];
    for (const one of rows.slice(0, 20)) alone.push(await predictor.predict(one));
    expect(alone).toEqual(together.slice(0, 20));
    expect(await Promise.all(rows.slice(0, 20).map((one) => predictor.predict(one)))).toEqual(alone);
    const [{ liked, stars, item_vector } = {}] = alone;
    expect([liked, stars, item_vector]).toEqual([
      expect.any(Number),
      Array(6).fill(expect.any(Number)),
      [expect.any(Number), expect.any(Number)],
    ]);
  });

  test('takes rows whose columns are getters of a class, and interfaces without an index', async () => {
    interface Wanted {
      user: number;
      item: number;
      price: number;
      fee: null;
    }
    class Lazy {
      readonly user = 3;
      readonly fee = null;
      get item(): number {
        return this.user + 1;
      }
      get price(): number {
        return this.user - 0.5;
      }
    }
    const wanted: Wanted = row;
    expect(await predictor.predict(new Lazy())).toEqual(await predictor.predict(wanted));
  });

  test('gives nothing for no rows', async () => {
    expect(await predictor.predict([])).toEqual([]);
  });
});

describe('rows that cannot be predicted', () => {
  test('are told of, each with its place, reason and features', async () => {
    const { message, rows } = await failure(
      predictor.predict([row, { ...row, price: 'cheap' }, { ...row, item: 11 }, { ...row, price: null }]),
    );
    expect(rows).toEqual([
      { row: 1, reason: 'price: "cheap" is not a number', features: ['price', 'half'] },
      { row: 2, reason: 'item: 11 is not a whole number from 0 to 10', features: ['item'] },
      { row: 3, reason: 'price is missing', features: ['price', 'half'] },
    ]);
    expect(message).toBe(
      '3 of 4 rows cannot be predicted\n  rows[1]: price: "cheap" is not a number\n  rows[2]: item: 11 is not a whole number from 0 to 10\n  rows[3]: price is missing',
    );
  });

  test('are counted where they are many', async () => {
    const { message, rows } = await failure(predictor.predict(Array.from({ length: 9 }, () => ({ ...row, item: 'x' }))));
    expect(rows).toHaveLength(9);
    expect(message.split('\n')).toHaveLength(7);
    expect(message).toMatch(/\n {2}and 4 more$/);
  });

  test('alone need no place', async () => {
    expect(await failure(predictor.predict({ ...row, item: -1 }))).toMatchObject({
      message: 'item: -1 is not a whole number from 0 to 10',
    });
  });

  test.each([[[row, null]], [[undefined]], [[row, 7]]])('%j', async (rows) => {
    const { rows: bad } = await failure(predictor.predict(rows as object[]));
    expect(bad).toEqual([{ row: rows.length - 1, reason: 'it is no object', features: [] }]);
  });
});

describe('columns that no row has', () => {
  test.each([
    [{ item: 4, price: 2 }, 'the row has no column user, needed by features user, tags: write user: null if it is unknown'],
    [{ users: 3, item: 4, price: 2 }, 'the row has no column user, needed by features user, tags: did you mean users?'],
    [[{ user: 3, item: 4 }], 'no row has a column price, needed by features price, half'],
    [{ user: 1, item: 1, price: undefined }, 'the row has no column price, needed by features price, half'],
  ])('%j', async (given, message) => {
    expect((await failure(predictor.predict(given))).message).toBe(message);
  });

  test('are missing values where one row has them, or where they may be', async () => {
    expect(await predictor.predict([row, { item: 4, price: 2.5 }])).toHaveLength(2);
    const lenient = await loadPredictor(path.join(place.folder, 'run'), { engine: 'reference', missingColumns: 'allow' });
    expect(await lenient.predict({ item: 4, price: 2.5 })).toEqual(await predictor.predict({ user: null, item: 4, price: 2.5 }));
    expect((await failure(lenient.predict({ item: 4 }))).message).toBe('price is missing');
    await lenient.close();
  });
});

describe('a predictor of some outputs', () => {
  test('needs only their columns', async () => {
    const items = await loadPredictor(path.join(place.folder, 'run'), { engine: 'reference', outputs: ['item_vector'] });
    expect(items.columns).toEqual(['item']);
    const { item_vector } = await predictor.predict(row);
    expect(await items.predict({ item: 4 })).toEqual({ item_vector });
    await items.close();
  });

  test('knows their names', async () => {
    const run = path.join(place.folder, 'run');
    expect((await failure(loadPredictor(run, { outputs: ['likes'] }))).message).toBe(
      'model Ratings has no output likes: did you mean liked?',
    );
  });
});

test('a folder that is no run is told of', async () => {
  await expect(loadPredictor(place.folder)).rejects.toMatchObject({ name: 'RunError', code: 'not-a-run' });
});

test('the record of a run is told from its folder', async () => {
  const run = path.join(place.folder, 'run');
  await expect(loadPredictor(path.join(run, 'run.json'))).rejects.toMatchObject({
    name: 'RunError',
    code: 'not-a-run',
    message: `${path.join(run, 'run.json')} is a file: the run is its folder, ${run}`,
  });
  await expect(loadPredictor(path.join(place.folder, 'ratings.csv'))).rejects.toThrow('ratings.csv is a file: a run is a folder');
});

describe('arguments that a program without types may give', () => {
  const load = loadPredictor as (...given: readonly unknown[]) => Promise<Predictor>;
  test.each<[unknown, string]>([
    [{ output: 'liked' }, 'loadPredictor has no option output: did you mean outputs?'],
    [{ colour: 'red' }, 'loadPredictor has no option colour: it has outputs, threads, engine, missingColumns'],
    [{ missingColumns: 'alow' }, "missingColumns of loadPredictor is 'refuse' or 'allow', not 'alow': did you mean allow?"],
    [{ missingColumns: true }, "missingColumns of loadPredictor is 'refuse' or 'allow', not true"],
    [{ engine: 'onnx' }, "engine of loadPredictor is 'onnxruntime' or 'reference', not 'onnx': did you mean onnxruntime?"],
    [{ threads: 0 }, 'threads of loadPredictor is a whole number ≥ 1, not 0'],
    [{ threads: '2' }, "threads of loadPredictor is a whole number ≥ 1, not '2'"],
    [{ outputs: [] }, 'outputs of loadPredictor is a list of one or more names, not []'],
    [{ outputs: 'liked' }, "outputs of loadPredictor is a list of one or more names, not 'liked'"],
    [null, 'the options of loadPredictor are an object, not null'],
  ])('%j is refused', async (options, message) => {
    await expect(load(path.join(place.folder, 'run'), options)).rejects.toThrow(new TypeError(message));
  });

  test.each([[undefined], [''], [7]])('%j is no folder', async (folder) => {
    const shown = folder === '' ? "''" : String(folder);
    await expect(load(folder)).rejects.toThrow(new TypeError(`loadPredictor needs the path of a run folder, not ${shown}`));
  });
});

test.each([
  [{}],
  [{ price: [] }],
  [{ price: [{ mean: 1, deviation: 0 }] }],
  [
    {
      price: [
        { mean: 1, deviation: 2 },
        { mean: 1, deviation: 2 },
      ],
    },
  ],
])('a run with the statistics %j is damaged', async (statistics) => {
  const folder = path.join(place.folder, 'damaged');
  cpSync(path.join(place.folder, 'run'), folder, { recursive: true });
  const file = path.join(folder, 'encoder.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), statistics }));
  await expect(loadPredictor(folder, { engine: 'reference' })).rejects.toMatchObject({
    code: 'run-damaged',
    message: `${file} is damaged: price is standardized, which needs a finite mean and a deviation above 0`,
  });
});

test('a closed predictor answers the calls before, and no others', async () => {
  const closed = await loadPredictor(path.join(place.folder, 'run'), { engine: 'reference' });
  const before = closed.predict(row);
  const closing = closed.close();
  await expect(closed.predict(row)).rejects.toThrow('the predictor is closed');
  expect(await before).toEqual(await predictor.predict(row));
  await closing;
  await closed.close();
  await expect(closed.predict([])).rejects.toThrow('the predictor is closed');
});
