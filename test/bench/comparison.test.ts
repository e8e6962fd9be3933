import { describe, expect, test } from 'vitest';
import { bestPeer, cached, cellsOf, endToEnd, exact, heads, lazy, ratiosOf, remarks } from '../../bench/kit/comparison.mjs';
import { figure, spreadOf, withSpread } from '../../bench/kit/rounds.mjs';
import { textTable } from '../../bench/kit/tables.mjs';

const ms = (...rounds: number[]) => ({ unit: 'ms' as const, rounds });
const row = {
  name: '512x200000',
  batch: 512,
  rows: 200_000,
  measured: {
    [lazy]: ms(4, 5),
    [exact]: ms(50, 40),
    'PyTorch dense': ms(70, 64),
    'PyTorch sparse': ms(8, 9),
    'Keras XLA': ms(60, 90),
  },
  products: 0.52,
};

describe('a row', () => {
  test('lazy Adam stands beside the best of all modes, exact Adam beside the best that move every row', () => {
    expect(ratiosOf(row)).toEqual({ lazy: 2, exact: 1.5 });
  });

  test('has no ratio without a peer', () => {
    const alone = { ...row, measured: { [lazy]: ms(4) } };
    expect(ratiosOf(alone)).toEqual({ lazy: undefined, exact: undefined });
    expect(bestPeer(alone)).toBeUndefined();
  });

  test('has a cell for each head, and a dash for what was not measured', () => {
    const cells = cellsOf(row);
    expect(cells).toHaveLength(heads.length);
    expect(cells[heads.indexOf('Keras graph')]).toBe('–');
    expect(cells[heads.indexOf(lazy)]).toBe('4.00 +25%');
    expect(cells.at(-1)).toBe('52%');
  });
});

describe('remarks', () => {
  const small = { name: '512x2000', batch: 512, rows: 2000, measured: { [lazy]: ms(4) } };

  test("compare with PyTorch's usual mode, and the large vocabulary with the small one", () => {
    const far = { name: '512x1000000', batch: 512, rows: 1_000_000, measured: { [lazy]: ms(5) } };
    expect(remarks([small, row, far])).toEqual([
      expect.stringContaining('takes 16.0× as long'),
      expect.stringContaining('takes 1.25× as long'),
    ]);
  });

  test('give the best mode of each library end to end, and the errors reached', () => {
    const seconds = (value: number) => ({ unit: 's' as const, rounds: [value] });
    const measured = {
      [lazy]: seconds(4),
      [cached]: seconds(3),
      'PyTorch dense': seconds(12),
      'PyTorch sparse': seconds(14),
      'Keras XLA': seconds(20),
    };
    const trained = { name: endToEnd, batch: 1024, measured, rmse: { [lazy]: 0.90512, 'Keras XLA': 0.906 } };
    const [times, again, errors] = remarks([trained]);
    expect(times).toContain('PyTorch 3.00×, Keras 5.00×');
    expect(again).toContain('3.00 s');
    expect(errors).toContain('lazy Adam 0.9051, Keras XLA 0.9060');
  });

  test('say nothing of what was not measured', () => {
    expect(remarks([small])).toEqual([]);
  });
});

test('a measured cell tells its best round, its unit and the spread', () => {
  expect(spreadOf(ms(2, 3))).toBe(0.5);
  expect(withSpread(ms(3, 2, 2.5))).toBe('2.00 +50%');
  expect(withSpread({ unit: 's', rounds: [12.34] })).toBe('12.3 s');
  expect(withSpread(undefined)).toBe('–');
  expect([0.123, 4.567, 45.67, 456.7].map(figure)).toEqual(['0.12', '4.57', '45.7', '457']);
});

test('a table puts heads of several words over narrow columns', () => {
  expect(textTable(['batch', 'lazy Adam'], [['8,192', '4']])).toBe(
    ['       lazy', 'batch  Adam', '─────  ────', '8,192     4'].join('\n'),
  );
});
