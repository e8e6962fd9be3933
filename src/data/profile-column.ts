import { sqlString } from '../encode/escape.js';
import type { ColumnType } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { isRising, numberFacts, numbersOfRows, type NumberFacts } from './number-facts.js';
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

/** Columns whose first values are fetched at once. */
const columnsAtOnce = 64;
/** Values that tell a kind; a column that has fewer among the rows looked at is looked at by itself. */
const telling = 200;

/**
 * What each column of a table of the database holds, in the order of the columns.
 * @param numbers is given the rows of those of numbers and times
 */
export async function profileColumns(
  database: Database,
  table: string,
  columns: readonly (readonly [name: string, stored: StoredColumn])[],
  numbers: Map<string, Float64Array>,
): Promise<readonly ColumnProfile[]> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE few_rows AS SELECT * FROM ${table} ORDER BY hash(rowid) LIMIT ${String(lookedAt)}`,
  );
  const profiles: ColumnProfile[] = [];
  for (let first = 0; first < columns.length; first += columnsAtOnce) {
    const group = columns.slice(first, first + columnsAtOnce);
    const values = await someValues(
      database,
      group.map(([, stored]) => stored),
    );
    for (const [at, [name, stored]] of group.entries())
      profiles.push(await profileColumn(database, table, name, stored, values[at] ?? [], numbers));
  }
  return profiles;
}

/** Values that stand anywhere in the table, of each column. */
async function someValues(database: Database, columns: readonly StoredColumn[]): Promise<readonly (readonly unknown[])[]> {
  const selected = columns.map((stored) => `CASE WHEN ${presentSql(stored)} THEN ${wholeText(stored) ?? 'NULL'} END`);
  const rows = await database.query(`SELECT ${selected.join(', ')} FROM few_rows`);
  return columns.map((_, at) => rows.map((row) => row[at]).filter((value) => value !== null));
}

const wholeText = ({ kind, sql }: StoredColumn): string | undefined => {
  const whole = wholeColumnSql(kind, sql);
  return whole && `left(${whole.value}, ${String(longest)})`;
};

async function profileColumn(
  database: Database,
  table: string,
  name: string,
  stored: StoredColumn,
  values: readonly unknown[],
  numbersOf: Map<string, Float64Array>,
): Promise<ColumnProfile> {
  const guess = await guessColumn(database, table, stored, values);
  const { text, value } = readingsOf(guess, stored);
  const isNumeric = guess.kind === 'integer' || guess.kind === 'float' || guess.kind === 'time';
  const looked = `looked AS MATERIALIZED (SELECT ${text} AS t, ${isNumeric ? 'NULL' : value} AS v, ${presentSql(stored)} AS p FROM ${table})`;
  const isList = guess.kind === 'list';
  const own = isList ? '(SELECT [avg(len(v)), max(len(v))] FROM looked WHERE p)' : 'NULL';
  const [found = []] = await database.query(
    `WITH ${looked}, tally AS MATERIALIZED (SELECT t, count(*) AS n FROM ${isList ? '(SELECT unnest(v) AS t FROM looked)' : 'looked'} WHERE t IS NOT NULL GROUP BY t), ` +
      `top AS MATERIALIZED (SELECT t, n FROM tally ORDER BY n DESC, t LIMIT ${String(frequentValues)}) ` +
      'SELECT (SELECT [count(*), count(*) FILTER (p), count(*) FILTER (p AND v IS NULL)] FROM looked), ' +
      `(SELECT [count(*), count(*) FILTER (n >= ${String(commonRows)})] FROM tally), ` +
      `(SELECT list(t ORDER BY n DESC, t) FROM top), (SELECT list(n ORDER BY n DESC, t) FROM top), ${own}`,
  );
  const [rows = 0, present = 0, unread = 0] = numbersIn(found[0]);
  const [distinct = 0, common = 0] = numbersIn(found[1]);
  const times = numbersIn(found[3]);
  const isUnique = present > 1 && !isList && distinct === present;
  const read = isNumeric ? await numbersOfRows(database, value, table, rows) : undefined;
  if (read) numbersOf.set(name, read);
  const numbers = read && numberFacts(read);
  const [meanLength = NaN, longestList = NaN] = isList ? numbersIn(found[4]) : [];
  return {
    name,
    kind: present === 0 ? 'empty' : guess.kind,
    type: stored.type,
    present,
    missing: rows - present,
    unreadable: read ? present - read.reduce((count, one) => count + (Number.isNaN(one) ? 0 : 1), 0) : unread,
    distinct,
    common,
    frequent: itemsOf(found[2]).map((one, i) => [String(one), times[i] ?? 0]),
    isUnique,
    isAscending: isUnique && read !== undefined && isRising(read),
    ...(numbers && { numbers }),
    ...(isList && {
      list: {
        meanLength,
        longest: longestList,
        ...(guess.separator !== undefined && { separator: guess.separator }),
      },
    }),
    ...(guess.kind === 'vector' && { size: guess.size }),
    ...(guess.kind === 'other' && { what: guess.what }),
  };
}

/** Most texts begin with more than a blank, and need not be trimmed. */
const presentSql = ({ kind, sql }: StoredColumn): string => {
  if (kind === 'text')
    return `(${sql} IS NOT NULL AND CASE WHEN CAST(${sql} AS VARCHAR) >= '!' THEN TRUE ELSE trim(CAST(${sql} AS VARCHAR), ' ' || chr(9)) <> '' END)`;
  return kind === 'json' ? `(${sql} IS NOT NULL AND CAST(${sql} AS VARCHAR) <> '""')` : `(${sql} IS NOT NULL)`;
};

/** What some values tell. */
async function guessColumn(database: Database, table: string, stored: StoredColumn, values: readonly unknown[]): Promise<Guess> {
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
      const rows =
        values.length >= telling
          ? values
          : (
              await database.query(
                `SELECT ${wholeText(stored) ?? 'NULL'} FROM ${table} WHERE ${presentSql(stored)} ORDER BY hash(rowid) LIMIT ${String(lookedAt)}`,
              )
            ).map(([value]) => value);
      const texts = rows.map(String);
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

const numbersIn = (value: unknown): readonly number[] => itemsOf(value).map(Number);

/** The items of one of DuckDB's lists. */
function itemsOf(value: unknown): readonly unknown[] {
  const items: unknown = typeof value === 'object' && value !== null && 'items' in value ? value.items : [];
  return Array.isArray(items) ? items : [];
}
