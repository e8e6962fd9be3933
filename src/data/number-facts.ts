import type { Database } from './duckdb.js';
import { copyColumn } from './duckdb.js';

export interface NumberFacts {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** NaN of one value only, or where it is beyond a float. */
  readonly skewness: number;
  readonly zeros: number;
  readonly negative: number;
  /** At 0, 0.1, …, 1. */
  readonly deciles: readonly number[];
}

/** The numbers that an expression of SQL gives for each row of a table, in its order; NaN where it is NULL. */
export async function numbersOfRows(database: Database, expression: string, table: string, rows: number): Promise<Float64Array> {
  const values = new Float64Array(rows);
  let filled = 0;
  for await (const chunk of database.stream(`SELECT coalesce(CAST(${expression} AS DOUBLE), 'nan') FROM ${table}`)) {
    copyColumn(chunk, 0, values.subarray(filled, filled + chunk.rowCount));
    filled += chunk.rowCount;
  }
  return values.subarray(0, filled);
}

/** What numbers are like; undefined if there are none. NaN is none. */
export function numberFacts(values: Float64Array): NumberFacts | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return undefined;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const [min = 0] = sorted;
  return {
    min,
    max: sorted.at(-1) ?? 0,
    mean,
    skewness: skewnessOf(sorted),
    zeros: sorted.reduce((count, value) => count + (value === 0 ? 1 : 0), 0),
    negative: sorted.reduce((count, value) => count + (value < 0 ? 1 : 0), 0),
    deciles: Array.from({ length: 11 }, (_, tenth) => sorted[Math.max(1, Math.ceil((tenth * sorted.length) / 10)) - 1] ?? 0),
  };
}

/** The third standardized moment. */
export function skewnessOf(values: Float32Array | Float64Array): number {
  const mean = sumOf(values, (value) => value) / values.length;
  const second = sumOf(values, (value) => (value - mean) ** 2);
  const third = sumOf(values, (value) => (value - mean) ** 3);
  return third / values.length / (second / values.length) ** 1.5;
}

function sumOf(values: Float32Array | Float64Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum;
}

/** Whether each number is above the one before; NaN is left out. */
export function isRising(values: Float64Array): boolean {
  let previous = -Infinity;
  for (const value of values) {
    if (value <= previous) return false;
    if (!Number.isNaN(value)) previous = value;
  }
  return true;
}
