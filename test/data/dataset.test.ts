import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, cleanCache } from '../../src/data/cache.js';
import { openDataset, readSplit, type Dataset, type DatasetOptions } from '../../src/data/dataset.js';
import { fittingRows, usualRowBytes } from '../../src/data/encode-rows.js';
import { encoderProgram } from '../../src/encode/compile.js';
import type { EncodedRows } from '../../src/encode/program.js';
import { category, column, data, label, model, number, operation, source, span, vector } from '../encode/models.js';
import { encodeIn, failure, folderWith } from './files.js';

const ratings = model(
  [
    category('user'),
    category('genres', { many: { separator: '|', pool: 'mean', maxLength: 3 } }),
    category('city'),
    category('both', { cross: ['user', 'city'], codes: { kind: 'vocabulary', name: 'both', minCount: 2 } }),
    category('decade', {
      value: operation('floor', operation('divide', column('age', 'number'), { kind: 'literal', value: 10, type: 'number' })),
    }),
    number('age', { transforms: ['standardize'] }),
    vector('point', 2),
  ],
  [label('liked', { kind: 'binary' })],
  data(source('rows.csv'), {
    joins: [{ name: 'users', source: source('users.csv'), on: 'user', required: true, span }],
    split: { kind: 'time', column: 'at', train: 0.7, valid: 0.2, test: 0.1 },
    keep: operation('not_equal', column('age', 'number'), { kind: 'literal', value: 13, type: 'number' }),
    badRows: 0.1,
  }),
);

const count = 3000;

/** Row 100 is bad; every tenth user is in no file of users. */
const files = (rows = count): Readonly<Record<string, string>> => ({
  'rows.csv': `user,genres,point,at,liked\n${Array.from({ length: rows }, (_, i) => {
    const genres = ['a', 'b', 'c', 'd'].filter((_, k) => (i >> k) % 2 === 1).join('|');
    return `u${String((i * 7) % 50)},${genres},"[${String(i / 7)}, ${i === 100 ? 'x' : '1'}]",${String((i * 37) % 1000)},${String(i % 3 === 0 ? 1 : 0)}`;
  }).join('\n')}\n`,
  'users.csv': `user,city,age\n${Array.from({ length: 50 }, (_, i) => `u${String(i)},c${String(i % 5)},${String(10 + i)}`)
    .filter((_, i) => i % 10 !== 9)
    .join('\n')}\n`,
});

function datasetIn(folder: string, options: Partial<DatasetOptions> = {}): Promise<Dataset> {
  const program = encoderProgram(ratings);
  return openDataset({ model: ratings, program, paths: { folder }, threads: 2, compiler: '1', rowsAtOnce: 1000, ...options });
}

/** Numbers, so that shared and unshared arrays are alike. */
const plain = ({ rows, ids, bags, dense, labels }: EncodedRows): unknown => ({
  rows,
  ids: Object.entries(ids).map(([name, values]) => [name, [...values]]),
  bags: Object.entries(bags).map(([name, bag]) => [name, [...bag.ids], [...bag.offsets]]),
  dense: Object.entries(dense).map(([name, { width, values }]) => [name, width, [...values]]),
  labels: Object.entries(labels).map(([name, values]) => [name, [...values]]),
});

test('rows range by range in a file are the rows in memory, to the bit', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const whole = await encodeIn(folder, ratings);
  expect(whole.counts).toMatchObject({ read: count, bad: 1 });
  expect(whole.counts.dropped).toBeGreaterThan(100);
  const tiny = await datasetIn(folder, { budget: 20_000, cache: join(folder, 'cache') });
  expect(tiny.rows).toBeUndefined();
  expect(tiny.file?.groups('train').length).toBeGreaterThan(10);
  expect([tiny.state, tiny.counts]).toEqual([whole.state, whole.counts]);
  const again = await datasetIn(folder, { budget: 20_000, cache: join(folder, 'cache') });
  expect(again.isFromCache).toBe(true);
  for (const { file, warnings } of [tiny, again]) {
    if (!file) throw new Error('the rows are in memory');
    expect(warnings).toEqual(tiny.warnings);
    for (const split of ['train', 'valid', 'test'] as const)
      expect(plain(await readSplit(file, split))).toEqual(plain(whole[split]));
  }
  await tiny.close();
  await again.close();
});

