import type { ColumnData, PreparedColumns, RawColumns } from '../../src/encode/columns.js';
import type { CategoryEncoder } from '../../src/encode/program.js';

/** A category of lists of a column of its own name. */
export const category = (name: string, more: Partial<CategoryEncoder>): CategoryEncoder => ({
  kind: 'category',
  name,
  table: name,
  value: { kind: 'column', name, type: 'text' },
  many: { pool: 'mean' },
  codes: { kind: 'vocabulary', name, minCount: 1 },
  ...more,
});

export const ids = (features: readonly CategoryEncoder[], of: (feature: CategoryEncoder) => ColumnData): RawColumns => ({
  features: new Map(features.map((feature) => [feature.name, of(feature)])),
  labels: new Map(),
});

/** Problems of all rows, and what is learned of the good ones and made of them. */
export function encode(prepared: PreparedColumns, rows: number): unknown {
  const all = Array.from({ length: rows }, (_, row) => row);
  const problems = all.map((row) => prepared.problems(row));
  const told = new Set<number>();
  prepared.eachBad(rows, (row) => told.add(row));
  const good = Int32Array.from(all.filter((row) => problems[row]?.length === 0));
  const state = prepared.fit(good);
  const { bags } = prepared.encode(state, good);
  return { problems, told: [...told].toSorted((a, b) => a - b), vocabularies: state.vocabularies, bags };
}
