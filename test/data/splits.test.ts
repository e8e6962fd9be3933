import { expect, test } from 'vitest';
import type { EncodedData, EncodedRows } from '../../src/encode/program.js';
import type { Split } from '../../src/model/model.js';
import { category, data, label, model, number, source } from '../encode/models.js';
import { encodeIn, folderWith } from './files.js';

const y = label('y', { kind: 'number' });
const split = (kind: Split, badRows = 0) =>
  model(
    [category('word'), number('x', { transforms: ['standardize'] })],
    [y],
    data(source('rows.csv'), { split: kind, badRows }),
  );
const labels = ({ train, valid, test: held }: EncodedData): unknown =>
  [train, valid, held].map((rows) => [...(rows.labels.y ?? [])]);

test('vocabularies and statistics know the training rows only', async () => {
  const folder = await folderWith({
    'rows.csv': 'word,x,part,y\na,1,tr,0\nb,3,tr,1\nb,1,tr,2\nc,99,va,3\nb,3,te,4\nd,5,other,5\n,3,tr,6\n',
  });
  const parts: Split = { kind: 'column', column: 'part', train: ['tr'], valid: ['va'], test: ['te'] };
  const encoded = await encodeIn(folder, split(parts));
  expect(labels(encoded)).toEqual([[0, 1, 2, 6], [3], [4]]);
  expect(encoded.counts).toMatchObject({ read: 7, dropped: 1, bad: 0 });
  expect(encoded.state).toEqual({ vocabularies: { word: ['b', 'a'] }, statistics: { x: [{ mean: 2, deviation: 1 }] } });
  expect([[...(encoded.train.ids.word ?? [])], [...(encoded.valid.ids.word ?? [])]]).toEqual([[2, 1, 1, 0], [0]]);
  expect([...(encoded.valid.dense.x?.values ?? [])]).toEqual([97]);
});

test('a column of one number is standardized by its distance to it', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `w,0.1,tr,${String(i)}\n`).join('');
  const folder = await folderWith({ 'rows.csv': `word,x,part,y\n${rows}w,0.6,va,0\n` });
  const parts: Split = { kind: 'column', column: 'part', train: ['tr'], valid: ['va'], test: ['te'] };
  const encoded = await encodeIn(folder, split(parts));
  expect(encoded.state.statistics).toEqual({ x: [{ mean: 0.1, deviation: 1 }] });
  expect([...new Set(encoded.train.dense.x?.values)]).toEqual([0]);
  expect([...(encoded.valid.dense.x?.values ?? [])]).toEqual([0.5]);
});

test('by time: oldest train, newest test, ties by row, numbers or ISO 8601', async () => {
  const times = {
    n: ['5', '1e1', '2', '5', '', '-3'],
    t: ['2024-05-01', '2024-05-01T12:00Z', '2023-01-01', '2024-05-01T00:00:00Z', '', '1999-12-31'],
  };
  for (const column of ['n', 't'] as const) {
    const rows = times[column].map((time, i) => `w,${String(i)},${time},${String(i)}`);
    const folder = await folderWith({ 'rows.csv': `word,x,${column},y\n${rows.join('\n')}\n` });
    const encoded = await encodeIn(folder, split({ kind: 'time', column, train: 0.6, valid: 0.2, test: 0.2 }, 1));
    expect(labels(encoded)).toEqual([[0, 2, 5], [3], [1]]);
    expect(encoded.counts.badRows).toEqual([expect.objectContaining({ record: 5, name: 'split', reason: 'it is missing' })]);
  }
});

test('a random split is the same over threads, and another with another seed', { timeout: 60_000 }, async () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => `w${String(i % 50)},${String(i % 7)},${String(i)}`);
  const folder = await folderWith({ 'rows.csv': `word,x,y\n${rows.join('\n')}\n` });
  const random: Split = { kind: 'random', train: 0.5, valid: 0.2, test: 0.3, seed: 9 };
  const one = await encodeIn(folder, split(random), { threads: 1 });
  const four = await encodeIn(folder, split(random), { threads: 4 });
  expect(four.state).toEqual(one.state);
  for (const name of ['train', 'valid', 'test'] as const) expect(bytesOf(four[name]).equals(bytesOf(one[name]))).toBe(true);
  expect(one.train.labels.y?.every((value, i, all) => i === 0 || value > (all[i - 1] ?? 0))).toBe(true);
  const other = await encodeIn(folder, split(random), { seed: 10 });
  expect(bytesOf(other.train).equals(bytesOf(one.train))).toBe(false);
});

function bytesOf({ ids, dense, labels }: EncodedRows): Buffer {
  const arrays = [...Object.values(ids), ...Object.values(dense).map(({ values }) => values), ...Object.values(labels)];
  return Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}
