import { printSql } from '../encode/expressions/print-sql.js';
import { canonicalNumberSql, isPresentSql, readSql } from '../encode/expressions/read-sql.js';
import type { ColumnType, RowExpression } from '../model/row-expression.js';

/** How a column is stored in its file. */
export type StoredKind = 'text' | 'json' | 'integer' | 'float' | 'boolean' | 'time' | 'list' | 'float-list' | 'other';

/** SQL of a stored column read as a type: NULL where it is missing or invalid. */
export interface ReadSql {
  readonly value: string;
  /** Whether a column whose value is NULL holds something, which then is none of the type; absent: it never does. */
  readonly present?: string;
}

/** SQL of whether a column holds something that is none of the type, by that of its value. */
export const invalidSql = (present: string, value: string): string =>
  `CASE WHEN (${value}) IS NULL THEN ${present} ELSE FALSE END`;

/** A whole raw value (of a bag or vector) as VARCHAR: the text itself, or JSON. */
export interface WholeSql {
  readonly value: string;
  readonly decode: 'text' | 'json';
}

/** The stored kind of a DuckDB type. */
export function storedKind(type: string): StoredKind {
  const list = /^(.*)\[\d*\]$/s.exec(type);
  if (list?.[1] !== undefined) {
    const element = storedKind(list[1]);
    if (element === 'float') return 'float-list';
    return element === 'text' || element === 'integer' || element === 'boolean' ? 'list' : 'other';
  }
  if (/^(VARCHAR|UUID|ENUM\(.*\))$/s.test(type)) return 'text';
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type) || /^DECIMAL\(\d+,0\)$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(type)) return 'float';
  if (/^(DATE|TIMESTAMP.*)$/.test(type)) return 'time';
  if (type === 'BOOLEAN') return 'boolean';
  return type === 'JSON' ? 'json' : 'other';
}

/** Undefined where a column of this kind never holds such a value, which an error says before any row is read. */
export function readColumnSql(kind: StoredKind, type: ColumnType, column: string): ReadSql | undefined {
  switch (kind) {
    case 'text':
      return readTextSql(type, `CAST(${column} AS VARCHAR)`);
    case 'json':
      return readJsonSql(type, column);
    case 'integer':
    case 'float':
      return readNumericSql(kind, type, column);
    case 'boolean':
      if (type === 'boolean') return { value: column };
      return type === 'text' ? { value: `CAST(${column} AS VARCHAR)` } : undefined;
    case 'time':
      if (type !== 'time') return undefined;
      return { value: `CAST(epoch_us(${column}) // 1000000 AS DOUBLE) + CAST(epoch_us(${column}) % 1000000 AS DOUBLE) / 1e6` };
    case 'list':
    case 'float-list':
    case 'other':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** SQL of an expression over stored columns; a column that is not there, or never holds such a value, is missing in all rows. */
export const expressionSql = (
  expression: RowExpression,
  columns: ReadonlyMap<string, { readonly kind: StoredKind; readonly sql: string }>,
): string =>
  printSql(expression, ({ name, type }) => {
    const stored = columns.get(name);
    return (stored && readColumnSql(stored.kind, type, stored.sql)?.value) ?? 'NULL';
  });

/** A bag's or vector's raw value. */
export function wholeColumnSql(kind: StoredKind, column: string): WholeSql | undefined {
  switch (kind) {
    case 'text':
    case 'integer':
    case 'boolean':
      return { value: `nullif(CAST(${column} AS VARCHAR), '')`, decode: 'text' };
    case 'json':
      return { value: `CAST(${column} AS VARCHAR)`, decode: 'json' };
    case 'list':
    case 'float-list':
      return { value: `CAST(to_json(CAST(${column} AS VARCHAR[])) AS VARCHAR)`, decode: 'json' };
    case 'float':
    case 'time':
    case 'other':
      return undefined;
    default:
      return kind satisfies never;
  }
}

function readTextSql(type: ColumnType, text: string): ReadSql {
  const value = readSql[type](text);
  return type === 'text' ? { value } : { value, present: isPresentSql(text) };
}

/** Of one JSON value a row; JSON's null is NULL already. */
function readJsonSql(type: ColumnType, column: string): ReadSql {
  const kind = `json_type(${column})`;
  const scalar = `CASE WHEN ${kind} NOT IN ('ARRAY', 'OBJECT') THEN ${column} ->> '$' END`;
  const present = `(${column} IS NOT NULL AND coalesce(${type === 'text' ? `(${scalar}) <> ''` : isPresentSql(scalar)}, TRUE))`;
  const value =
    type === 'text'
      ? `CASE WHEN ${kind} IN ('VARCHAR', 'BOOLEAN') THEN nullif(${column} ->> '$', '') ` +
        // Short whole numbers are canonical as they stand: most are.
        `WHEN ${kind} IN ('UBIGINT', 'BIGINT') AND length(CAST(${column} AS VARCHAR)) <= 15 AND CAST(${column} AS VARCHAR) <> '-0' THEN CAST(${column} AS VARCHAR) ` +
        `ELSE ${canonicalNumberSql(`TRY_CAST(CASE WHEN ${kind} NOT IN ('VARCHAR', 'ARRAY', 'OBJECT') THEN ${column} ->> '$' END AS DOUBLE)`)} END`
      : readSql[type](scalar);
  return { value, present };
}

function readNumericSql(kind: 'integer' | 'float', type: ColumnType, column: string): ReadSql | undefined {
  const number = `CAST(${column} AS DOUBLE)`;
  switch (type) {
    case 'text':
      return kind === 'integer' ? { value: `CAST(${column} AS VARCHAR)` } : undefined;
    case 'number':
      return { value: `CASE WHEN isfinite(${number}) THEN ${number} END` };
    case 'boolean': {
      const value = `CASE ${number} WHEN 1e0 THEN TRUE WHEN 0e0 THEN FALSE END`;
      return { value, present: `isfinite(${number})` };
    }
    case 'time':
      return undefined;
    default:
      return type satisfies never;
  }
}