test('a cached data set is read without its sources, and what it was made of decides', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const cache = join(folder, 'cache');
  const first = await datasetIn(folder, { cache });
  const second = await datasetIn(folder, { cache });
  expect([first.isFromCache, second.isFromCache]).toEqual([false, true]);
  expect([second.state, second.counts, second.warnings]).toEqual([first.state, first.counts, first.warnings]);
  for (const split of ['train', 'valid', 'test'] as const)
    expect(plain(second.rows?.[split] ?? ({} as EncodedRows))).toEqual(plain(first.rows?.[split] ?? ({} as EncodedRows)));
  expect((await datasetIn(folder, { cache, compiler: '2' })).isFromCache).toBe(false);
  expect((await datasetIn(folder, { cache, seed: 5 })).isFromCache).toBe(false);
  await writeFile(join(folder, 'users.csv'), `${files()['users.csv'] ?? ''}u9,c9,99\n`);
  const changed = await datasetIn(folder, { cache });
  expect(changed.isFromCache).toBe(false);
  expect(changed.counts.dropped).toBeLessThan(first.counts.dropped);
  expect((await datasetIn(folder)).isFromCache).toBe(false);
});

test('a damaged or cut file is encoded again, with a word', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const cache = join(folder, 'cache');
  const first = await datasetIn(folder, { cache });
  const [name = ''] = await readdir(join(cache, 'rows'));
  const file = join(cache, 'rows', name);
  const good = await readFile(file);
  for (const at of [100, good.length - 200, good.length - 5]) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    await writeFile(file, bad);
    const notes: string[] = [];
    const again = await datasetIn(folder, { cache, onNote: (note) => notes.push(note) });
    expect(notes).toEqual([expect.stringContaining('encoded again')]);
    expect([again.isFromCache, again.state]).toEqual([false, first.state]);
    expect((await readFile(file)).equals(good)).toBe(true);
  }
  await writeFile(file, good.subarray(0, 1000));
  expect((await datasetIn(folder, { cache })).isFromCache).toBe(false);
});

test('a stopped or failed run leaves nothing in the cache or among temporary files', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const cache = join(folder, 'cache');
  const stop = new AbortController();
  const stopped = datasetIn(folder, {
    cache,
    budget: 20_000,
    temporary: folder,
    signal: stop.signal,
    onProgress: ({ stage, done }) => {
      if (stage === 'encode' && done > 1500) stop.abort(new Error('enough'));
    },
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(await readdir(join(cache, 'rows'))).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.startsWith('reccompile-'))).toEqual([]);
});

test('without a cache, rows that are too many lie in a temporary file until the end', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const dataset = await datasetIn(folder, { budget: 20_000, temporary: folder });
  const temporary = async () => (await readdir(folder)).filter((name) => name.startsWith('reccompile-'));
  expect(await temporary()).toHaveLength(1);
  await dataset.close();
  expect(await temporary()).toEqual([]);
});

test('the place of the cache is what the system and the user say', () => {
  const home = { HOME: '/home/a' };
  expect(cacheFolder({ ...home, RECCOMPILE_CACHE: '/big' }, 'linux')).toBe('/big');
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/reccompile');
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: 'x' }, 'linux')).toBe('/home/a/.cache/reccompile');
  expect(cacheFolder(home, 'darwin')).toBe('/home/a/Library/Caches/reccompile');
  expect(cacheFolder({ LOCALAPPDATA: 'C:\\Local' }, 'win32')).toBe('C:\\Local\\reccompile\\Cache');
  expect(cacheFolder({}, 'linux')).toBeUndefined();
});

