import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Explanation } from '../../src/model/explanations/explanation.js';
import { explanations } from '../../src/model/explanations.js';
import { movieLens } from '../data/movielens.js';
import { workplace } from './workplace.js';

interface Found {
  readonly diagnostics: readonly { readonly code: string }[];
}

const ofData = Object.entries<Explanation>(explanations).flatMap(([code, { wrong, right, data }]) =>
  data ? [{ code, wrong, right, csv: data.csv }] : [],
);

test.each(ofData)('$code: the wrong spec yields it alone, the right one nothing', async ({ code, wrong, right, csv }) => {
  const { call } = workplace({ 'wrong.rec': wrong, 'right.rec': right, 'clicks.csv': csv() });
  const codesOf = async (file: string): Promise<readonly string[]> => {
    const { out, error } = await call(['check', file, '--data', '--format', 'json']);
    expect(error).toBe('');
    return (JSON.parse(out) as Found).diagnostics.map((d) => d.code);
  };
  expect(await codesOf('wrong.rec')).toEqual([code]);
  expect(await codesOf('right.rec')).toEqual([]);
});

const mixed = (i: number, size: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 8) % size;

const model = (features: string, label = 'clicked: binary'): string =>
  `model Clicks {\n  data { source: "clicks.csv" }\n  features { ${features} }\n  label ${label}\n  embeddings { dim: 4 }\n  deep { units: [8] }\n}\n`;

const table = (header: string, row: (i: number, clicked: number) => string): string =>
  `${header}\n${Array.from({ length: 1000 }, (_, i) => row(i, mixed(i, 2))).join('\n')}\n`;

test.each([
  [
    'no value of a closed set in any row',
    model('place: category(values: ["NORTH"])'),
    table('place,clicked', (i, y) => `${['north', 'south'][mixed(i + 3, 2)] ?? ''},${String(y)}`),
    ['outside-values'],
  ],
  [
    'a list with values that its closed set lacks',
    model('tags: category[](values: ["a", "b"], separator: "|", pool: mean)'),
    table('tags,clicked', (i, y) => `a|${['b', 'c'][mixed(i + 3, 2)] ?? ''},${String(y)}`),
    ['outside-values'],
  ],
  [
    'a label that compares with a text of no row',
    model('place: category', 'sold: binary = clicked == "yes"'),
    table('place,clicked', (i, y) => `${['north', 'south'][mixed(i + 3, 2)] ?? ''},${String(y)}`),
    ['constant-label'],
  ],
  [
    'a number that is the label',
    model('price: number'),
    table('price,clicked', (_, y) => `${String(3 * y)},${String(y)}`),
    ['leaking-label'],
  ],
  [
    'a number that is known only after it',
    model('refund: number(default: 0)'),
    table('refund,clicked', (i, y) => `${y === 1 ? String(1 + mixed(i, 9)) : ''},${String(y)}`),
    ['leaking-label'],
  ],
  [
    'a number that is 0 where the label is false',
    model('revenue: number(standardize)'),
    table('revenue,clicked', (i) => {
      const isSold = mixed(i, 10) < 3;
      return `${isSold ? String(50 + mixed(i + 7, 97)) : '0'},${isSold ? '1' : '0'}`;
    }),
    ['leaking-label'],
  ],
  [
    'a category with many values that tells it',
    model('state: category'),
    table('state,clicked', (i, y) => `${String(y)}-${String(mixed(i + 3, 9))},${String(y)}`),
    ['leaking-label'],
  ],
  [
    'a number from which another one is computed',
    model('tax: number', 'price: number'),
    table('tax,price', (i) => `${String(0.08 * mixed(i, 997))},${String(mixed(i, 997))}`),
    ['leaking-label'],
  ],
  [
    'what tells much, but not all',
    model('a: number'),
    table('a,clicked', (i, y) => `${String(mixed(i + 5, 5) === 0 ? 1 - y : y)},${String(y)}`),
    [],
  ],
  [
    'what is by chance',
    model('a: number, c: category'),
    table('a,c,clicked', (i, y) => `${String(mixed(i + 5, 99))},${String(mixed(i + 7, 300))},${String(y)}`),
    [],
  ],
  [
    'the number of the row',
    model('a: number, row: number'),
    table('a,row,clicked', (i, y) => `${String(mixed(i + 5, 99))},${String(i)},${String(y)}`),
    ['id-like-feature'],
  ],
  [
    'a rare flag is not skewed',
    model('flag: number, a: number'),
    table('flag,a,clicked', (i, y) => `${String(Number(mixed(i, 50) === 0))},${String(mixed(i + 5, 99))},${String(y)}`),
    [],
  ],
  [
    'a number of one value',
    model('a: number, b: number(standardize)'),
    table('a,b,clicked', (i, y) => `${String(mixed(i + 5, 99))},2.5,${String(y)}`),
    ['constant-feature'],
  ],
])('%s', async (_, spec, csv, codes) => {
  const { call } = workplace({ 'a.rec': spec, 'clicks.csv': csv });
  const { out } = await call(['check', 'a.rec', '--data', '--format', 'json']);
  expect((JSON.parse(out) as Found).diagnostics.map((d) => d.code)).toEqual(codes);
});

