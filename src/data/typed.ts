import type { ColumnRead } from '../encode/expressions/columns.js';
import type { CategoryEncoder, EncoderProgram, FeatureEncoder } from '../encode/program.js';
import { columnReads } from '../encode/expressions/columns.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { readColumnSql, wholeColumnSql, type StoredKind, type WholeSql } from './raw-columns.js';
import type { JoinedData } from './read.js';
import type { StoredColumn } from './tables.js';

/** The view `typed`: every column as each type it is read as, and whether it could not be. */
export interface TypedView {
  /** SQL of a column read as a type. */
  readonly column: (read: ColumnRead) => string;
  /** SQL of whether a column could not be read; undefined if it always can. */
  readonly invalid: (read: ColumnRead) => string | undefined;
  /** The whole raw value of a bag's or vector's column. */
  readonly whole: (name: string) => WholeSql | undefined;
}

interface Use extends ColumnRead {
  readonly by: string;
}

/** Makes the view of everything that the program and the given expressions read. */
export async function createTypedView(
  database: Database,
  joined: JoinedData,
  program: EncoderProgram,
  more: readonly { readonly by: string; readonly expression: RowExpression }[],
): Promise<TypedView> {
  const uses = [
    ...program.features.flatMap((feature) => featureReads(feature).map((read) => ({ ...read, by: `feature ${feature.name}` }))),
    ...program.labels.flatMap((label) => columnReads(label.value).map((read) => ({ ...read, by: `label ${label.name}` }))),
    ...more.flatMap(({ by, expression }) => columnReads(expression).map((read) => ({ ...read, by }))),
  ];
  const fields: string[] = [];
  const add = (sql: string): string => {
    fields.push(`${sql} AS v${String(fields.length)}`);
    return `v${String(fields.length - 1)}`;
  };
  const reads = new Map<string, { readonly value: string; readonly invalid?: string }>();
  for (const use of uses) {
    if (reads.has(keyOf(use))) continue;
    const stored = storedColumn(joined, use.name);
    const sql = readColumnSql(stored.kind, use.type, stored.sql);
    if (!sql) throw wrongType(use, stored, joined);
    reads.set(keyOf(use), { value: add(sql.value), ...(sql.invalid !== undefined && { invalid: add(sql.invalid) }) });
  }
  const wholes = new Map<string, WholeSql>();
  for (const feature of program.features.filter(isWhole)) {
    const name = wholeColumn(feature);
    if (wholes.has(name)) continue;
    const stored = storedColumn(joined, name);
    const sql = feature.kind === 'category' && stored.kind === 'float-list' ? undefined : wholeColumnSql(stored.kind, stored.sql);
    if (!sql) throw wrongType({ name, type: 'text', by: `feature ${feature.name}` }, stored, joined);
    if (feature.kind === 'category' && feature.many?.separator === undefined && sql.decode === 'text')
      throw notAList(feature, stored, joined);
    wholes.set(name, { value: add(sql.value), decode: sql.decode });
  }
  const flags = joined.joins.map((_, i) => `has${String(i + 1)}`);
  await database.run(`CREATE VIEW typed AS SELECT ${['ordinal', ...flags, ...fields].join(', ')} FROM rows`);
  return {
    column: (read) => reads.get(keyOf(read))?.value ?? 'NULL',
    invalid: (read) => reads.get(keyOf(read))?.invalid,
    whole: (name) => wholes.get(name),
  };
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

function storedColumn(joined: JoinedData, name: string): StoredColumn {
  return joined.columns.get(name) ?? { sql: 'NULL', kind: 'text', type: 'VARCHAR' };
}

const hints: Partial<Record<StoredKind, string>> = {
  float: 'a category is a text, a whole number or true or false: cast the column, or give the feature buckets',
  integer: 'say what it counts, as in time(unit: second)',
  list: 'a list is read by category[] or number[n]',
  'float-list': 'a list of numbers is read by number[n]',
};

function wrongType({ name, type, by }: Use, stored: StoredColumn, joined: JoinedData): DataError {
  const file = fileWith(joined, name);
  const isCategory = type === 'text' && (stored.kind === 'float' || stored.kind === 'float-list');
  return dataError(
    isCategory ? 'float-category' : 'wrong-column-type',
    `${by} reads the column ${JSON.stringify(name)} as ${isCategory ? 'a category' : type}, but ${file} stores it as ${stored.type}`,
    { help: hints[stored.kind] },
  );
}

function notAList(feature: CategoryEncoder, stored: StoredColumn, joined: JoinedData): DataError {
  const name = wholeColumn(feature);
  return dataError(
    'wrong-column-type',
    `feature ${feature.name} wants lists, but ${fileWith(joined, name)} stores the column ${JSON.stringify(name)} as ${stored.type === 'VARCHAR' ? 'text' : stored.type}`,
    { help: 'say what separates its values: category[](separator: "|")' },
  );
}

function fileWith({ source, joins }: JoinedData, name: string): string {
  return [source, ...joins].find((table) => table.columns.has(name))?.resolved.files[0] ?? 'the data';
}
