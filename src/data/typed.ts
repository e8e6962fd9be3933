import type { ColumnRead } from '../encode/expressions/columns.js';
import type { CategoryEncoder, EncoderProgram, FeatureEncoder } from '../encode/program.js';
import { columnReads } from '../encode/expressions/columns.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { invalidSql, readColumnSql, wholeColumnSql, type StoredKind, type WholeSql } from './raw-columns.js';
import { whereObjects, type JoinedColumn, type JoinedData } from './read.js';
import type { LoadedTable } from './tables.js';

/**
 * Views of every column as each type it is read as, and whether it could not be, one for each table: a joined file is read once, not
 * once for each row that it is joined to.
 */
export interface TypedViews {
  /** Name of a table's view: its rows by `ordinal`, and of a joined file one row more, the last, in which everything is missing. */
  readonly view: (table: number) => string;
  /** Rows of a table's view, at most. */
  readonly rows: (table: number) => number;
  /** SQL of a column read as a type. */
  readonly column: (read: ColumnRead) => string;
  /** SQL of whether a column could not be read; undefined if it always can. */
  readonly invalid: (read: ColumnRead) => string | undefined;
  /** The whole raw value of a bag's or vector's column. */
  readonly whole: (name: string) => WholeSql | undefined;
  /** The table that a column stands in. */
  readonly table: (name: string) => number;
  /** SQL of the key by which the source meets a joined table. */
  readonly key: (table: number) => string;
  /** Replaces the source's view by one that has the columns of all tables. */
  readonly joinAll: () => Promise<void>;
}

interface Use extends ColumnRead {
  readonly by: string;
}

/** A column of the views: its SQL in its own table, and in `rows`. */
interface Field {
  readonly alias: string;
  readonly table: number;
  readonly own: string;
  readonly joined: string;
  /** Made of another field, so that that one is read once. */
  readonly isDerived?: true;
}

/** Makes the views of everything that the program and the given expressions read. */
export async function createTypedViews(
  database: Database,
  joined: JoinedData,
  program: EncoderProgram,
  more: readonly { readonly by: string; readonly expression: RowExpression }[],
): Promise<TypedViews> {
  const uses = [
    ...program.features.flatMap((feature) => featureReads(feature).map((read) => ({ ...read, by: `feature ${feature.name}` }))),
    ...program.labels.flatMap((label) => columnReads(label.value).map((read) => ({ ...read, by: `label ${label.name}` }))),
    ...more.flatMap(({ by, expression }) => columnReads(expression).map((read) => ({ ...read, by }))),
  ];
  const fields: Field[] = [];
  const add = (table: number, own: string, inRows: string, isDerived?: true): string => {
    const known = fields.find((field) => field.table === table && field.own === own);
    if (known) return known.alias;
    const alias = `v${String(fields.length)}`;
    fields.push({ alias, table, own, joined: inRows, ...(isDerived && { isDerived }) });
    return alias;
  };
  const reads = new Map<string, { readonly value: string; readonly invalid?: string }>();
  for (const use of uses) {
    if (reads.has(keyOf(use))) continue;
    const stored = storedColumn(joined, use.name);
    const [sql, inRows] = [stored.sql, stored.joined].map((column) => readColumnSql(stored.kind, use.type, column));
    if (!sql || !inRows) throw wrongType(use, stored, joined);
    const value = add(stored.table, sql.value, inRows.value);
    const [own, ofRows] = [sql, inRows].map(({ present }) => present !== undefined && invalidSql(present, value));
    const invalid = own && ofRows ? add(stored.table, own, ofRows, true) : undefined;
    reads.set(keyOf(use), { value, ...(invalid !== undefined && { invalid }) });
  }
  const wholes = new Map<string, WholeSql>();
  for (const feature of program.features.filter(isWhole)) {
    const name = wholeColumn(feature);
    if (wholes.has(name)) continue;
    const stored = storedColumn(joined, name);
    const isNumbers = feature.kind === 'category' && stored.kind === 'float-list';
    const [sql, inRows] = [stored.sql, stored.joined].map((column) =>
      isNumbers ? undefined : wholeColumnSql(stored.kind, column),
    );
    if (!sql || !inRows) throw wrongType({ name, type: 'text', by: `feature ${feature.name}` }, stored, joined);
    if (feature.kind === 'category' && feature.many?.separator === undefined && sql.decode === 'text')
      throw notAList(feature, stored, joined);
    wholes.set(name, { value: add(stored.table, sql.value, inRows.value), decode: sql.decode });
  }
  const keys = joined.joins.map(({ key }, i) => add(0, key, `key${String(i + 1)}`));
  const tables = [joined.source, ...joined.joins];
  for (const [i, table] of tables.entries()) {
    const own = fields.filter((field) => field.table === i);
    await database.run(`CREATE VIEW typed${String(i)} AS ${selectSql(own, 'own', rowsOf(table, i))}`);
  }
  return {
    view: (table) => `typed${String(table)}`,
    rows: (table) => (tables[table]?.rows ?? 0) + (table === 0 ? 0 : 1),
    column: (read) => reads.get(keyOf(read))?.value ?? 'NULL',
    invalid: (read) => reads.get(keyOf(read))?.invalid,
    whole: (name) => wholes.get(name),
    table: (name) => storedColumn(joined, name).table,
    key: (table) => keys[table - 1] ?? 'NULL',
    joinAll: async () => {
      await database.run(`CREATE TABLE joined AS ${selectSql(fields, 'joined', 'rows')}`);
      await database.run('CREATE OR REPLACE VIEW typed0 AS FROM joined');
    },
  };
}

