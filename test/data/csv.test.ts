import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvRecords, longestRecord, type CsvRecord } from '../../src/data/csv.js';
import { readPredictionRows, type PredictionRow } from '../../src/data/prediction-rows.js';
import { failure, folderWith } from './files.js';

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

describe('a record without an end is not looked for in the rest of a large file', () => {
  test.each([
    ['csv', 'a,b\n1,2\n\n3,"Toy ""Story""', 'row 2 of the input cannot be read: no quote closes "\\"Toy \\"\\"Story'],
    ['csv', 'a,b\n1,2\n3', 'row 2 of the input cannot be read: it is longer than 16,777,216 characters'],
    ['csv', '"a', 'the header line of the input cannot be read: no quote closes'],
    ['jsonl', '{"a":1}\n{"a":"', 'row 2 of the input is longer than 16,777,216 characters'],
  ] as const)('%s %j', async (format, text, message) => {
    let given = 0;
    async function* endless(): AsyncGenerator<string> {
      yield text;
      const chunk = 'x'.repeat(2 ** 20);
      for (; given < 3 * longestRecord; given += chunk.length) yield await Promise.resolve(chunk);
    }
    const error = await failure(collect(readPredictionRows({ text: endless() }, format)));
    expect(error.message).toContain(message);
    expect(given).toBeLessThan(longestRecord + 2 ** 21);
  });

  test('and a long one that ends is a record', async () => {
    const long = 'x'.repeat(2 ** 20);
    const records = await collect(csvRecords(pieces(`"${long},\n""${long}",2\r\n${long},3\n`, 2 ** 16), ','));
    expect(records).toEqual([{ fields: [`${long},\n"${long}`, '2'] }, { fields: [long, '3'] }]);
    const rows = (
      await collect(readPredictionRows({ text: pieces(`{"a":"${long}"}\n{"a":"${long}"}`, 2 ** 16) }, 'jsonl'))
    ).flat();
    expect(rows).toEqual([1, 2].map((record) => ({ record, row: { a: long } })));
  });
});