test('the longest unused files go first, and those that were never finished', async () => {
  const folder = await folderWith({});

  await mkdir(join(folder, 'rows'));
  const ages = {
    'new.rows': 0,
    'old.rows': 2,
    'older.rows': 3,
    'ancient.rows': 31,
    'new.rows.tmp': 0,
    'old.rows.tmp': 2,
    'other.txt': 99,
  };
  for (const [name, days] of Object.entries(ages)) {
    const file = join(folder, 'rows', name);
    await writeFile(file, 'x'.repeat(1000));
    const then = new Date(Date.now() - days * 24 * 3600 * 1000);
    await utimes(file, then, then);
  }
  await cleanCache(folder, undefined, 2500);
  expect((await readdir(join(folder, 'rows'))).sort()).toEqual(['new.rows', 'new.rows.tmp', 'old.rows', 'other.txt']);
  expect((await stat(join(folder, 'rows'))).isDirectory()).toBe(true);
});

test('the file in use stays, even if it is more than all may be', async () => {
  const folder = await folderWith({});
  await mkdir(join(folder, 'rows'));
  for (const name of ['large.rows', 'other.rows']) await writeFile(join(folder, 'rows', name), 'x'.repeat(3000));
  await cleanCache(folder, join(folder, 'rows', 'large.rows'), 2500);
  expect(await readdir(join(folder, 'rows'))).toEqual(['large.rows']);
});

test('the digest of rows in a file does not depend on how many are read at once', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const digestOf = async (rowsAtOnce: number, seed = 0): Promise<string | undefined> => {
    const dataset = await datasetIn(folder, { budget: 20_000, temporary: folder, rowsAtOnce, seed });
    await dataset.close();
    return dataset.file?.digest;
  };
  const digest = await digestOf(1000);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await digestOf(700)).toBe(digest);
  await writeFile(join(folder, 'users.csv'), `${files()['users.csv'] ?? ''}u9,c9,99\n`);
  expect(await digestOf(700)).not.toBe(digest);
});

test('the bytes of rows decide where they are, from the cache as from the files', { timeout: 60_000 }, async () => {
  const long = model(
    [category('user'), category('tags', { many: { separator: '|', pool: 'mean' } })],
    [label('liked', { kind: 'binary' })],
    data(source('rows.csv')),
  );
  for (const [tags, budget, isInFile] of [
    [61, 180_000, true],
    [1, 15_000, false],
  ] as const) {
    const line = (i: number): string =>
      `u${String(i % 50)},${Array.from({ length: tags }, (_, k) => `t${String((i + k) % 90)}`).join('|')},1`;
    const folder = await folderWith({
      'rows.csv': `user,tags,liked\n${Array.from({ length: 800 }, (_, i) => line(i)).join('\n')}\n`,
    });
    const open = () =>
      datasetIn(folder, { model: long, program: encoderProgram(long), budget, cache: join(folder, 'cache'), temporary: folder });
    const whole = await encodeIn(folder, long);
    for (const isFromCache of [false, true]) {
      const dataset = await open();
      expect([dataset.isFromCache, dataset.file !== undefined]).toEqual([isFromCache, isInFile]);
      const train = dataset.file ? await readSplit(dataset.file, 'train') : dataset.rows?.train;
      expect(plain(train ?? whole.test)).toEqual(plain(whole.train));
      await dataset.close();
    }
    const uncached = await datasetIn(folder, { model: long, program: encoderProgram(long), budget, temporary: folder });
    expect(uncached.file !== undefined).toBe(isInFile);
    await uncached.close();
    expect((await readdir(folder)).filter((name) => name.startsWith('reccompile-'))).toEqual([]);
  }
});

test('a file that is damaged where its rows are read is removed, and made again', { timeout: 60_000 }, async () => {
  const folder = await folderWith(files());
  const cache = join(folder, 'cache');
  await (await datasetIn(folder, { budget: 20_000, cache })).close();
  const [name = ''] = await readdir(join(cache, 'rows'));
  const place = join(cache, 'rows', name);
  const bytes = await readFile(place);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(place, bytes);
  const broken = await datasetIn(folder, { budget: 20_000, cache });
  expect(broken.isFromCache).toBe(true);
  if (!broken.file) throw new Error('the rows are in memory');
  expect(await failure(readSplit(broken.file, 'train'))).toMatchObject({
    code: 'damaged-rows',
    help: 'it is removed: the same command encodes the data again',
  });
  await broken.close();
  const again = await datasetIn(folder, { budget: 20_000, cache });
  expect(again.isFromCache).toBe(false);
  await again.close();
});

