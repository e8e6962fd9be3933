import { expect, test } from 'vitest';
import { dataWarnings } from '../../src/data/warnings.js';
import { category, data, label, model, number, source } from '../encode/models.js';
import { encodeIn, folderWith } from './files.js';

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
    'feature user: no value is in 2 training rows (min_count), so that all count as unknown',
    'feature device: no training row has one of its `values`, so that all count as unknown',
    'feature slot has one value in all training rows',
    'feature price has one value in all training rows',
    'label liked is true in all training rows: there is nothing to learn',
    'the split leaves no row to validate on',
    'the split leaves no row to test on',
  ]);
});
