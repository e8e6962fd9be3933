import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../src/cli/host.js';
import { writeParquet } from '../data/files.js';
import { movieLens } from '../data/movielens.js';
import { adClicks, products, rides } from './init-tables.js';
import { workplace, type Called, type Workplace } from './workplace.js';

/** The spec that the command line writes, which checks clean. */
async function specOf({ call, folder }: Workplace, line: readonly string[], file: string): Promise<string> {
  const { status, error } = await call(['init', ...line]);
  expect({ status, error }).toMatchObject({ status: 0 });
  expect(await call(['check', file])).toMatchObject({ status: 0, out: '1 model: no errors\n', error: '' });
  return readFileSync(path.join(folder, file), 'utf8');
}

/** It trains an epoch, and nothing about the data is strange. */
async function trains({ call }: Workplace, ...line: readonly string[]): Promise<void> {
  const { status, error } = await call(['train', ...line, '--set', 'train.epochs=1', '--quiet']);
  expect({ status, error }).toEqual({ status: 0, error: '' });
}

const waits = Array.from({ length: 240 }, (_, i) => ({
  shop: 'abcd'[i % 4] ?? '',
  wait: i % 6 === 0 ? null : -3 + ((i * 7) % 41) / 4,
  left: (i * 5) % 7 < 3 ? 1 : 0,
}));

