import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { dependenceOn } from '../../src/data/dependence.js';
import { fileOf, type FileForm } from '../../src/data/profile-source.js';
import { profileSample, profileTable, withSample, type TableProfile } from '../../src/data/profile.js';
import { sniffSource } from '../../src/data/sniff.js';
import { failure, folderWith, writeParquet } from './files.js';

const profileOf = (folder: string, path: string, rows?: number): Promise<TableProfile> =>
  profileTable(fileOf(path), { base: folder, files: { source: path } }, { rows, threads: 1 });

const kinds = ({ columns }: TableProfile): Readonly<Record<string, string>> =>
  Object.fromEntries(columns.map(({ name, kind }) => [name, kind]));

const lines = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('');

describe('the kind of a column', () => {
  const cells: Readonly<Record<string, (i: number) => string>> = {
    whole: (i) => String(i % 9),
    broken: (i) => String(i / 4),
    truth: (i) => (i % 2 === 0 ? 'true' : 'False'),
    day: (i) => `2024-01-${String((i % 28) + 1).padStart(2, '0')}`,
    zip: (i) => `0${String(2138 + (i % 5))}`,
    word: (i) => `w${String(i % 5)}`,
    genres: (i) => ['Drama|War', 'War', 'Drama|Comedy'][i % 3] ?? '',
    tags: (i) => `"${['red', 'blue', 'green'].filter((_, bit) => ((i % 7) + 1) & (1 << bit)).join(', ')}"`,
    people: (i) => `"Last${String(i)}, First${String(i)}"`,
    ids: (i) => `${String(i % 7)} ${String(i % 5)}`,
    point: (i) => `"[${String(i / 8)}, 0.5, 1]"`,
    quoted: () => `"[""a"", ""b""]"`,
    nothing: () => '',
  };

  test('of csv', async () => {
    const text = `${Object.keys(cells).join(',')}\n${lines(120, (i) =>
      Object.values(cells)
        .map((cell) => cell(i))
        .join(','),
    )}`;
    const folder = await folderWith({ 't.csv': text, 't.csv.gz': gzipSync(text) });
    const profile = await profileOf(folder, 't.csv');
    expect(kinds(profile)).toEqual({
      ...{
        whole: 'integer',
        broken: 'float',
        truth: 'boolean',
        day: 'time',
        zip: 'text',
        word: 'text',
        genres: 'list',
        tags: 'list',
      },
      ...{ people: 'text', ids: 'list', point: 'vector', quoted: 'other', nothing: 'empty' },
    });
    const column = (name: string) => profile.columns.find((one) => one.name === name);
    expect(column('genres')?.list).toEqual({ separator: '|', meanLength: 5 / 3, longest: 2 });
    expect(column('genres')?.frequent).toEqual([['Drama', 80], ['War', 80], ['Comedy', 40]]); // prettier-ignore
    expect(column('tags')?.list?.separator).toBe(', ');
    expect(column('point')?.size).toBe(3);
    expect(column('broken')).toMatchObject({ isUnique: true, isAscending: true, distinct: 120 });
    expect(column('people')).toMatchObject({ isUnique: true, distinct: 120, common: 0 });
    expect({ ...(await profileOf(folder, 't.csv.gz')), files: [] }).toEqual({ ...profile, files: [] });
  });

  test('of jsonl: lines that are no objects are counted and left out', async () => {
    const text = lines(50, (i) =>
      i === 9 ? '[1]' : JSON.stringify({ a: i, b: [`x${String(i % 3)}`], c: [i / 8, 1.5], d: { e: 1 }, f: i % 2 === 0, g: null }),
    );
    const profile = await profileOf(await folderWith({ 't.jsonl': text }), 't.jsonl');
    expect(profile).toMatchObject({ rows: 49, broken: 1 });
    expect(kinds(profile)).toEqual({ a: 'integer', b: 'list', c: 'vector', d: 'other', f: 'boolean', g: 'empty' });
  });

  test('of parquet', async () => {
    const folder = await folderWith({});
    await writeParquet(
      join(folder, 't.parquet'),
      `SELECT i AS a, i / 4 AS b, ['x', 'y'] AS c, [0.5::FLOAT, i] AS d, {'e': i} AS e, TIMESTAMP '2024-01-01' + to_hours(i) AS f, i % 2 = 0 AS g FROM range(60) t(i)`,
    );
    const profile = await profileOf(folder, 't.parquet');
    expect(kinds(profile)).toEqual({ a: 'integer', b: 'float', c: 'list', d: 'vector', e: 'other', f: 'time', g: 'boolean' });
  });
});

test('numbers, gaps and rare values are counted as they are', async () => {
  const values = [1, 1, 1, 1, 1, 2, 3, 100];
  const folder = await folderWith({ 't.csv': `n,k\n${lines(8, (i) => `${String(values[i])},${i < 3 ? '' : 'k'}`)}` });
  const [n, k] = (await profileOf(folder, 't.csv')).columns;
  expect(n).toMatchObject({ present: 8, missing: 0, distinct: 4, common: 1, isUnique: false });
  expect(n?.frequent[0]).toEqual(['1', 5]);
  expect(n?.numbers).toMatchObject({ min: 1, max: 100, mean: 13.75, zeros: 0, negative: 0 });
  // Σ(x − x̄)³/n ÷ (Σ(x − x̄)²/n)^(3/2) of these eight numbers.
  expect(n?.numbers?.skewness).toBeCloseTo(2.26582, 5);
  expect(k).toMatchObject({ present: 5, missing: 3, distinct: 1 });
});

