import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ratings, spec, workplace } from './workplace.js';

const train = ['train', 'ratings.rec', '--out', 'run'];

describe('a training', () => {
  test('tells progress on standard error, and ends with the run and what to do next', async () => {
    const { call } = workplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
    const { status, out, error } = await call([...train, '--threads', '3']);
    expect({ status, out }).toEqual({ status: 0, out: '' });
    const lines = error.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^120 rows: \d+ train, \d+ validate, \d+ test$/);
    expect(lines[1]).toMatch(/^Ratings: \d+ parameters, reference/);
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(/^trained 2 epochs in .*: run$/),
      'next: reccompile predict run rows.csv',
    ]);
  });

  test('names rows to predict as the spec names its own', async () => {
    const { call, write } = workplace({ 'ratings.dat': ratings.replaceAll(',', ';'), 'ratings.csv.gz': gzipSync(ratings) });
    for (const [source, rows] of [
      ['csv("ratings.dat", separator: ";")', 'rows.dat'],
      ['"ratings.csv.gz"', 'rows.csv'],
    ] as const) {
      write('ratings.rec', spec.replace('"ratings.csv"', source));
      const { error } = await call(['train', 'ratings.rec', '--out', rows]);
      expect(error.trimEnd().split('\n').at(-1)).toBe(`next: reccompile predict ${rows} ${rows}`);
    }
  });

  test('--json gives one line, --quiet the folder alone', async () => {
    const { call } = workplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
    const { out } = await call([...train, '--json']);
    expect(out.endsWith('}\n')).toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      run: 'run',
      model: 'Ratings',
      status: 'finished',
      epochs: 2,
      rows: { read: 120, bad: 0 },
    });
    expect(await call(['train', 'ratings.rec', '--quiet'])).toEqual({ status: 0, out: 'runs/Ratings-1\n', error: '' });
    expect((await call(['train', 'ratings.rec', '--quiet'])).out).toBe('runs/Ratings-2\n');
  });

  test('prints a warning of the spec once', async () => {
    const { call } = workplace({
      'ratings.rec': spec.replace('cross { depth: 1 }', 'cross { depth: 1, rank: 20 }'),
      'ratings.csv': ratings,
    });
    const { error } = await call(train);
    expect(error.match(/warning rank-saves-nothing/g)).toHaveLength(1);
  });

  test('warns of columns that teach nothing, also where it is quiet', async () => {
    const dull = ratings.replaceAll(/^(\d+),(\d+),[^,]*/gm, '$1,$2,3');
    const { call } = workplace({
      'ratings.rec': spec.replace('user: category', 'user: category(min_count: 1000)'),
      'ratings.csv': dull,
    });
    const { status, error } = await call([...train, '--quiet']);
    expect(status).toBe(0);
    expect(error.trimEnd().split('\n')).toEqual([
      'warning: feature user: no value is in 1000 training rows (min_count), so that all count as unknown',
      'warning: feature price has one value in all training rows',
    ]);
  });
});

const line = (n: number, replacement: string): string =>
  ratings
    .split('\n')
    .map((l, i) => (i === n ? replacement : l))
    .join('\n');

describe('data that cannot be trained on', () => {
  test.each<[string, { csv?: string | Uint8Array; spec?: (spec: string) => string; line?: readonly string[] }, string]>([
    [
      'a missing file',
      { spec: (s) => s.replace('ratings.csv', 'raitngs.csv') },
      'there is no file raitngs.csv, the source of ratings.rec: tried raitngs.csv\n  Did you mean ratings.csv?',
    ],
    [
      'a missing column',
      { spec: (s) => s.replace('price: number', 'prize: number') },
      'feature prize wants the column "prize", which ratings.csv does not have\n  Did you mean "price"?',
    ],
    ['an empty file', { csv: '' }, 'ratings.csv is empty'],
    ['a header alone', { csv: 'user,item,price,rating\n' }, 'ratings.csv has no rows'],
    [
      'another separator',
      { csv: ratings.replaceAll(',', ';') },
      'feature user wants the column "user", which ratings.csv does not have\n  It has one column, "user;item;price;rating"',
    ],
    [
      'a gz that is cut off',
      { csv: gzipSync(ratings.repeat(20)).subarray(0, 200), spec: (s) => s.replace('ratings.csv', 'ratings.csv.gz') },
      'ratings.csv.gz is cut off or damaged: unexpected end of file\n  Fetch or pack it again',
    ],
    [
      'broken quotes',
      { csv: line(3, '1,2,"3"x,4'), spec: (s) => s.replace('data {', 'data { bad_rows: 0 ') },
      '1 of 120 rows (0.83%) cannot be encoded; the spec accepts 0%\n  ratings.csv, record 3: its quotes are broken\n  Mend the rows',
    ],
    [
      'a text in a number column',
      { csv: line(3, '1,2,cheap,4'), spec: (s) => s.replace('data {', 'data { bad_rows: 0 ') },
      '  ratings.csv, record 3: price: "cheap" is not a number\n',
    ],
    [
      'ids outside their size',
      { spec: (s) => s.replace('size: 11', 'size: 5') },
      '65 of 120 rows (54%) cannot be encoded; the spec accepts 1%\n  ratings.csv, record 2: item: 5 is not a whole number from 0 to 4\n',
    ],
    [
      'a label that is no yes or no',
      { spec: (s) => s.replace('liked: binary = rating >= 4', 'rating: binary') },
      'rating: "4" is neither true or false nor 1 or 0',
    ],
    [
      'nothing kept',
      { spec: (s) => s.replace('split:', 'keep: rating > 9 split:') },
      'no row is left to train on: of 120 rows keep, joins and split leave out 120, and 0 are bad\n  Look at `keep`',
    ],
    [
      'a split without training rows',
      { spec: (s) => s.replace(/random\(.*?\)/, 'by_column(rating, train: "none", test: "5")') },
      'no row is left to train on',
    ],
    [
      '--data that names no file of the spec',
      { line: ['--data', 'users=x.csv'] },
      '--data names users, but the spec has no such file\n  Its files are source',
    ],
    ['a source outside the folder', { spec: (s) => s.replace('ratings.csv', '../ratings.csv') }, 'lies outside'],
    ['a URL', { spec: (s) => s.replace('ratings.csv', 'https://example.com/ratings.csv') }, 'error remote-source'],
  ])('%s', async (_, { csv = ratings, spec: change = (s) => s, line: more = [] }, message) => {
    const { call, folder } = workplace({
      'ratings.rec': change(spec),
      [change(spec).includes('.gz') ? 'ratings.csv.gz' : 'ratings.csv']: csv,
    });
    const { status, out, error } = await call([...train, ...more]);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toContain(message);
    expect(error).not.toContain(folder + path.sep);
    expect(existsSync(path.join(folder, 'run'))).toBe(false);
  });
});

