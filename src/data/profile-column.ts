import { sqlString } from '../encode/escape.js';
import type { ColumnType } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { guessKind, type Guess } from './profile-guess.js';
import { readColumnSql, wholeColumnSql } from './raw-columns.js';
import type { StoredColumn } from './tables.js';

/** `list`: texts, whole numbers or truths; `vector`: numbers, as many in every row; `other`: what no feature can read. */
export type ProfiledKind = Guess['kind'];

/** What a column holds. */
export interface ColumnProfile {
  readonly name: string;
  readonly kind: ProfiledKind;
  /** As the file stores it: `VARCHAR` of csv, `JSON` of jsonl, DuckDB's type of parquet. */
  readonly type: string;
  /** Rows with a value, and without: an empty text is none. */
  readonly present: number;
  readonly missing: number;
  /** Values that cannot be read as the kind. */
  readonly unreadable: number;
  /** Different values; of a list its items. */
  readonly distinct: number;
  /** Different values that stand in five rows or more. */
  readonly common: number;
  /** The most frequent values as written, and how often they stand; of a list its items. */
  readonly frequent: readonly (readonly [value: string, count: number])[];
  /** Whether no two rows have the same value. */
  readonly isUnique: boolean;
  /** Whether each row's value is above that of the row before; of unique numbers and times only. */
  readonly isAscending: boolean;
  /** Of integer and float; of time in seconds since 1970. */
  readonly numbers?: NumberFacts;
  readonly list?: ListFacts;
  /** Numbers in each vector. */
  readonly size?: number;
  /** Why no feature can read it, of `other`. */
  readonly what?: string;
}

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

export interface ListFacts {
  /** What stands between its items in a text; absent: it is a list in the file. */
  readonly separator?: string;
  /** Items of a row. */
  readonly meanLength: number;
  readonly longest: number;
}

const lookedAt = 1_000;
/** Longer texts are cut: they are no categories, and vectors are shorter. */
const longest = 100_000;
const frequentValues = 50;
const commonRows = 5;

/** @param stored a column of the table `table` of the database */
export async function profileColumn(
  database: Database,
  table: string,
  name: string,
  stored: StoredColumn,
): Promise<ColumnProfile> {
  const guess = await guessColumn(database, table, stored);
  const readings = readingsOf(guess, stored);
  await database.run(
    `CREATE OR REPLACE TEMP TABLE looked AS SELECT rowid AS place, ${readings.text} AS t, ${readings.value} AS v, ${presentSql(stored)} AS p FROM ${table}`,
  );
  const [counts = []] = await database.query(
    'SELECT count(*), count(*) FILTER (p), count(*) FILTER (p AND v IS NULL) FROM looked',
  );
  const [rows = 0, present = 0, unreadable = 0] = counts.map(Number);
  const values = guess.kind === 'list' ? '(SELECT unnest(v) AS t FROM looked)' : 'looked';
  const tally = await tallyOf(database, values);
  const isUnique = present > 1 && guess.kind !== 'list' && tally.distinct === present;
  const isNumeric = guess.kind === 'integer' || guess.kind === 'float' || guess.kind === 'time';
  const numbers = isNumeric ? await numberFacts(database) : undefined;
  return {
    name,
    kind: present === 0 ? 'empty' : guess.kind,
    type: stored.type,
    present,
    missing: rows - present,
    unreadable,
    ...tally,
    isUnique,
    isAscending: isUnique && isNumeric && (await isAscending(database)),
    ...(numbers && { numbers }),
    ...(guess.kind === 'list' && { list: await listFacts(database, guess.separator) }),
    ...(guess.kind === 'vector' && { size: guess.size }),
    ...(guess.kind === 'other' && { what: guess.what }),
  };
}

const presentSql = ({ kind, sql }: StoredColumn): string => {
  if (kind === 'text') return `(${sql} IS NOT NULL AND NOT regexp_full_match(CAST(${sql} AS VARCHAR), '[ \\t]*'))`;
  return kind === 'json' ? `(${sql} IS NOT NULL AND CAST(${sql} AS VARCHAR) <> '""')` : `(${sql} IS NOT NULL)`;
};

/** What some values tell, which stand anywhere in the table. */
async function guessColumn(database: Database, table: string, stored: StoredColumn): Promise<Guess> {
  switch (stored.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
    case 'time':
      return { kind: stored.kind };
    case 'other':
      return { kind: 'other', what: `it is ${stored.type}` };
    case 'text':
    case 'json':
    case 'list':
    case 'float-list': {
      const whole = wholeColumnSql(stored.kind, stored.sql);
      if (!whole) return { kind: 'other', what: `it is ${stored.type}` };
      const rows = await database.query(
        `SELECT left(${whole.value}, ${String(longest)}) FROM ${table} WHERE ${presentSql(stored)} ORDER BY hash(rowid) LIMIT ${String(lookedAt)}`,
      );
      const texts = rows.map(([value]) => String(value));
      return guessKind(whole.decode === 'json' ? texts.map((text) => jsonOf(text, stored.kind === 'float-list')) : texts);
    }
    default:
      return stored.kind satisfies never;
  }
}