test('of a large file the first rows are looked at', async () => {
  const folder = await folderWith({ 't.csv': `n\n${lines(9_000, String)}` });
  expect(await profileOf(folder, 't.csv', 5_000)).toMatchObject({ rows: 5_000, isSample: true });
  expect(await profileOf(folder, 't.csv')).toMatchObject({ rows: 9_000, isSample: false });
});

test('columns of one name are told', async () => {
  const folder = await folderWith({ 't.csv': 'a,b,a\n1,2,3\n' });
  const profile = await profileOf(folder, 't.csv');
  expect(profile.repeated).toEqual(['a']);
  expect(profile.columns.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('values that no number holds end in no error', async () => {
  const folder = await folderWith({
    't.csv': `n\n${lines(20, (i) => ['1e308', '-1e308', '1e-320', '9'.repeat(40)][i % 4] ?? '')}`,
  });
  expect((await profileOf(folder, 't.csv')).columns[0]).toMatchObject({ kind: 'float', distinct: 4 });
});

test('how much of a label a column tells', async () => {
  const folder = await folderWith({
    't.csv': `y,same,half,none\n${lines(200, (i) => [i % 2, i % 2 === 0 ? 'a' : 'b', i % 4 === 0 ? 'p' : 'q', i % 5].join(','))}`,
  });
  const found = await withSample(fileOf('t.csv'), { base: folder, files: { source: 't.csv' } }, {}, async (sample) =>
    dependenceOn(sample, { kind: 'column', name: 'y', type: 'number' }, (await profileSample(sample)).columns),
  );
  expect(found.get('same')).toBeCloseTo(1);
  expect(found.get('half')).toBeCloseTo(1 / 3);
  expect(found.get('none')).toBeCloseTo(0);
});

test('a column of many is looked at in two queries, and what it tells in one', async () => {
  const columns = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `number${String(i)}` : `word${String(i)}`));
  const rows = lines(300, (i) =>
    [i % 2, ...columns.map((_, at) => (at % 2 === 0 ? `${String((i * 7) % 250)}.5` : `w${String(i % 9)}`))].join(','),
  );
  const folder = await folderWith({ 't.csv': `y,${columns.join(',')}\n${rows}` });
  let queries = 0;
  const found = await withSample(fileOf('t.csv'), { base: folder, files: { source: 't.csv' } }, {}, async (sample) => {
    const { run, query, stream } = sample.database;
    const counted =
      <Sql extends readonly unknown[], Result>(call: (...sql: Sql) => Result) =>
      (...sql: Sql): Result => {
        queries += 1;
        return call(...sql);
      };
    const database = { ...sample.database, run: counted(run), query: counted(query), stream: counted(stream) };
    const profile = await profileSample({ ...sample, database });
    return dependenceOn({ ...sample, database }, { kind: 'column', name: 'y', type: 'number' }, profile.columns);
  });
  expect(found.size).toBe(41);
  expect(queries).toBeLessThan(2.6 * 41);
});

describe('what a file without a known form is', () => {
  const sniff = async (name: string, content: string | Uint8Array, form: FileForm = {}) => {
    const folder = await folderWith({ [name]: content });
    return sniffSource(name, form, { base: folder, files: { source: name } });
  };
  test.each([
    ['t.csv', 'a;b\n1,5;2\n3,5;4\n', { separator: ';', encoding: 'utf8' }],
    ['t.data', 'a\tb\n1\t2\n', { separator: '\t' }],
    ['t.txt', 'a::b\n1::2\n', { separator: '::' }],
    ['t.csv', Uint8Array.from([97, 44, 233, 10, 49, 44, 50, 10]), { separator: ',', encoding: 'latin1' }],
  ])('%s', async (name, content, wanted) => {
    expect(await sniff(name, content)).toMatchObject({ format: 'csv', ...wanted });
  });
  test('a row in place of the header line, and what is no text', async () => {
    expect((await failure(sniff('t.csv', '1,2\n3,4\n'))).code).toBe('broken-header');
    expect((await failure(sniff('t.csv', 'NA,2\n3,4\n'))).help).toContain('--header');
    expect(await sniff('t.csv', '1,2\n3,4\n', { hasHeader: true })).toMatchObject({ format: 'csv' });
    expect(await sniff('t.csv', 'id,2019,2020\n1,5,6\n')).toMatchObject({ format: 'csv' });
    expect((await failure(sniff('t.csv', 'a\0b\n'))).message).toContain('binary');
    expect((await failure(sniff('t.csv', Uint8Array.from([255, 254, 97, 0])))).message).toContain('UTF-16');
  });
});