describe('the spec that is written', () => {
  test.each(['csv', 'jsonl', 'parquet'])('of a label of fractions that some rows lack, in %s, trains', async (ending) => {
    const place = workplace({
      'waits.csv': `shop,wait,left\n${waits.map(({ shop, wait, left }) => `${shop},${wait === null ? '' : String(wait)},${String(left)}`).join('\n')}\n`,
      'waits.jsonl': waits.map((row) => JSON.stringify(row)).join('\n'),
    });
    const json = path.join(place.folder, 'waits.jsonl');
    await writeParquet(
      path.join(place.folder, 'waits.parquet'),
      `SELECT shop, wait::DOUBLE AS wait, "left" FROM read_json('${json}')`,
    );
    for (const line of [
      ['--label', 'wait'],
      ['--label', 'long=wait > 3'],
      ['--label', 'left', '--label', 'wait', '--template', 'mmoe'],
    ]) {
      const text = await specOf(place, [`waits.${ending}`, ...line, '--force'], 'waits.rec');
      expect(text).toContain('keep: abs(wait) >= 0 ');
      await trains(place, 'waits.rec');
    }
  });

  test('of ad clicks: gaps, long tails and hashed categories', async () => {
    const place = workplace({ 'ad clicks.csv': adClicks() });
    const text = await specOf(place, ['ad clicks.csv', '--yes'], 'ad_clicks.rec');
    expect(text).toContain('model AdClicks {');
    expect(text).toContain('source: "ad clicks.csv"');
    expect(text).toContain('label click: binary\n');
    expect(text).toContain('I1: number(log1p, standardize)  // a few values are far above the others');
    expect(text).toMatch(/I2: number\(standardize, default: \d+\) {2}\/\/ missing in \d+% of the rows/);
    expect(text).toMatch(/C1: category\(values: \["[0-9a-f]{8}"/);
    expect(text).toMatch(/C3: category\(min_count: 5\) {2}\/\/ of [\d,]+ values [\d,]+ stand in fewer than 5 rows/);
    expect(text).toContain('// "row_id" is left out: it numbers the rows.');
    expect(text).toContain('// "shard" is left out: it is "eu-1" in every row.');
    expect(text).toContain('split: random(');
    expect(text).toContain('metrics: [auc, log_loss]');
    await trains(place, 'ad_clicks.rec');
  });

  test('of decimal commas, numbers of customers, and labels of which keep leaves one value', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => {
      const clicked = (i * 5) % 7 < 3;
      const price = `${String(20 + ((i * 37) % 211))},${String(10 + ((i * 3) % 90))}`;
      return [
        price,
        10_000 + ((i * 7) % 50),
        50_000 + ((i * 11) % 60),
        clicked ? 1 : 0,
        clicked ? ((i * 13) % 61) + 0.5 : '',
      ].join(';');
    });
    const place = workplace({ 's.csv': `Preis EUR;Kunden-Nr;Filiale;clicked;dwell\n${lines.join('\n')}\n` });
    const text = await specOf(place, ['s.csv', '--label', 'clicked'], 's.rec');
    expect(text).toMatch(
      /"Preis EUR" is left out: its numbers have a decimal comma \(\d+,\d+\); written with a point they are numbers\./,
    );
    expect(text).toMatch(/Kunden_Nr: category = column\("Kunden-Nr"\) {2}\/\/ 50 different values; a name by its own name/);
    expect(text).toMatch(/Filiale: category {2}\/\/ 60 different values; taken for names, from 50000 to 50059/);
    const line = ['init', 's.csv', '--label', 'clicked', '--label', 'long=dwell > 30', '--template', 'mmoe', '-o', 'two.rec'];
    const { error } = await place.call(line);
    expect(error).toContain(
      '300 rows; label clicked, label long = dwell > 30\n  keep leaves out 172 of 300 rows, which have no label\n',
    );
    expect(error).toContain('  in the rows that keep leaves, clicked is always "true": there is nothing to learn');
    const two = readFileSync(path.join(place.folder, 'two.rec'), 'utf8');
    expect(two).toContain('keep: abs(dwell) >= 0  // leaves out 172 of 300 rows, which have no label');
    expect(two).toContain('// In the rows that keep leaves, clicked is always "true"');
    const wrong = text.replace('features {', 'features {\n price: number = column("Preis EUR")');
    place.write('wrong.rec', wrong);
    expect((await place.call(['check', 'wrong.rec', '--data'])).out).toContain(
      'a decimal comma is not read: write the file with decimal points',
    );
  });

  test('of products: lists, vectors, objects, and names that no feature can have', async () => {
    const place = workplace({ 'products.jsonl': products() });
    const text = await specOf(place, ['products.jsonl', '--label', 'sold', '--name', 'ranker 2', '-o', 'p.rec'], 'p.rec');
    expect(text).toContain('model Ranker2 {');
    expect(text).toContain(String.raw`Product_ID: category = column("Product \"ID\"")`);
    expect(text).toContain('in_: category(values: ["');
    expect(text).toContain('grosse: category(values: ["');
    expect(text).toContain('list_price: number(standardize) = column("list price (€)")');
    expect(text).toContain('embedding: number[4]');
    expect(text).toMatch(/tags: category\[\]\(values: \[.*\], pool: mean\)/);
    expect(text).toContain(String.raw`= column("sold\nlater")`);
    expect(text).toContain('// "seller" is left out: it holds objects; write what is in them as columns of their own.');
    await trains(place, 'p.rec');
  });

  test('of rides: times, places, and a column that is the label in another form', async () => {
    const place = workplace();
    await writeParquet(path.join(place.folder, 'rides.parquet'), rides());
    const text = await specOf(place, ['rides.parquet', '--label', 'fare'], 'rides.rec');
    expect(text).toContain('split: by_time(pickup_at, train: 0.8, valid: 0.1, test: 0.1)');
    expect(text).toContain('pickup_at: time(cycle: [day, week])');
    expect(text).toMatch(/pickup_latitude: number\(\s*buckets: \[40\.62, /);
    expect(text).toContain('passengers: category(values: ["1", "2", "3", "4"])');
    expect(text).toContain('distance_km: number(standardize)');
    expect(text).toContain(
      '// "fare_cents" is left out: it tells all of the label; put it back if it is known before the label is.',
    );
    expect(text).toContain('// "ride_id" is left out: every row has its own');
    expect(text).toContain('metrics: [rmse, mae]');
    await trains(place, 'rides.rec');
  });

  test('of a label that is an expression, or one of two texts, or missing in some rows', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${'abc'[i % 3] ?? ''},${i % 7 === 0 ? '' : String(i % 5)},${i % 2 === 0 ? 'yes' : 'no'}`,
    );
    const place = workplace({ 't.csv': `kind,stars,bought\n${rows.join('\n')}\n` });
    const label = async (...line: readonly string[]): Promise<string> => {
      const text = await specOf(place, ['t.csv', '--force', ...line], 't.rec');
      return [...text.matchAll(/^ *((?:label|keep)\b[^\n]*?)(?= {2}\/\/|$)/gm)].map(([, one = '']) => one.trim()).join('; ');
    };
    expect(await label('--label', 'bought')).toBe('label bought: binary = bought == "yes"');
    expect(await label('--label', 'good=stars >= 3')).toBe('keep: abs(stars) >= 0; label good: binary = stars >= 3');
    expect(await label('--label', 'stars', '--threshold', '3')).toBe('keep: abs(stars) >= 0; label liked: binary = stars >= 3');
    expect(await label('--label', 'half=stars / 2')).toBe('keep: abs(stars) >= 0; label half: number = stars / 2');
    expect(await label('--yes')).toMatch(/^label bought/);
    await trains(place, 't.rec', '--set', 'data.split=random(train: 0.5, valid: 0.5)');
  });

  test('names no feature as something else is named', async () => {
    const names = [
      'features',
      'numbers',
      'cross',
      'deep',
      'x',
      'x0',
      'concat',
      'linear',
      'if',
      'model',
      '2nd',
      '',
      'a b',
      'a_b',
      'é',
      '😀',
      'y',
      'год',
    ];
    const rows = Array.from({ length: 60 }, (_, i) =>
      names.map((_name, at) => String((i * (at + 3)) % 7 < 3 ? at : i % 4)).join(','),
    );
    const place = workplace({ 't.csv': `${names.join(',')}\n${rows.join('\n')}\n` });
    for (const more of [[], ['--template', 'deepfm']]) {
      const text = await specOf(place, ['t.csv', '--label', 'yes=y > 3', '--force', ...more], 't.rec');
      expect(text).toContain('column_2nd: ');
      expect(text).toContain('a_b_2: ');
      expect(text).toMatch(/ column_18: .* = column\("год"\)/);
    }
    await trains(place, 't.rec', '--set', 'data.split=random(train: 0.5, valid: 0.5)');
  });
});

test('what stands in a file never becomes a line of the spec', async () => {
  const evil = 'x\n} model Evil { data { source: "/etc/passwd" } }\n// \u2028 \u009b31m';
  const place = workplace({
    't.jsonl': Array.from(
      { length: 60 },
      (_, i) => `${JSON.stringify({ [evil]: evil, [`${evil}2`]: { [evil]: 1 }, [`${evil}3`]: i % 9, y: i % 2 })}\n`,
    ).join(''),
  });
  await writeParquet(
    path.join(place.folder, 't.parquet'),
    `SELECT i % 2 AS y, i % 9 AS a, {'x\n} model Evil': 1} AS b FROM range(60) t(i)`,
  );
  for (const file of ['t.jsonl', 't.parquet']) {
    const text = await specOf(place, [file, '--label', 'y', '--force'], 't.rec');
    expect(text).not.toMatch(/^[^"]*model Evil/m);
  }
});

describe('MovieLens', () => {
  const folder = movieLens('ml-100k', 'u.data');
  test.skipIf(folder === undefined)('as published: no header line, tabs, seconds since 1970', async () => {
    const place = workplace();
    const lines = readFileSync(path.join(folder ?? '', 'ml-100k', 'u.data'), 'utf8')
      .split('\n')
      .slice(0, 4000);
    place.write('u.data', `${lines.join('\n')}\n`);
    expect((await place.call(['init', 'u.data', '--yes'])).error).toContain('Name its 4 columns: --columns a,b,c,d');
    const columns = ['--columns', 'user_id,movie_id,rating,timestamp'];
    const text = await specOf(place, ['u.data', ...columns, '--label', 'rating', '--threshold', '4', '-o', 'm.rec'], 'm.rec');
    expect(text).toContain(String.raw`source: csv("u.data", separator: "\t", columns: [user_id, movie_id, rating, timestamp])`);
    expect(text).toContain('timestamp: time(unit: second, cycle: [day, week])');
    expect(text).toContain('label liked: binary = rating >= 4');
    await trains(place, 'm.rec');
  });
});

test('days that are no times are left out, and numbers are taken by the logarithm where the lint would say so', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const at = ((i * 137) % 400) / 400;
    const exponential = -20 * Math.log(1 - at);
    return [
      `${String(1 + (i % 28)).padStart(2, '0')}.${String(1 + (i % 12))}.2024`,
      exponential.toFixed(3),
      (exponential ** 3).toFixed(1),
      i % 2,
    ].join(';');
  });
  const place = workplace({ 'visits.csv': `first_seen;gap;paid;bought\n${rows.join('\n')}\n` });
  const text = await specOf(place, ['visits.csv', '--label', 'bought'], 'visits.rec');
  expect(text).toContain('// "first_seen" is left out: its days are written as 0');
  expect(text).toContain('gap: number(standardize)');
  expect(text).toContain('paid: number(log1p, standardize)');
  expect((await place.call(['check', 'visits.rec', '--data'])).out).toBe('1 model: no errors\n');
});

describe('what cannot be a spec is said in a line', () => {
  const files = {
    'empty.csv': '',
    'header.csv': 'a,b\n',
    'folder/x.csv': 'a,y\n1,1\n2,0\n',
    'noise.csv': Uint8Array.from({ length: 999 }, (_, i) => (i * 7919) % 256),
    'book.xlsx': 'PK\u0003\u0004....',
    'one.csv': 'a,y\n1,1\n2,1\n3,1\n',
    'text.csv': 'a,verdict\n1,good\n2,bad\n3,ugly\n',
    'twice.csv': 'a,a,y\n1,2,1\n2,3,0\n',
    'list.jsonl': '[1]\n[2]\n',
    'cut.csv.gz': Uint8Array.from([31, 139, 8, 0, 1, 2, 3]),
    'page.md': '# Title\n\nSome text, and more.\n',
    'wide.csv': `${'a,'.repeat(3)}y\n1,2,3,0\n`,
  };
  test.each<[line: string, status: number, says: string]>([
    ['', 2, 'init needs a file with rows'],
    ['nothing.csv', 1, 'there is no file nothing.csv'],
    ['empty.csv', 1, 'empty.csv is empty'],
    ['header.csv', 1, 'header.csv has no rows'],
    ['folder', 1, 'Name its files: "folder/*.csv"'],
    ['noise.csv', 1, 'noise.csv is binary'],
    ['book.xlsx', 1, 'Save it as csv'],
    ['page.md', 1, 'page.md is no table'],
    ['list.jsonl', 1, 'no line of list.jsonl is a JSON object'],
    ['cut.csv.gz', 1, 'cannot read cut.csv.gz'],
    ['one.csv --label y', 2, 'the label y is "1" in every row: there is nothing to learn'],
    ['one.csv --label why', 2, 'there is no column "why"'],
    ['one.csv --label yy=y>>1', 2, 'y>>1 is no expression'],
    ['one.csv --label y>1', 2, "For instance --label 'label=y>1'"],
    ['one.csv --label a --threshold 9', 2, 'no threshold of 9 cuts a, which goes from 1 to 3'],
    ['one.csv --threshold many', 2, '--threshold is a number, not many'],
    ['one.csv --template deepmf', 2, 'Did you mean deepfm?'],
    ['one.csv', 2, '--label a  (1 to 3)'],
    ['one.csv --yes', 2, '--label a  (1 to 3)'],
    ['text.csv --label verdict', 2, `--label 'verdict=verdict == "bad"'`],
    ['twice.csv --label y', 1, '"a": several columns have this name'],
    ['folder/x.csv --label y -o no/where.rec', 1, 'cannot write no/where.rec: there is no such file or folder'],
  ])('init %s', async (line, status, says) => {
    const place = workplace(files);
    const called = await place.call(['init', ...line.split(' ').filter((word) => word !== '')]);
    expect(called.error).toContain(says);
    expect(called.status).toBe(status);
    expect(readdirSync(place.folder).filter((name) => /\.(rec|tmp)$/.test(name))).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a pipe is refused, not waited for', async () => {
    const place = workplace({
      'a.rec':
        'model M {\n  data { source: csv("pipe.csv") }\n  features { a: number }\n  label y: binary\n  deep { units: [4] }\n}\n',
    });
    execFileSync('mkfifo', [path.join(place.folder, 'pipe.csv')]);
    for (const line of [
      ['init', 'pipe.csv', '--yes'],
      ['train', 'a.rec'],
    ]) {
      const { status, error } = await place.call(line);
      expect(error).toMatch(/pipe\.csv.* is a pipe or a device/);
      expect(status).toBe(1);
    }
  });

  test('the command to come next is one for the shell to take as it stands', async () => {
    const place = workplace({ 'd $(touch x)/t.csv': files['folder/x.csv'] });
    const { error } = await place.call(['init', 'd $(touch x)/t.csv', '--label', 'y', '-o', 'o; x.rec']);
    expect(error).toContain(process.platform === 'win32' ? 'train "o; x.rec"' : "reccompile train 'o; x.rec'");
  });

  test.skipIf(process.platform === 'win32')('a link that is written over goes on leading to its file', async () => {
    const place = workplace({ ...files, 'real.rec': 'mine' });
    const at = (name: string): string => path.join(place.folder, name);
    symlinkSync('real.rec', at('x.rec'));
    expect(await place.call(['init', 'folder/x.csv', '--label', 'y', '--force'])).toMatchObject({ status: 0 });
    expect(lstatSync(at('x.rec')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real.rec'), 'utf8')).toContain('source: "folder/x.csv"');
  });

  test('a file that exists is written over only where one says so', async () => {
    const place = workplace({ ...files, 'x.rec': 'mine' });
    const line = ['init', 'folder/x.csv', '--label', 'y'];
    const refused = await place.call(line);
    expect(refused.error).toContain('--force writes over it');
    expect(refused.status).toBe(1);
    expect(readFileSync(path.join(place.folder, 'x.rec'), 'utf8')).toBe('mine');
    expect(await place.call([...line, '--force'])).toMatchObject({ status: 0 });
    expect(readFileSync(path.join(place.folder, 'x.rec'), 'utf8')).toContain('source: "folder/x.csv"');
  });
});

describe('at a terminal', () => {
  const rows = Array.from({ length: 80 }, (_, i) => `u${String(i % 9)},${String(1 + ((i * 3) % 5))}\n`).join('');

  /** The command with these answers; undefined is Ctrl-C. */
  async function answered(
    place: Workplace,
    answers: readonly (string | undefined)[],
  ): Promise<Called & { readonly questions: readonly string[] }> {
    const questions: string[] = [];
    const left = [...answers];
    const prompt: Host['prompt'] = () =>
      Promise.resolve({
        ask: (question) => {
          questions.push(question);
          return Promise.resolve(left.shift());
        },
        close: () => undefined,
      });
    const called = await place.call(['init', 'ratings.csv'], { typed: true, terminal: true, prompt });
    return { ...called, questions };
  }

  test('the label, the threshold and the file are asked for, until they make sense', async () => {
    const place = workplace({ 'ratings.csv': `user_id,rating\n${rows}` });
    const { status, error, questions } = await answered(place, ['7', 'ratin', '', '9', '', '4', 'out.rec']);
    expect({ status, questions: questions.length }).toEqual({ status: 0, questions: 7 });
    expect(error).toContain('there is no column "ratin"; did you mean rating?');
    expect(error).toContain('no threshold of 9 cuts rating');
    expect(readFileSync(path.join(place.folder, 'out.rec'), 'utf8')).toContain('label liked: binary = rating >= 4');
  });

  test('Ctrl-C writes nothing', async () => {
    const place = workplace({ 'ratings.csv': `user_id,rating\n${rows}` });
    for (const answers of [[undefined], ['rating', undefined], ['rating', '4', undefined]]) {
      const left = await answered(place, answers);
      expect(left.error).toContain('nothing was written');
      expect(left.status).toBe(130);
    }
    expect(readdirSync(place.folder)).toEqual(['ratings.csv']);
  });

  test('a file is written over after a yes', async () => {
    const place = workplace({ 'ratings.csv': `user_id,rating\n${rows}` });
    writeFileSync(path.join(place.folder, 'ratings.rec'), 'mine');
    expect(await answered(place, ['1', '', '', ''])).toMatchObject({ status: 130 });
    expect(readFileSync(path.join(place.folder, 'ratings.rec'), 'utf8')).toBe('mine');
    expect(await answered(place, ['1', '', '', 'y'])).toMatchObject({ status: 0 });
    expect(readFileSync(path.join(place.folder, 'ratings.rec'), 'utf8')).toContain('label rating: number\n');
  });
});
