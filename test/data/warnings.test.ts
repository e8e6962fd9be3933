import { expect, test } from 'vitest';
import type { Split, TimeUnit } from '../../src/model/model.js';
import { summaryWarnings } from '../../src/data/warnings.js';
import type { EncodedData } from '../../src/encode/program.js';
import { summaryOf } from '../../src/encode/row-groups.js';
import { category, data, label, model, number, source, time } from '../encode/models.js';
import { encodeIn, failure, folderWith } from './files.js';

const columns = 'user,device,slot,price,part,liked\n';
const rows = (row: (i: number) => string): string => `${columns}${Array.from({ length: 20 }, (_, i) => row(i)).join('\n')}\n`;

const films = model(
  [
    category('user', { codes: { kind: 'vocabulary', name: 'user', minCount: 2 } }),
    category('device', { codes: { kind: 'values', values: ['ios', 'web'] } }),
    category('slot', { codes: { kind: 'size', size: 9 } }),
    number('price'),
  ],
  [label('liked', { kind: 'binary' })],
  data(source('rows.csv'), { split: { kind: 'column', column: 'part', train: ['a'], valid: ['b'], test: ['c'] } }),
);

function dataWarnings(
  { program, train, valid, test: tested, warnings = [] }: EncodedData,
  split: Split | undefined,
): readonly string[] {
  const summaries = { train: summaryOf(train), valid: summaryOf(valid), test: summaryOf(tested) };
  return summaryWarnings(program, summaries, warnings, split);
}

async function warningsOf(csv: string): Promise<readonly string[]> {
  return dataWarnings(await encodeIn(await folderWith({ 'rows.csv': csv }), films), films.data?.split);
}

test('rows that differ need no warning', async () => {
  const row = (i: number): string =>
    `u${String(i % 3)},${i % 2 ? 'ios' : 'web'},${String(i % 5)},${String(i)},${'aaabc'[i % 5] ?? ''},${String(i % 2)}`;
  expect(await warningsOf(rows(row))).toEqual([]);
});

test('columns that are the same everywhere, and splits without rows', async () => {
  expect(await warningsOf(rows((i) => `u${String(i)},fridge,3,7,a,1`))).toEqual([
    'split: valid wants "b", which no row has in the column part; it has "a"',
    'split: test wants "c", which no row has in the column part; it has "a"',
    'feature user: no value is in 2 training rows (min_count), so that all count as unknown',
    'feature device: no training row has one of its `values`, so that all count as unknown',
    'feature slot has one value in all training rows',
    'feature price has one value in all training rows',
    'label liked is true in all training rows: there is nothing to learn',
    'the split leaves no row to validate on',
    'the split leaves no row to test on',
  ]);
});

test('values that no training row has, and rows that measure little', async () => {
  const row = (i: number): string => {
    const part = 'aaabc'[i % 5] ?? '';
    return `${part === 'a' ? 'u' : 'new'}${String(i % 3)},${i % 2 ? 'ios' : 'web'},${String(i % 5)},${String(i)},${part},${String(part === 'b' ? 0 : i % 2)}`;
  };
  expect(await warningsOf(rows(row))).toEqual([
    'label liked is false in all validation rows: they measure little',
    'feature user is unknown or missing in all validation rows',
    'feature user is unknown or missing in all test rows',
  ]);
});

test('lists that are empty everywhere', async () => {
  const tags = category('tags', { codes: { kind: 'hash', buckets: 9 }, many: { separator: '|', pool: 'mean' } });
  const folder = await folderWith({ 'rows.csv': 'tags,y\n,1\n,0\n' });
  const bags = model([tags], [label('y', { kind: 'binary' })], data(source('rows.csv')));
  expect(dataWarnings(await encodeIn(folder, bags), undefined)).toEqual(['feature tags is missing in all training rows']);
});

const everything: Split = { kind: 'random', train: 1, valid: 0, test: 0, seed: 1 };
const people = (columns: readonly string[] | undefined, split: Split = everything) =>
  model(
    [category('user'), category('city')],
    [label('liked', { kind: 'binary' })],
    data(source('rows.csv', columns ? { columns } : {}), { badRows: 1, split }),
  );

test('a header line that `columns` makes a row', async () => {
  const folder = await folderWith({ 'rows.csv': '\ufeffUser, city,liked\n1,a,1\n2,b,0\n' });
  const { warnings, counts } = await encodeIn(folder, people(['user', 'city', 'liked']));
  expect(counts).toMatchObject({ read: 3, bad: 1 });
  expect(warnings).toEqual([
    `${folder}/rows.csv begins with the names that \`columns\` gives: that line is read as a row; leave \`columns\` out`,
  ]);
  const others = await folderWith({ 'rows.csv': '1,city,1\n2,b,0\n' });
  expect((await encodeIn(others, people(['user', 'city', 'liked']))).warnings).toEqual([]);
});

test('an error for want of training rows names the value that nobody has', async () => {
  const folder = await folderWith({ 'rows.csv': 'user,city,liked\n1,a,1\n2,b,0\n' });
  const split: Split = { kind: 'column', column: 'city', train: ['x'], valid: ['a'], test: ['b'] };
  const error = await failure(encodeIn(folder, people(undefined, split)));
  expect(error.details).toEqual(['split: train wants "x", which no row has in the column city; it has "a", "b"']);
});

test.each<[number, TimeUnit, readonly string[]]>([
  [881_250_949, 'second', []],
  [881_250_949_000, 'millisecond', []],
  [
    881_250_949_000,
    'second',
    ['feature at: read as time(unit: second), its times lie about the year 29895: perhaps its unit is `millisecond`'],
  ],
  [
    881_250_949,
    'millisecond',
    ['feature at: read as time(unit: millisecond), its times lie about the year 1970: perhaps its unit is `second`'],
  ],
  [-1e15, 'second', ['feature at: read as time(unit: second), its times lie about the year -31686769']],
])('times about %d %ss', async (from, unit, warnings) => {
  const lines = Array.from({ length: 20 }, (_, i) => `${String(from + i * 1000)},${String(i % 2)}`);
  const folder = await folderWith({ 'rows.csv': `at,y\n${lines.join('\n')}\n` });
  const times = model([time('at', { unit })], [label('y', { kind: 'binary' })], data(source('rows.csv')));
  expect((await encodeIn(folder, times)).warnings).toEqual(warnings);
});
