import { describe, expect, test } from 'vitest';
import { principalVariances, smallestSize } from '../../src/fit/components.js';
import { fitTable, savedParameters, withEqualSizes, type FittedTable } from '../../src/fit/sizes.js';
import { fittedModel } from '../../src/fit/spec.js';
import { fillInitial, fillNormal, stream } from '../../src/graph/random.js';
import type { Table } from '../../src/model/model.js';
import { span } from '../encode/models.js';

const normal = (purpose: string, count: number): Float32Array => {
  const values = new Float32Array(count + (count % 2));
  fillNormal(stream(1, purpose), 0, 1, values);
  return values.subarray(0, count);
};

/** [rows, dim] of this rank, with a mean that is no part of it. */
function tableOfRank(rows: number, dim: number, rank: number): Float32Array {
  const [left, right] = [normal(`left ${String(rank)}`, rows * rank), normal(`right ${String(rank)}`, rank * dim)];
  const at = (row: number, i: number): number => {
    let sum = 5;
    for (let r = 0; r < rank; r++) sum += (left[row * rank + r] ?? 0) * (right[r * dim + i] ?? 0);
    return sum;
  };
  return Float32Array.from({ length: rows * dim }, (_, n) => at(Math.floor(n / dim), n % dim));
}

const all = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

describe('principal components', () => {
  test.each([1, 2, 3, 7])('of a table of rank %i are so many', (rank) => {
    const values = tableOfRank(50, 8, rank);
    const variances = principalVariances({ rows: 50, dim: 8, values }, all(50));
    expect(smallestSize(variances, 1)).toEqual({ size: rank, share: expect.closeTo(1, 6) as number });
    expect([...variances]).toEqual([...variances].sort((a, b) => b - a));
  });

  test('have the variances of the axes where those are principal, each row counting once', () => {
    const values = Float32Array.of(3, 0, 0, 1, -3, 0, 0, -1, 100, 100);
    const [first = 0, second = 0] = principalVariances({ rows: 5, dim: 2, values }, all(4));
    expect(first).toBeCloseTo(18 / 4, 10);
    expect(second).toBeCloseTo(2 / 4, 10);
  });

  test('sum to the variance of the elements', () => {
    const values = normal('any', 30 * 5);
    const variances = principalVariances({ rows: 30, dim: 5, values }, all(30));
    let expected = 0;
    for (let i = 0; i < 5; i++) {
      const column = Array.from({ length: 30 }, (_, row) => values[row * 5 + i] ?? 0);
      const mean = column.reduce((a, b) => a + b, 0) / 30;
      expected += column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 30;
    }
    expect(variances.reduce((a, b) => a + b, 0)).toBeCloseTo(expected, 10);
  });
});

test.each<[readonly number[], number, number, number]>([
  [[6, 3, 1], 0.6, 1, 0.6],
  [[6, 3, 1], 0.61, 2, 0.9],
  [[6, 3, 1], 0.9, 2, 0.9],
  [[6, 3, 1], 0.95, 3, 1],
  [[6, 3, 0], 1, 2, 1],
  [[0, 0], 0.9, 1, 1],
])('variances %j, of which %d is wanted, need %i components', (variances, ratio, size, share) => {
  expect(smallestSize(Float64Array.from(variances), ratio)).toEqual({ size, share: expect.closeTo(share, 12) as number });
});

const table = (name: string, dim: number): Table => ({
  name,
  rows: { kind: 'known', rows: 60 },
  dim,
  features: [name],
  l2: 0,
  initializer: { kind: 'uniform', low: -0.05, high: 0.05 },
  span,
});

describe('a table', () => {
  /** Rows of rank 2, but for the last 40, which are as they were drawn. */
  const partly = (path: string, dim: number): Float32Array => {
    const values = new Float32Array(60 * dim);
    fillInitial(7, path, [60, dim], table('user', dim).initializer, values);
    values.set(tableOfRank(20, dim, 2));
    return values;
  };

  test('is fitted to its trained rows', () => {
    const values = partly('table.user', 8);
    const fitted = fitTable(table('user', 8), 'table.user', { rows: 60, dim: 8, values }, 7, 0.999999);
    expect(fitted).toMatchObject({ rows: 60, trained: 20, before: 8, after: 2 });
    expect(savedParameters(fitted)).toBe(360);
    // Of another seed every row has moved, noise among them.
    expect(fitTable(table('user', 8), 'table.user', { rows: 60, dim: 8, values }, 8, 0.999999)).toMatchObject({
      trained: 60,
      after: 8,
    });
  });

  test('without two trained rows keeps its size', () => {
    const values = new Float32Array(60 * 4);
    fillInitial(7, 'table.user', [60, 4], table('user', 4).initializer, values);
    const fitted = fitTable(table('user', 4), 'table.user', { rows: 60, dim: 4, values }, 7, 0.9);
    expect(fitted).toMatchObject({ trained: 0, after: 4, fixed: 'too-few-rows' });
  });

  test('that the network makes is told, and not written', () => {
    const values = partly('table.wide.embed', 8);
    const fitted = fitTable(table('wide.embed', 8), 'table.wide.embed', { rows: 60, dim: 8, values }, 7, 0.9);
    expect(fitted.fixed).toBe('made-in-network');
    expect(fitted.after).toBeLessThanOrEqual(2);
    expect(savedParameters(fitted)).toBe(0);
  });
});

const fitted = (name: string, before: number, after: number, more: Partial<FittedTable> = {}): FittedTable => ({
  name,
  features: [name],
  rows: 10,
  trained: 10,
  before,
  after,
  explained: 0.9,
  ...more,
});

test('equal sizes are the largest that can be written', () => {
  const tables = [fitted('a', 8, 2), fitted('b', 8, 5), fitted('deep.embed', 16, 9, { fixed: 'made-in-network' })];
  const numbers = [{ name: 'price', before: 8, after: 8 }];
  const equal = withEqualSizes({ tables, numbers });
  expect(equal.tables.map(({ after }) => after)).toEqual([5, 5, 9]);
  expect(equal.numbers).toEqual([{ name: 'price', before: 8, after: 5 }]);
  const none = { tables: tables.slice(2), numbers };
  expect(withEqualSizes(none)).toEqual(none);
});

test('the model that is written names the tables whose size changes', () => {
  const tables = [fitted('a', 8, 2), fitted('b', 8, 8), fitted('c.embed', 8, 1, { fixed: 'made-in-network' })];
  const numbers = [
    { name: 'price', before: 8, after: 5 },
    { name: 'fee', before: 5, after: 5 },
  ];
  const spec = { base: 'Films', name: 'FilmsFitted', tables, numbers };
  expect(fittedModel({ ...spec, doc: 'Sizes.' })).toBe(
    '/// Sizes.\nmodel FilmsFitted extends Films {\n  embeddings {\n    a: { dim: 2 }\n    price: { dim: 5 }\n  }\n}\n',
  );
  const hostile = fittedModel({ ...spec, doc: 'Of a\nb\r\nc\u0085d\u2028e\u001b.' });
  expect(hostile.split('\n', 1)).toEqual(['/// Of a b c d e .']);
});
