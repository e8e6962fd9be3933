import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readPredictionRows } from '../../src/data/prediction-rows.js';
import { encodedData, openDataset, type DatasetOptions } from '../../src/data/dataset.js';
import { encoderProgram } from '../../src/encode/compile.js';
import type { EncodedData, EncodedRows } from '../../src/encode/program.js';
import { createRowEncoder, type RawRow } from '../../src/encode/row.js';
import type { FileSource } from '../../src/model/model.js';
import { category, column, data, label, literal, model, number, operation, source, time, vector } from '../encode/models.js';
import { encodeIn, folderWith, writeParquet } from './files.js';

interface Row {
  readonly id: number | null;
  readonly zip: string | null;
  readonly city: string | null;
  readonly member: boolean | null;
  readonly slot: number;
  readonly age: number;
  readonly price: number | null;
  readonly seen_at: string;
  readonly stamp: number;
  readonly genres: readonly string[];
  readonly seen: readonly number[];
  readonly dwell: readonly (number | null)[];
  readonly point: readonly number[];
  readonly liked: boolean;
}

const rows: readonly Row[] = Array.from({ length: 40 }, (_, i) => ({
  id: i % 9 === 0 ? null : i % 7,
  zip: i % 5 === 0 ? '02138' : i % 11 === 0 ? null : `0${String(i % 3)}"x,y`,
  city: ['Zürich', 'São Paulo', '東京', '😀\nb', "o'clock | x", ' padded '][i % 6] ?? null,
  member: i % 13 === 0 ? null : i % 2 === 0,
  slot: i % 24,
  age: 10 + ((i * 7) % 60),
  price: i % 10 === 3 ? null : i * 1.1 + 0.1,
  seen_at: new Date(1.6e12 + i * 98_765_432).toISOString(),
  stamp: 881_250_949 + i * 1000,
  genres: ['Action', 'Comedy', 'Drama', 'War'].filter((_, k) => (i >> k) % 2 === 1),
  seen: [i % 7, (i + 3) % 7].slice(0, i % 3),
  dwell: [i % 9, i % 5 === 0 ? null : 3, 4].slice(0, i % 3),
  point: [i / 7, -i, 1e-3 * i],
  liked: i % 3 === 0,
}));

const features = [
  category('id'),
  category('zip', { codes: { kind: 'hash', buckets: 50 } }),
  category('city', { default: 'nowhere', codes: { kind: 'vocabulary', name: 'city', minCount: 6 } }),
  category('shout', { value: operation('upper', column('city')) }),
  category('member', { codes: { kind: 'values', values: ['true', 'false'] } }),
  category('slot', { codes: { kind: 'size', size: 24 } }),
  category('age', { codes: { kind: 'buckets', boundaries: [18, 25, 35, 45, 50, 56] } }),
  category('decade', { value: operation('floor', operation('divide', column('age', 'number'), literal(10))) }),
  number('price', { transforms: ['log1p', 'standardize'], default: 4.5 }),
  number('root', { value: operation('log', operation('sqrt', column('age', 'number'))) }),
  time('seen_at', { cycles: ['hour', 'day', 'week', 'year'] }),
  time('stamp', { unit: 'second', standardize: true }),
  category('genres', { many: { separator: '|', pool: 'mean', maxLength: 3 } }),
  category('seen', { codes: { kind: 'vocabulary', name: 'id', minCount: 1 }, many: { separator: ' ', pool: 'sum' } }),
  category('dwell', {
    codes: { kind: 'size', size: 9 },
    default: '7',
    many: { separator: ' ', pool: 'mean', parallel: 'seen' },
  }),
  category('zip_genres', { cross: ['zip', 'genres'], codes: { kind: 'hash', buckets: 1000 }, many: { pool: 'mean' } }),
  category('id_age', { cross: ['id', 'age'], codes: { kind: 'vocabulary', name: 'id_age', minCount: 2 } }),
  vector('point', 3),
];