function jsonOf(text: string, isNumbers: boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isNumbers && Array.isArray(value) ? value.map((item) => (item === null ? null : Number(item))) : value;
  } catch {
    return null;
  }
}

/** SQL of a column's text for counting, and of its value as the kind: NULL where it is none. */
function readingsOf(guess: Guess, { kind: stored, sql }: StoredColumn): { readonly text: string; readonly value: string } {
  const as = (type: ColumnType): string => readColumnSql(stored, type, sql)?.value ?? 'NULL';
  const text = stored === 'float' || stored === 'time' ? `CAST(${sql} AS VARCHAR)` : as('text');
  switch (guess.kind) {
    case 'integer':
    case 'float':
      return { text: stored === 'json' ? `coalesce(${text}, CAST(${sql} AS VARCHAR))` : text, value: as('number') };
    case 'boolean':
    case 'time':
      return { text, value: as(guess.kind) };
    case 'text':
      return { text, value: text };
    case 'list': {
      const items = itemsSql(stored, sql, guess.separator);
      return { text: 'NULL', value: `CASE WHEN ${sql} IS NOT NULL THEN list_filter(${items}, item -> item <> '') END` };
    }
    case 'vector':
    case 'other':
    case 'empty':
      return { text: 'NULL', value: sql };
    default:
      return guess satisfies never;
  }
}

function itemsSql(stored: StoredColumn['kind'], sql: string, separator: string | undefined): string {
  if (separator !== undefined)
    return `string_split(${stored === 'json' ? `${sql} ->> '$'` : `CAST(${sql} AS VARCHAR)`}, ${sqlString(separator)})`;
  return stored === 'json'
    ? `CASE WHEN json_type(${sql}) = 'ARRAY' THEN json_extract_string(${sql}, '$[*]') END`
    : `CAST(${sql} AS VARCHAR[])`;
}

async function tallyOf(database: Database, values: string): Promise<Pick<ColumnProfile, 'distinct' | 'common' | 'frequent'>> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE tally AS SELECT t, count(*) AS n FROM ${values} WHERE t IS NOT NULL GROUP BY t`,
  );
  const [counts = []] = await database.query(`SELECT count(*), count(*) FILTER (n >= ${String(commonRows)}) FROM tally`);
  const frequent = await database.query(`SELECT t, n FROM tally ORDER BY n DESC, t LIMIT ${String(frequentValues)}`);
  return {
    distinct: Number(counts[0]),
    common: Number(counts[1]),
    frequent: frequent.map(([value, times]) => [String(value), Number(times)]),
  };
}

async function numberFacts(database: Database): Promise<NumberFacts | undefined> {
  const [first = []] = await database.query(
    `SELECT count(v), min(v), max(v), avg(v), count(*) FILTER (v = 0), count(*) FILTER (v < 0), quantile_disc(v, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]) FROM looked`,
  );
  const [many = 0, min = 0, max = 0, mean = 0, zeros = 0, negative = 0] = first.slice(0, 6).map(Number);
  if (many === 0) return undefined;
  const [moments = []] = await database.query(
    `SELECT avg(power(v - m, 2)), avg(power(v - m, 3)) FROM looked, (SELECT avg(v) AS m FROM looked)`,
  );
  const [variance = NaN, third = NaN] = moments.map(Number);
  return { min, max, mean, skewness: third / variance ** 1.5, zeros, negative, deciles: numbersOf(first[6]) };
}

/** A list of DuckDB's numbers. */
function numbersOf(value: unknown): readonly number[] {
  const items: unknown = typeof value === 'object' && value !== null && 'items' in value ? value.items : [];
  return Array.isArray(items) ? items.map(Number) : [];
}

async function isAscending(database: Database): Promise<boolean> {
  const pairs = 'SELECT v, lag(v) OVER (ORDER BY place) AS previous FROM looked WHERE v IS NOT NULL';
  const [falls = []] = await database.query(`SELECT count(*) FROM (${pairs}) WHERE v <= previous`);
  return Number(falls[0]) === 0;
}

async function listFacts(database: Database, separator: string | undefined): Promise<ListFacts> {
  const [lengths = []] = await database.query('SELECT avg(len(v)), max(len(v)) FROM looked WHERE p');
  return { meanLength: Number(lengths[0]), longest: Number(lengths[1]), ...(separator !== undefined && { separator }) };
}