describe('the folder of a run', () => {
  test('that holds something is refused before data are read', async () => {
    const { call, folder } = workplace({ 'ratings.rec': spec, 'run/x': '' });
    expect(await call(train)).toEqual({
      status: 1,
      out: '',
      error: 'error: run exists already\n  Choose another folder with --out, or remove this one.\n',
    });
    expect(existsSync(path.join(folder, 'run/x'))).toBe(true);
  });

  test('may be there if it is empty', async () => {
    const { call, folder } = workplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
    mkdirSync(path.join(folder, 'run'));
    expect((await call(train)).status).toBe(0);
  });

  test('that cannot be made is refused, and leaves nothing behind', async () => {
    const { call, folder } = workplace({ 'ratings.rec': spec, file: '' });
    expect((await call(['train', 'ratings.rec', '--out', 'file/run'])).error).toBe(
      'error: cannot make file/run: a part of the path is not a folder\n  Choose another folder with --out.\n',
    );
    expect((await call(['train', 'ratings.rec', '--out', 'a/b/c'])).error).toContain('there is no file ratings.csv');
    expect(existsSync(path.join(folder, 'a'))).toBe(false);
    expect((await call(['train', 'ratings.rec', '--out', ''])).error).toBe('error: --out needs FOLDER\n');
  });
});

test('a training that fails after a checkpoint says so, and leaves what the checkpoint has', { timeout: 60_000 }, async () => {
  const rows = ratings.slice(ratings.indexOf('\n') + 1).repeat(20);
  // Its exponential is infinite, at the end of the rows, which keep their order.
  const overflow = '1,1,800,1\n'.repeat(200);
  const network = 'network { liked = linear(mlp(concat(user, item, price), [250, 250]), 1) + exp(price) }';
  const own = spec.replace('number(standardize)', 'number').replace('cross { depth: 1 }', network);
  const { folder, call } = workplace({
    'ratings.rec': own.replace('epochs: 2', 'epochs: 1 shuffle: false'),
    'ratings.csv': `user,item,price,rating\n${rows}${overflow}`,
    'few.csv': ratings,
  });
  const { status, error } = await call(['train', 'ratings.rec', '--out', 'run', '--checkpoint', '1']);
  expect(status).toBe(1);
  expect(error).toMatch(/the loss is \S+ at step \d+/);
  expect(JSON.parse(readFileSync(path.join(folder, 'run/run.json'), 'utf8'))).toMatchObject({ status: 'failed' });
  expect((await call(['predict', 'run', 'few.csv'])).status).toBe(0);
});

test('a table that memory cannot hold is refused with the sum, and leaves no run', async () => {
  const { call, folder } = workplace({
    'ratings.rec': spec.replace('user: category', 'user: category(hash: 2_000_000_000)').replace('dim: 2', 'dim: 64'),
    'ratings.csv': ratings,
  });
  const { status, error } = await call(train);
  expect(status).toBe(1);
  expect(error).toMatch(
    /error: (run will need 512 GB, but its disk has|training needs [\d.]+ GiB \(optimizer state [\d.]+ GiB, tables [\d.]+ GiB\))/,
  );
  expect(existsSync(path.join(folder, 'run'))).toBe(false);
});

test('a run that a spec of two models cannot make', async () => {
  const { call } = workplace({
    'ratings.rec': `${spec}model Deep extends Ratings { cross: none deep { units: [2] } }\n`,
    'ratings.csv': ratings,
  });
  expect(await call(train)).toMatchObject({
    status: 2,
    error: 'error: ratings.rec has 2 models: Ratings, Deep\n  Say which: --model NAME.\n',
  });
  expect(await call([...train, '--model', 'Depe'])).toMatchObject({
    status: 2,
    error: 'error: ratings.rec has no model Depe\n  Did you mean Deep?\n',
  });
  expect((await call([...train, '--model', 'Deep'])).status).toBe(0);
});

test('the spec is read once: what is edited while data are read changes nothing', async () => {
  const { call, folder } = workplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
  const file = path.join(folder, 'ratings.rec');
  const writeError = (): void => {
    writeFileSync(file, 'model Broken {');
  };
  expect((await call(train, { writeError, terminal: true })).status).toBe(0);
  expect(readFileSync(path.join(folder, 'run/source/ratings.rec'), 'utf8')).toBe(spec);
});