function modelOf(path: string, options: Partial<FileSource> = {}) {
  return model(
    features,
    [
      label('liked', { kind: 'binary' }, column('liked', 'boolean')),
      label('cheap', { kind: 'binary' }, operation('less', column('age', 'number'), literal(30))),
    ],
    data(source(path, options), { split: { kind: 'random', train: 0.6, valid: 0.2, test: 0.2, seed: 3 } }),
  );
}

const csvField = (value: string | number | boolean | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function csv(): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) =>
    [
      row.id,
      row.zip,
      row.city,
      row.member,
      row.slot,
      row.age,
      row.price,
      row.seen_at,
      row.stamp,
      row.genres.join('|'),
      row.seen.join(' '),
      row.dwell.join(' '),
      `[${row.point.join(', ')}]`,
      row.liked,
    ]
      .map(csvField)
      .join(','),
  );
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
}

const jsonl = (): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** As numbers that are compared bit for bit. */
const bits = ({ rows: count, ids, bags, dense, labels }: EncodedRows): unknown => ({
  count,
  ids: Object.entries(ids).map(([name, values]) => [name, [...values]]),
  bags: Object.entries(bags).map(([name, bag]) => [name, [...bag.ids], [...bag.offsets]]),
  dense: Object.entries(dense).map(([name, { width, values }]) => [name, width, [...new Uint32Array(values.slice().buffer)]]),
  labels: Object.entries(labels).map(([name, values]) => [name, [...values]]),
});

test('the same rows as csv, jsonl, parquet and plain objects give the same bytes', async () => {
  const folder = await folderWith({ 'rows.csv': csv(), 'rows.jsonl': jsonl() });
  await writeParquet(
    join(folder, 'rows.parquet'),
    `SELECT * REPLACE (CAST(seen_at AS TIMESTAMP) AS seen_at, CAST(slot AS UTINYINT) AS slot, CAST(seen AS SMALLINT[]) AS seen, CAST(dwell AS UTINYINT[]) AS dwell) ` +
      `FROM read_json('${join(folder, 'rows.jsonl')}', columns = {id: 'BIGINT', zip: 'VARCHAR', city: 'VARCHAR', member: 'BOOLEAN', slot: 'INTEGER', age: 'DOUBLE', price: 'DOUBLE', ` +
      `seen_at: 'VARCHAR', stamp: 'BIGINT', genres: 'VARCHAR[]', seen: 'INTEGER[]', dwell: 'INTEGER[]', point: 'DOUBLE[]', liked: 'BOOLEAN'})`,
  );
  const fromCsv = await encodeIn(folder, modelOf('rows.csv'));
  const fromJson = await encodeIn(folder, modelOf('rows.jsonl', { format: 'jsonl' }));
  const fromParquet = await encodeIn(folder, modelOf('rows.parquet', { format: 'parquet' }), { threads: 2 });
  for (const other of [fromJson, fromParquet]) {
    expect(other.state).toEqual(fromCsv.state);
    for (const split of ['train', 'valid', 'test'] as const) expect(bits(other[split])).toEqual(bits(fromCsv[split]));
  }
  expect(fromCsv.train.rows + fromCsv.valid.rows + fromCsv.test.rows).toBe(rows.length);
  expect(fromCsv.valid.rows * fromCsv.test.rows).toBeGreaterThan(0);

  const program = encoderProgram(modelOf('rows.csv'));
  const encoder = createRowEncoder(program, fromCsv.state, { labels: true });
  const encode = async (options: Omit<DatasetOptions, 'compiler'>): Promise<EncodedData> =>
    encodedData(await openDataset({ ...options, compiler: '1' }));
  const everyRow = await encode({
    model: modelOf('rows.csv'),
    program,
    state: fromCsv.state,
    rows: 'all',
    paths: { folder },
  });
  const whole = bits(everyRow.test);
  const elsewhere = {
    model: modelOf('rows.csv'),
    program,
    state: fromCsv.state,
    paths: { files: { source: join(folder, 'rows.jsonl') } },
  };
  expect(bits((await encode({ ...elsewhere, rows: 'all' })).test)).toEqual(whole);
  expect(bits((await encode({ ...elsewhere, rows: 'as-trained' })).valid)).toEqual(bits(fromCsv.valid));
  const plain = encoder.encodeRows(rows as readonly unknown[] as readonly RawRow[]);
  expect(plain.problems).toEqual([]);
  expect(bits(plain.encoded)).toEqual(whole);
  for (const [path, format] of [
    ['rows.csv', 'csv'],
    ['rows.jsonl', 'jsonl'],
    ['rows.parquet', 'parquet'],
  ] as const) {
    const read: RawRow[] = [];
    for await (const some of readPredictionRows({ path: join(folder, path) }, format))
      for (const found of some) if ('row' in found) read.push(found.row);
    expect(bits(encoder.encodeRows(read).encoded)).toEqual(whole);
  }
  expect(JSON.parse(JSON.stringify(program))).toEqual(program);
});