const listModel = (file: string, separator?: string, format = { format: separator === undefined ? 'jsonl' : 'csv' } as const) =>
  model(
    [
      category('seen', { many: { pool: 'mean', maxLength: 4, ...(separator !== undefined && { separator }) } }),
      category('tags', { many: { pool: 'sum', ...(separator !== undefined && { separator }) } }),
      category('short', { many: { pool: 'mean', ...(separator !== undefined && { separator }) } }),
      category('both', { cross: ['tags', 'short'], many: { pool: 'mean' } }),
      vector('point', 2),
    ],
    [label('liked', { kind: 'binary' })],
    data(source(file, format), {
      joins: [{ name: 'items', source: source(`items-${file}`, format), on: 'item', required: false, span }],
      badRows: 0.1,
    }),
  );

/** Nearly all rows have a list that no other has; that of row 7 is none. */
const listRows = Array.from({ length: 2500 }, (_, i) => ({
  item: i % 600,
  seen: Array.from({ length: i % 7 }, (_, k) => `s${String((i * 31 + k * k * 17) % 500)}`),
  short: [['a'], ['b', 'c'], []][i % 3] ?? [],
  point: i === 7 ? [1] : [i / 7, -i],
  liked: i % 2,
}));
const listItems = Array.from({ length: 500 }, (_, i) => ({ item: i, tags: [`t${String(i % 40)}`, `x${String(i)}`, 'ü'] }));

const jsonLines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const csvLines = (rows: readonly object[]): string => {
  const field = (value: unknown): string =>
    Array.isArray(value) ? `"${value.join(typeof value[0] === 'number' ? ',' : '|')}"` : String(value);
  return `${[Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map(field))].map((fields) => fields.join(',')).join('\n')}\n`;
};

test('lists range by range are those that are read at once, of the source and of joined files', { timeout: 60_000 }, async () => {
  const folder = await folderWith({
    'rows.csv': csvLines(listRows),
    'items-rows.csv': csvLines(listItems),
    'rows.jsonl': jsonLines(listRows),
    'items-rows.jsonl': jsonLines(listItems),
  });
  const found: unknown[] = [];
  for (const [file, separator] of [
    ['rows.csv', '|'],
    ['rows.jsonl', undefined],
  ] as const) {
    const lists = listModel(file, separator);
    const whole = await encodeIn(folder, lists);
    expect(whole.counts.badRows).toMatchObject([{ record: 8, name: 'point' }]);
    expect(whole.train.bags.seen?.ids.length).toBeGreaterThan(2000);
    const tiny = await datasetIn(folder, { model: lists, program: encoderProgram(lists), budget: 20_000, rowsAtOnce: 700 });
    if (!tiny.file) throw new Error('the rows are in memory');
    expect(tiny.state).toEqual(whole.state);
    for (const split of ['train', 'valid', 'test'] as const)
      expect(plain(await readSplit(tiny.file, split))).toEqual(plain(whole[split]));
    await tiny.close();
    found.push([whole.state, plain(whole.train)]);
  }
  expect(found[0]).toEqual(found[1]);
});

test('ranges of many columns are short enough for the memory', () => {
  const wide = model(
    Array.from({ length: 1000 }, (_, i) => number(`x${String(i)}`)),
    [label('liked', { kind: 'binary' })],
    data(source('rows.csv')),
  );
  const rows = fittingRows(usualRowBytes(encoderProgram(wide)), 1e9);
  expect(rows * 1001 * 8).toBeLessThanOrEqual(5e8);
  expect(rows).toBeGreaterThan(50_000);
  expect(fittingRows(usualRowBytes(encoderProgram(ratings)), 1e9)).toBeGreaterThan(2 ** 18);
});
