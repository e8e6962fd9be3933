import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlString } from '../../src/encode/escape.js';
import { isPresentSql, readSql } from '../../src/encode/expressions/read-sql.js';
import { isInvalid, readAs, readNumber, readText, readTime } from '../../src/encode/values.js';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create()).connect();
});
afterAll(() => {
  connection.closeSync();
});

const runs = Number(process.env.PROPERTY_RUNS ?? 60);

const digits = fc.string({
  unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
  minLength: 1,
  maxLength: 25,
});
const numberLike = fc
  .tuple(
    fc.constantFrom('', ' ', '\t', '  '),
    fc.constantFrom('', '+', '-', '--'),
    fc.oneof(digits, fc.constant('')),
    fc.oneof(
      fc.constant(''),
      fc.constant('.'),
      digits.map((d) => `.${d}`),
    ),
    fc.oneof(fc.constant(''), fc.constantFrom('e5', 'E-300', 'e+12', 'e400', 'e', 'e-400')),
    fc.constantFrom('', ' ', '\n', '\u00a0', '_1', 'f'),
  )
  .map((parts) => parts.join(''));
const words = fc.constantFrom(
  '',
  ' ',
  'NaN',
  'inf',
  '-Infinity',
  '0x10',
  '1_000',
  '1,5',
  'true',
  ' TRUE',
  'False ',
  'falſe',
  'yes',
  '١',
  '1',
  '0',
  '1.0',
  '-0',
  '5e-324',
  '4.9e-324',
  '1.7976931348623159e308',
);
const two = (max: number): fc.Arbitrary<string> => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const timeLike = fc
  .tuple(
    fc.constantFrom('1970', '2000', '1900', '2024', '0001', '0000', '9999', '99'),
    two(13),
    two(32),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(
          fc.constantFrom('T', ' ', 't'),
          two(25),
          two(61),
          fc.constantFrom('', ':00', ':59', ':60', ':07.5', ':07.123456789', ':07.0000000001', ':07.'),
          fc.constantFrom('', 'Z', '+02:00', '-0930', '+24:00', 'z', '+02'),
        )
        .map(([t, h, m, s, z]) => `${t}${h}:${m}${s}${z}`),
    ),
  )
  .map(([year, month, day, rest]) => `${year}-${month}-${day}${rest}`);
const texts = fc.oneof(
  numberLike,
  words,
  timeLike,
  fc.double().map(String),
  fc.double({ noNaN: true }).map((x) => x.toPrecision(17)),
  fc.string({ maxLength: 6 }),
);

describe.each(['text', 'number', 'boolean', 'time'] as const)('reading text as %s', (type) => {
  test('is the same in SQL and JavaScript', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 20, maxLength: 40 }), async (given) => {
        const sql =
          `SELECT ${readSql[type]('t')}, ${isPresentSql('t')} FROM (SELECT unnest([${given.map(sqlString).join(', ')}]) AS t, ` +
          `unnest(range(${String(given.length)})) AS i) ORDER BY i`;
        const [values = [], present = []] = (await connection.runAndReadAll(sql)).getColumns();
        const read = given.map((text) => readAs(text, type));
        expect(values).toEqual(read.map((value) => (isInvalid(value) ? null : value)));
        if (type !== 'text') expect(values.map((value, i) => value === null && present[i] === true)).toEqual(read.map(isInvalid));
      }),
      { numRuns: runs, seed: 11 },
    );
  }, 60_000);
});

test('times are seconds since 1970, in UTC', () => {
  expect(readTime('1970-01-01')).toBe(0);
  expect(readTime('2024-02-29T12:30:15.25Z')).toBe(Date.UTC(2024, 1, 29, 12, 30, 15, 250) / 1000);
  expect(readTime('2024-02-29 12:30+05:30')).toBe(Date.UTC(2024, 1, 29, 7, 0) / 1000);
  expect(readTime('0001-01-01')).toBe(-62135596800);
  expect(isInvalid(readTime('2023-02-29'))).toBe(true);
  expect(isInvalid(readTime('881250949'))).toBe(true);
});

test('what a category refuses, and why', () => {
  expect(readText(7)).toBe('7');
  expect(readText(-0)).toBe('0');
  expect(readText(true)).toBe('true');
  expect(readText('')).toBeNull();
  expect(readText(10n ** 20n)).toBe('100000000000000000000');
  expect(readText(2.5)).toEqual({ invalid: '2.5 is not a whole number: a category is a text, a whole number or true or false' });
  expect(readText(2 ** 53)).toEqual({ invalid: '9007199254740992 is too large to be exact: write such an id as text' });
  expect(isInvalid(readText({}))).toBe(true);
  expect(readNumber(Infinity)).toBeNull();
  expect(isInvalid(readNumber(true))).toBe(true);
});