test('large ids and floats in lists of parquet, as training and predict read them', async () => {
  const folder = await folderWith({});
  const path = join(folder, 'rows.parquet');
  await writeParquet(
    path,
    `SELECT [9007199254740993 + i % 3, i, NULL] AS big, [i / 7, 0.1]::FLOAT[2] AS point, {'a': 'nan'::DOUBLE} AS unread, i % 2 AS y FROM range(9) AS t(i)`,
  );
  const lists = model(
    [category('big', { many: { pool: 'mean' } }), vector('point', 2)],
    [label('y', { kind: 'binary' })],
    data(source('rows.parquet', { format: 'parquet' })),
  );
  const { state, train } = await encodeIn(folder, lists);
  expect(state.vocabularies.big).toContain('9007199254740993');
  const read: RawRow[] = [];
  for await (const some of readPredictionRows({ path }, 'parquet'))
    for (const found of some) if ('row' in found) read.push(found.row);
  const { encoded, problems } = createRowEncoder(encoderProgram(lists), state, { labels: true }).encodeRows(read);
  expect(problems).toEqual([]);
  expect(bits(encoded)).toEqual(bits(train));
});

test('a zip code keeps its zero, and the program its plain JSON', async () => {
  const folder = await folderWith({ 'rows.csv': 'zip,y\n02138,1\n2138,0\n02138,1\n' });
  const zips = model([category('zip')], [label('y', { kind: 'binary' })], data(source('rows.csv')));
  const { state, train } = await encodeIn(folder, zips);
  expect(state.vocabularies.zip).toEqual(['02138', '2138']);
  expect([...(train.ids.zip ?? [])]).toEqual([1, 2, 1]);
  expect(await readFile(join(folder, 'rows.csv'), 'utf8')).toContain('02138');
});

test('minus zero and a byte order mark, as training and predict read them in jsonl', async () => {
  const text = '{"c":-0,"y":0}\n{"c":-0.0,"y":1}\n{"c":0,"y":1}\n';
  const folder = await folderWith({ 'rows.jsonl': text, 'marked.jsonl': `\ufeff${text}` });
  await writeFile(join(folder, 'marked.jsonl.gz'), gzipSync(`\ufeff${text}`));
  const zerosOf = (file: string) =>
    model([category('c')], [label('y', { kind: 'binary' })], data(source(file, { format: 'jsonl' })));
  const zeros = zerosOf('rows.jsonl');
  const { state, train } = await encodeIn(folder, zeros);
  expect(state.vocabularies.c).toEqual(['0']);
  for (const file of ['marked.jsonl', 'marked.jsonl.gz'])
    expect(bits((await encodeIn(folder, zerosOf(file), { threads: 2 })).train)).toEqual(bits(train));
  const encoder = createRowEncoder(encoderProgram(zeros), state);
  for (const file of ['rows.jsonl', 'marked.jsonl']) {
    const read: RawRow[] = [];
    for await (const some of readPredictionRows({ path: join(folder, file) }, 'jsonl'))
      for (const found of some) if ('row' in found) read.push(found.row);
    expect(encoder.encodeRows(read).encoded.ids.c).toEqual(train.ids.c);
  }
});
