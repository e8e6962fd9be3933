import { printSql } from '../encode/expressions/print-sql.js';
import type { RowExpression } from '../model/row-expression.js';
import { sqlIdentifier } from '../encode/escape.js';
import type { ColumnProfile, Sample } from './profile.js';
import { readColumnSql } from './raw-columns.js';
import type { StoredColumn } from './tables.js';

/** Rows that are compared: the first ones. */
const compared = 100_000;
/** Rows without which a value says nothing: each would be its own label. */
const leastRows = 5;
/** Numbers are cut into so many groups of equal size. */
const groups = 100;

/**
 * How much of a label each column tells alone, from 0 to 1: the share of the label's variance that lies between the column's values
 * (η²); a missing one is another. Near 1 the column is the label in another form.
 */
export async function dependenceOn(
  { database, table }: Pick<Sample, 'database' | 'table'>,
  label: RowExpression,
  columns: readonly ColumnProfile[],
): Promise<ReadonlyMap<string, number>> {
  const value = printSql(label, ({ name, type }) => {
    const stored = table.columns.get(name);
    return (stored && readColumnSql(stored.kind, type, stored.sql)?.value) ?? 'NULL';
  });
  const source = `(SELECT * FROM ${table.table} LIMIT ${String(compared)})`;
  await database.run(`CREATE OR REPLACE TEMP TABLE labelled AS SELECT *, CAST(${value} AS DOUBLE) AS label FROM ${source}`);
  await database.run(
    'CREATE OR REPLACE TEMP TABLE scaled AS SELECT *, label / (SELECT greatest(1, max(abs(label))) FROM labelled) AS y FROM labelled WHERE isfinite(label)',
  );
  const found = new Map<string, number>();
  for (const { name, kind, distinct } of columns) {
    const stored = table.columns.get(name);
    const group = stored && groupSql(stored, kind, distinct);
    if (group === undefined) continue;
    const [row = []] = await database.query(
      `WITH r AS (SELECT ${group} AS g, y FROM scaled), k AS (SELECT g, count(*) AS n, var_pop(y) AS v FROM r GROUP BY g), ` +
        `m AS (SELECT count(*) AS n, var_pop(y) AS v FROM r) ` +
        `SELECT 1 - sum(k.n * CASE WHEN k.n >= ${String(leastRows)} THEN k.v ELSE m.v END) / nullif(any_value(m.n * m.v), 0) FROM k, m`,
    );
    found.set(name, Math.max(0, Number(row[0] ?? 0)));
  }
  return found;
}

function groupSql(stored: StoredColumn, kind: ColumnProfile['kind'], distinct: number): string | undefined {
  const sql = sqlIdentifier(stored.sql);
  switch (kind) {
    case 'integer':
    case 'float':
    case 'time': {
      const value = readColumnSql(stored.kind, kind === 'time' ? 'time' : 'number', sql)?.value;
      if (value === undefined || distinct <= groups) return value;
      return `CASE WHEN ${value} IS NOT NULL THEN ntile(${String(groups)}) OVER (ORDER BY ${value}) END`;
    }
    case 'text':
    case 'boolean':
      return readColumnSql(stored.kind, 'text', sql)?.value;
    case 'list':
    case 'vector':
    case 'other':
    case 'empty':
      return undefined;
    default:
      return kind satisfies never;
  }
}
