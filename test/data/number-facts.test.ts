import { describe, expect, test } from 'vitest';
import { isRising, numberFacts } from '../../src/data/number-facts.js';

describe('facts of numbers', () => {
  test('leave out what is none', () => {
    expect(numberFacts(new Float64Array([NaN, NaN]))).toBeUndefined();
    expect(numberFacts(new Float64Array([3, NaN, -1, 0, 0, 8]))).toMatchObject({
      min: -1,
      max: 8,
      mean: 2,
      zeros: 2,
      negative: 1,
    });
  });

  test('have the deciles, each one of the values', () => {
    const values = Float64Array.from({ length: 101 }, (_, i) => 100 - i);
    expect(numberFacts(values)?.deciles).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });

  test('are skewed to the side of the long tail', () => {
    expect(numberFacts(Float64Array.from([1, 1, 1, 5]))?.skewness).toBeCloseTo(2 / Math.sqrt(3), 12);
    expect(numberFacts(Float64Array.from([1e9 + 1, 1e9 + 2, 1e9 + 3]))?.skewness).toBeCloseTo(0, 12);
  });
});

test('numbers rise over gaps, but not twice to the same one', () => {
  expect(isRising(new Float64Array([1, NaN, 2, 3]))).toBe(true);
  expect(isRising(new Float64Array([1, NaN, 1]))).toBe(false);
});
