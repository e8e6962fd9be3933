import type { RowExpression } from '../model/row-expression.js';
import type { Sample } from './profile.js';
import { expressionSql } from './raw-columns.js';

export interface KeptRows {
  readonly rows: number;
  /** Rows for which `keep` is true. */
  readonly kept: number;
  /** Of each label the value that all rows have which are kept, if they do. */
  readonly only: readonly (string | undefined)[];
}

/** What the rows that are looked at become by `keep`. */
export async function keptRows(
  { database, table }: Pick<Sample, 'database' | 'table'>,
  keep: RowExpression,
  labels: readonly RowExpression[],
): Promise<KeptRows> {
  const only = labels.map((label, at) => {
    const name = `l${String(at)}`;
    return {
      column: `CAST(${expressionSql(label, table.columns)} AS VARCHAR) AS ${name}`,
      value: `CASE WHEN count(DISTINCT ${name}) FILTER (k) = 1 THEN max(${name}) FILTER (k) END`,
    };
  });
  const [[rows, kept, ...values] = []] = await database.query(
    `SELECT count(*), count(*) FILTER (k), ${only.map(({ value }) => value).join(', ')} FROM ` +
      `(SELECT ${expressionSql(keep, table.columns)} AS k, ${only.map(({ column }) => column).join(', ')} FROM ${table.table})`,
  );
  return {
    rows: Number(rows),
    kept: Number(kept),
    only: labels.map((_, at) => (typeof values[at] === 'string' ? values[at] : undefined)),
  };
}
