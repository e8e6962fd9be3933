import { describe, expect, test } from 'vitest';
import type { DataSection } from '../../src/model/model.js';
import { expectAlone, modelOf, withoutSpans, type Wrong } from './support.js';

const withData = (data: string): string =>
  `model M { data { ${data} } features { price: number } label clicked: binary deep { units: [4] } }`;
function dataOf(data: string): DataSection {
  const { data: found } = modelOf(withData(data));
  if (!found) throw new Error('no data section');
  return found;
}
const sourceOf = (source: string) => withoutSpans(dataOf(`source: ${source}`).source);

describe('a source', () => {
  const plain = { saidIn: 'spec.rec', encoding: 'utf8' };
  test.each([
    ['"a.csv"', { format: 'csv', path: 'a.csv', separator: ',' }],
    ['"a.csv.gz"', { format: 'csv', path: 'a.csv.gz', separator: ',' }],
    ['"A.CSV"', { format: 'csv', path: 'A.CSV', separator: ',' }],
    ['"part-*.tsv"', { format: 'csv', path: 'part-*.tsv', separator: '\t' }],
    ['"a.tsv.gz"', { format: 'csv', path: 'a.tsv.gz', separator: '\t' }],
    ['"a.jsonl"', { format: 'jsonl', path: 'a.jsonl' }],
    ['"a.ndjson.gz"', { format: 'jsonl', path: 'a.ndjson.gz' }],
    ['"a.parquet"', { format: 'parquet', path: 'a.parquet' }],
    ['csv("u.data")', { format: 'csv', path: 'u.data', separator: ',' }],
    ['csv("u.data", separator: "\\t")', { format: 'csv', path: 'u.data', separator: '\t' }],
    ['csv(path: "u.dat", separator: "::")', { format: 'csv', path: 'u.dat', separator: '::' }],
    ['tsv("u.data")', { format: 'csv', path: 'u.data', separator: '\t' }],
    ['jsonl("log")', { format: 'jsonl', path: 'log' }],
    ['parquet("part-*")', { format: 'parquet', path: 'part-*' }],
    [
      'csv("u.data", columns: [price, "User Id", clicked], encoding: latin1)',
      { format: 'csv', path: 'u.data', separator: ',', columns: ['price', 'User Id', 'clicked'], encoding: 'latin1' },
    ],
  ])('%s', (source, wanted) => {
    expect(sourceOf(source)).toEqual({ ...plain, ...wanted });
  });
});

describe('joins', () => {
  test('bring in more files, in order', () => {
    const { joins } = dataOf(
      'source: "r.csv" join: { users: csv("u.csv", on: user_id), films: jsonl("f.jsonl", on: "Film Id", required: true) }',
    );
    expect(joins.map((j) => [j.name, j.source.path, j.source.format, j.on, j.required])).toEqual([
      ['users', 'u.csv', 'csv', 'user_id', false],
      ['films', 'f.jsonl', 'jsonl', 'Film Id', true],
    ]);
  });

  test('add their columns to those that are known', () => {
    const text = withData(
      'source: csv("r.csv", columns: [user_id, clicked]) join: { users: csv("u.csv", columns: [user_id, price], on: user_id) }',
    );
    expect(modelOf(text).features.map((f) => f.name)).toEqual(['price']);
  });
});

describe('a split', () => {
  test.each([
    ['', { kind: 'random', train: 0.8, valid: 0.1, test: 0.1, seed: 0 }],
    [
      'split: random(train: 0.7, valid: 0.2, test: 0.1, seed: 42)',
      { kind: 'random', train: 0.7, valid: 0.2, test: 0.1, seed: 42 },
    ],
    ['split: random(train: 0.8)', { kind: 'random', train: 0.8, valid: 0, test: 0.2, seed: 0 }],
    ['split: random(train: 0.8, test: 0.2)', { kind: 'random', train: 0.8, valid: 0, test: 0.2, seed: 0 }],
    ['split: random(train: 0.8, test: 0.1)', { kind: 'random', train: 0.8, valid: 0.1, test: 0.1, seed: 0 }],
    ['split: random(train: 0.8, valid: 0.15)', { kind: 'random', train: 0.8, valid: 0.15, test: 0.05, seed: 0 }],
    ['split: random(train: 1)', { kind: 'random', train: 1, valid: 0, test: 0, seed: 0 }],
    ['split: by_time(seen_at, train: 0.9)', { kind: 'time', column: 'seen_at', train: 0.9, valid: 0, test: 0.1 }],
    ['split: by_column(part)', { kind: 'column', column: 'part', train: ['train'], valid: ['valid'], test: ['test'] }],
    [
      'split: by_column("Part", train: ["a", "b"], test: "c")',
      { kind: 'column', column: 'Part', train: ['a', 'b'], valid: ['valid'], test: ['c'] },
    ],
  ])('%s', (split, wanted) => {
    expect(dataOf(`source: "a.csv" ${split}`).split).toEqual(wanted);
  });
});