/** The rows of a table by `ordinal`, with one of nothing behind those of a joined file. */
function rowsOf(table: LoadedTable, i: number): string {
  const columns = [...table.columns.values()].map(({ sql }) => sql);
  const own = `SELECT rowid AS ordinal, * FROM ${table.table}${whereObjects(table, table.table)}`;
  if (i === 0) return `(${own})`;
  const nothing = columns.map((sql) => `NULL AS ${sql}`);
  return `(${own} UNION ALL BY NAME SELECT ${[`${String(table.rows)} AS ordinal`, ...nothing].join(', ')})`;
}

function selectSql(fields: readonly Field[], sql: 'own' | 'joined', from: string): string {
  const select = (some: readonly Field[]): readonly string[] => some.map((field) => `${field[sql]} AS ${field.alias}`);
  const [derived, first] = [true, false].map((wanted) => select(fields.filter(({ isDerived = false }) => isDerived === wanted)));
  const inner = `SELECT ${['*', ...(first ?? [])].join(', ')} FROM ${from}`;
  const aliases = fields.filter(({ isDerived }) => isDerived !== true).map(({ alias }) => alias);
  return `SELECT ${['ordinal', ...aliases, ...(derived ?? [])].join(', ')} FROM (${inner})`;
}

const keyOf = ({ name, type }: ColumnRead): string => `${type} ${name}`;

/** A bag or vector of a plain column: its raw value is taken whole, and split in JavaScript. */
export function isWhole(feature: FeatureEncoder): boolean {
  if (feature.kind === 'vector') return true;
  return feature.kind === 'category' && feature.many !== undefined && feature.value?.kind === 'column';
}

export function wholeColumn(feature: FeatureEncoder): string {
  return feature.value?.kind === 'column' ? feature.value.name : feature.name;
}

function featureReads(feature: FeatureEncoder): readonly ColumnRead[] {
  return feature.value && !isWhole(feature) ? columnReads(feature.value) : [];
}

function storedColumn(joined: JoinedData, name: string): JoinedColumn {
  return joined.columns.get(name) ?? { table: 0, sql: 'NULL', joined: 'NULL', kind: 'text', type: 'VARCHAR' };
}

const hints: Partial<Record<StoredKind, string>> = {
  float: 'a category is a text, a whole number or true or false: cast the column, or give the feature buckets',
  integer: 'say what it counts, as in time(unit: second)',
  time: 'a day or a time is read by time(cycle: [week, year]); for the days between two, write a column of that number',
  list: 'a list is read by category[] or number[n]',
  'float-list': 'a list of numbers is read by number[n]',
};

function wrongType({ name, type, by }: Use, stored: JoinedColumn, joined: JoinedData): DataError {
  const file = fileWith(joined, name);
  const isCategory = type === 'text' && (stored.kind === 'float' || stored.kind === 'float-list');
  return dataError(
    isCategory ? 'float-category' : 'wrong-column-type',
    `${by} reads the column ${JSON.stringify(name)} as ${isCategory ? 'a category' : type}, but ${file} stores it as ${stored.type}`,
    { reader: by, help: hints[stored.kind] },
  );
}

function notAList(feature: CategoryEncoder, stored: JoinedColumn, joined: JoinedData): DataError {
  const name = wholeColumn(feature);
  return dataError(
    'wrong-column-type',
    `feature ${feature.name} wants lists, but ${fileWith(joined, name)} stores the column ${JSON.stringify(name)} as ${stored.type === 'VARCHAR' ? 'text' : stored.type}`,
    { reader: `feature ${feature.name}`, help: 'say what separates its values: category[](separator: "|")' },
  );
}

function fileWith({ source, joins }: JoinedData, name: string): string {
  return [source, ...joins].find((table) => table.columns.has(name))?.resolved.files[0] ?? 'the data';
}
