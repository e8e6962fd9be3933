import type { RowExpression } from '../model/row-expression.js';
import { quantiles } from './label-information.js';
import { numbersOfRows } from './number-facts.js';
import type { ColumnProfile, Sample } from './profile.js';
import { expressionSql, readColumnSql } from './raw-columns.js';

/** Rows that are compared: the first ones. */
const compared = 100_000;
/** Rows without which a value says nothing: each would be its own label. */
const leastRows = 5;
/** Numbers are cut into so many groups of equal size, at most. */
const groups = 128;

/**
 * How much of a label each column tells alone, from 0 to 1: the share of the label's variance that lies between the column's values
 * (η²); a missing one is another. Near 1 the column is the label in another form.
 */
export async function dependenceOn(
  { database, table, numbers }: Pick<Sample, 'database' | 'numbers' | 'table'>,
  label: RowExpression,
  columns: readonly ColumnProfile[],
): Promise<ReadonlyMap<string, number>> {
  const value = expressionSql(label, table.columns);
  const y = scaled(
    await numbersOfRows(database, value, `${table.table} LIMIT ${String(compared)}`, Math.min(compared, table.rows)),
  );
  await database.run(
    `CREATE OR REPLACE TEMP TABLE labelled AS SELECT rowid AS place, CAST(${value} AS DOUBLE) AS label FROM ${table.table} LIMIT ${String(compared)}`,
  );
  await database.run(
    'CREATE OR REPLACE TEMP TABLE scaled AS SELECT place, label / (SELECT greatest(1, max(abs(label))) FROM labelled) AS y FROM labelled WHERE isfinite(label)',
  );
  const found = new Map<string, number>();
  for (const { name, kind, distinct } of columns) {
    const stored = table.columns.get(name);
    const values = numbers.get(name)?.subarray(0, y.length);
    const text = stored && (kind === 'text' || kind === 'boolean') ? readColumnSql(stored.kind, 'text', stored.sql) : undefined;
    if (values) found.set(name, toldShare(distinct <= groups ? values : quantiles(values, groups, leastRows).codes, y));
    else if (text) found.set(name, await toldByText(database, text.value, table.table));
  }
  return found;
}

/** Labels of at most 1; NaN where there is none. */
function scaled(labels: Float64Array): Float64Array {
  const finite = labels.map((label) => (Number.isFinite(label) ? label : NaN));
  const most = finite.reduce((largest, label) => (Math.abs(label) > largest ? Math.abs(label) : largest), 1);
  return finite.map((label) => label / most);
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squares about the mean. */
  readonly squares: number;
}

const noRows: Moments = { count: 0, mean: 0, squares: 0 };

function withOne({ count, mean, squares }: Moments, value: number): Moments {
  const next = mean + (value - mean) / (count + 1);
  return { count: count + 1, mean: next, squares: squares + (value - mean) * (value - next) };
}

/** The share of the variance of y, NaN where a row has none, between the groups; groups of few rows tell nothing. */
function toldShare(group: Float64Array | Int32Array, y: Float64Array): number {
  const of = new Map<number, Moments>();
  let all = noRows;
  y.forEach((label, row) => {
    if (Number.isNaN(label)) return;
    const key = group[row] ?? NaN;
    of.set(key, withOne(of.get(key) ?? noRows, label));
    all = withOne(all, label);
  });
  if (all.squares === 0) return 0;
  const within = [...of.values()].reduce(
    (sum, { count, squares }) => sum + (count >= leastRows ? squares : (count * all.squares) / all.count),
    0,
  );
  return Math.max(0, 1 - within / all.squares);
}

/** The same of the groups that a text makes. */
async function toldByText(database: Sample['database'], text: string, table: string): Promise<number> {
  const [row = []] = await database.query(
    `WITH r AS (SELECT ${text} AS g, y FROM scaled JOIN ${table} ON place = ${table}.rowid), k AS (SELECT g, count(*) AS n, var_pop(y) AS v FROM r GROUP BY g), ` +
      `m AS (SELECT count(*) AS n, var_pop(y) AS v FROM r) ` +
      `SELECT 1 - sum(k.n * CASE WHEN k.n >= ${String(leastRows)} THEN k.v ELSE m.v END) / nullif(any_value(m.n * m.v), 0) FROM k, m`,
  );
  return Math.max(0, Number(row[0] ?? 0));
}