test('an ignored warning of the data is not called unused where an error keeps the data from being read', async () => {
  const wrong = model('price: number // rec-ignore leaking-label: it shows what the price tells')
    .replace('features {', 'features {\n')
    .replace('it shows what the price tells }', 'it shows what the price tells\n  }');
  const csv = table('price,clicked', (_, y) => `${String(3 * y)},${String(y)}`);
  const { call } = workplace({ 'a.rec': wrong, 'b.rec': wrong.replace('dim: 4', 'dim: four'), 'clicks.csv': csv });
  const codesOf = async (file: string): Promise<readonly string[]> =>
    (JSON.parse((await call(['check', file, '--data', '--format', 'json'])).out) as Found).diagnostics.map(({ code }) => code);
  expect(await codesOf('a.rec')).toEqual([]);
  expect(await codesOf('b.rec')).toEqual(['wrong-value']);
});

test('what is wrong with the data has its place, a did-you-mean and a short path in every format', async () => {
  const spec = model('yaer: number');
  const { call } = workplace({
    'a.rec': spec,
    'clicks.csv': table('year,clicked', (i, y) => `${String(mixed(i, 30))},${String(y)}`),
  });
  const { status, out, error } = await call(['check', 'a.rec', '--data']);
  expect({ status, error }).toEqual({ status: 1, error: '' });
  expect(out).toContain('a.rec:3:14: error unusable-data: feature yaer wants the column "yaer", which clicks.csv does not have');
  expect(out).toContain('help: did you mean "year"?');
  const github = (await call(['check', 'a.rec', '--data', '--format', 'github'])).out;
  expect(github).toMatch(/^::error file=a\.rec,line=3,.*which clicks\.csv does not have%0Ahelp: did you mean "year"\?/);
  const json = JSON.parse((await call(['check', 'a.rec', '--data', '--format', 'json'])).out) as unknown;
  expect(json).toMatchObject({ errors: 1, unread: [], diagnostics: [{ code: 'unusable-data', file: 'a.rec', line: 3 }] });
});

const root = movieLens('ml-100k', 'u.data');

test.skipIf(root === undefined)(
  'MovieLens has none of these faults, and one that its label is given to has it once',
  async () => {
    const { call } = workplace({ 'a.rec': readFileSync('specs/movielens-100k.rec') });
    expect(await call(['check', 'a.rec', '--data', root ?? ''])).toMatchObject({ status: 0, out: '3 models: no errors\n' });
    const leaking = 'features { stars: number = rating, user_id: category }';
    const spec = `model M {\n  data { source: csv("ml-100k/u.data", separator: "\\t", columns: [user_id, movie_id, rating, timestamp]) }\n  ${leaking}\n  label liked: binary = rating >= 4\n  embeddings { dim: 4 }\n  deep { units: [4] }\n}\n`;
    const { call: callOther } = workplace({ 'a.rec': spec });
    expect((await callOther(['check', 'a.rec', '--data', root ?? ''])).out.match(/leaking-label/g)).toHaveLength(1);
  },
);

test('days that are written in another order are said to need the year first', async () => {
  const { call } = workplace({
    'clicks.rec': model('day: time(cycle: week)'),
    'clicks.csv': table('day,clicked', (i, y) => `${String(10 + (i % 19))}.03.2024,${String(y)}`),
  });
  expect((await call(['check', 'clicks.rec', '--data'])).out).toContain('write such days as 2024-05-31, the year first');
});
