import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { csvRecords, type CsvRecord } from '../../src/data/csv.js';
import { readPredictionRows, type PredictionRow } from '../../src/data/prediction-rows.js';
import { folderWith } from './files.js';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('records, however the text is cut', async () => {
  const text = '\ufeffa::b::c\r\n1::"x ""y""::\n"::3\r\r\n\n4::5"6::\n"7"x::8::9\nlast::"open::';
  const expected: CsvRecord[] = [
    { fields: ['a', 'b', 'c'] },
    { fields: ['1', 'x "y"::\n', '3'] },
    { fields: ['4', '5"6', ''] },
    { broken: 'text stands after a closing quote' },
    { broken: 'a quote is not closed' },
  ];
  for (const size of [1, 2, 3, 7, 1000]) expect(await collect(csvRecords(pieces(text, size), '::'))).toEqual(expected);
});

test('well-formed csv is read as DuckDB reads it', async () => {
  const folder = await folderWith({});
  const path = join(folder, 'rows.csv');
  const connection = await (await DuckDBInstance.create()).connect();
  const field = fc.oneof(
    fc.constantFrom('', 'a', 'é"', ',', '"', '\n', ' x ', 'a"b', '""'),
    fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', '😀', ';'), maxLength: 6 }),
  );
  const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (rows, end) => {
        const text = ['x,y,z', ...rows.map((row) => row.map(quote).join(','))].join(end) + end;
        await writeFile(path, text);
        const sql = `SELECT * FROM read_csv('${path}', auto_detect = false, header = true, quote = '"', escape = '"', columns = {x: 'VARCHAR', y: 'VARCHAR', z: 'VARCHAR'})`;
        const duck = (await connection.runAndReadAll(sql)).getRows();
        const ours = (await collect(readPredictionRows({ text: pieces(text, 5) }, 'csv'))).flat();
        expect(ours.map((found) => ('row' in found ? Object.values(found.row) : found))).toEqual(duck);
      },
    ),
    { numRuns: 60, seed: 2 },
  );
  connection.closeSync();
}, 60_000);

test('rows to predict for: csv without a header, jsonl, and what is broken in them', async () => {
  const csv = await collect(
    readPredictionRows({ text: pieces('1;2\n3\n;4\n', 3) }, 'csv', { separator: ';', columns: ['a', '__proto__'] }),
  );
  expect(csv.flat().map((found) => ('row' in found ? Object.entries(found.row) : found))).toEqual([
    [
      ['a', '1'],
      ['__proto__', '2'],
    ],
    { record: 2, broken: 'it has 1 fields instead of 2' },
    [
      ['a', null],
      ['__proto__', '4'],
    ],
  ]);
  const jsonl = await collect(readPredictionRows({ text: pieces('{"a":1}\r\n\nnull\n{"a":[2]}', 4) }, 'jsonl'));
  expect(jsonl.flat()).toEqual<PredictionRow[]>([
    { record: 1, row: { a: 1 } },
    { record: 2, broken: 'it is not a JSON object on one line' },
    { record: 3, row: { a: [2] } },
  ]);
});