test('bad rows default to a hundredth', () => {
  expect(dataOf('source: "a.csv"').badRows).toBe(0.01);
  expect(dataOf('source: "a.csv" bad_rows: 0').badRows).toBe(0);
});

test('keep is an expression over columns', () => {
  expect(withoutSpans(dataOf('source: "a.csv" keep: rating != 3').keep)).toEqual({
    kind: 'operation',
    operator: 'not_equal',
    operands: [
      { kind: 'column', name: 'rating', type: 'number' },
      { kind: 'literal', value: 3, type: 'number' },
    ],
    type: 'boolean',
  });
});

const wrong: readonly Wrong[] = [
  ['', 'missing-key «{  }»', /`data` needs `source`/],
  ['sorce: "a.csv", source: "a.csv"', 'unknown-key «sorce»', /`data` has no `sorce`/],
  ['source: "a.csv", source: "b.csv"', 'duplicate-name «source»', /two keys of `data` called `source`/],
  ['source: a', 'wrong-value «a»', /a path in quotes/],
  ['source: "a.xlsx"', 'wrong-value «"a.xlsx"»', /a \.csv, \.tsv, \.jsonl or \.parquet file/],
  ['source: ""', 'wrong-value «""»', /a \.csv/],
  ['source: csv("a\\u0000.csv")', 'wrong-value «csv("a\\u0000.csv")»', /a \.csv/],
  ['source: "s3://bucket/a.csv"', 'remote-source «"s3://bucket/a.csv"»', /is remote/],
  ['source: csv()', 'missing-key «csv()»', /`csv` needs `path`/],
  ['source: csv("a.csv", seperator: ",")', 'unknown-key «seperator»', /`csv` has no `seperator`/],
  ['source: tsv("a.tsv", separator: ",")', 'unknown-key «separator»', /`tsv` has no `separator`/],
  ['source: parquet("a.parquet", columns: [x])', 'unknown-key «columns»', /`parquet` has no `columns`/],
  ['source: csv("a.csv", separator: "")', 'wrong-value «""»', /`separator` of `csv` is/],
  ['source: csv("a.csv", columns: [price, clicked, price])', 'duplicate-name «price»', /`price`/],
  ['source: csv("a.csv", encoding: utf16)', 'wrong-value «utf16»', /`utf8` or `latin1`/],
  ['source: csv("a.csv", on: x)', 'wrong-value «csv("a.csv", on: x)»', /the file that the others join/],
  ['source: "a.csv" join: "b.csv"', 'wrong-value «"b.csv"»', /a record of files/],
  ['source: "a.csv" join: { b: "b.csv" }', 'missing-key «"b.csv"»', /join `b` needs `on`/],
  ['source: "a.csv" join: { b: csv("b.csv", on: x), b: csv("c.csv", on: x) }', 'duplicate-name «b»', /two joins called `b`/],
  [
    'source: csv("a.csv", columns: [price, clicked, id]) join: { b: csv("b.csv", columns: [key], on: id) }',
    'unknown-column «b: csv("b.csv", columns: [key], on: id)»',
    /no column `id`/,
  ],
  ['source: csv("a.csv", columns: [price, clicked]) keep: prise > 0', 'unknown-column «prise»', /no column `prise`/],
  ['source: csv("a.csv", columns: [price, clicked]) split: by_column(part)', 'unknown-column «by_column(part)»', /`part`/],
  ['source: "a.csv" split: 0.8', 'wrong-value «0.8»', /`random\(…\)`, `by_column\(…\)` or `by_time\(…\)`/],
  ['source: "a.csv" split: random(train: 0)', 'out-of-range «0»', /a number > 0/],
  ['source: "a.csv" split: random(train: 1.5)', 'out-of-range «1.5»', /a number ≥ 0 and ≤ 1/],
  ['source: "a.csv" split: random(0.8)', 'wrong-value «0.8»', /given by name/],
  [
    'source: "a.csv" split: random(train: 0.5, valid: 0.1, test: 0.1)',
    'split-shares «random(train: 0.5, valid: 0.1, test: 0.1)»',
    /to 0\.7/,
  ],
  ['source: "a.csv" split: random(train: 0.9, valid: 0.2)', 'split-shares «random(train: 0.9, valid: 0.2)»', /to 1\.1/],
  ['source: "a.csv" split: random(train: 0.8, seed: -1)', 'out-of-range «-1»', /a whole number/],
  ['source: "a.csv" split: by_time(train: 0.8)', 'missing-key «by_time(train: 0.8)»', /`by_time` needs `column`/],
  ['source: "a.csv" split: by_column(part, train: 1)', 'wrong-value «1»', /a text in quotes/],
  ['source: "a.csv" bad_rows: 2', 'out-of-range «2»', /`bad_rows` of `data`/],
  ['source: "a.csv" keep: 3', 'column-type «3»', /`keep` wants a yes or no, not a number/],
];

test.each(wrong)('%s', (...row) => expectAlone(withData, row));
