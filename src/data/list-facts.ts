import { columnReads } from '../encode/expressions/columns.js';
import { printSql } from '../encode/expressions/print-sql.js';
import type { EncoderProgram, FeatureEncoder } from '../encode/program.js';
import type { Many } from '../model/model.js';
import { sqlString } from '../encode/escape.js';
import type { Database } from './duckdb.js';
import type { WholeSql } from './raw-columns.js';
import { isWhole, wholeColumn, type TypedViews } from './typed.js';

/** A feature's raw lists, where they stand and what is known of them before they are read. */
export interface ListSource extends WholeSql {
  /** Columns that they are made of. */
  readonly columns: readonly string[];
  /** Whether each list stands in many rows, so that reading every distinct one once is the least work and little memory. */
  readonly isRepeated: boolean;
  /** Values of a list, on average. */
  readonly length: number;
}

/** Rows in which a list must stand, on average, and lists that may be held. */
const worthwhileRows = 8;
const mostRepeated = 2 ** 16;

/** Lists that are looked at for their lengths. */
const measuredRows = 2 ** 16;

/** Where each feature has its lists; features without any are left out. */
export async function findLists(
  database: Database,
  views: TypedViews,
  { features }: EncoderProgram,
): Promise<ReadonlyMap<string, ListSource>> {
  const found = new Map<string, ListSource>();
  for (const feature of features) {
    const many = feature.kind === 'category' ? feature.many : undefined;
    const source = many && sourceOf(views, feature);
    if (many && source) found.set(feature.name, { ...source, ...(await measured(database, views, many, source)) });
  }
  return found;
}

function sourceOf(views: TypedViews, feature: FeatureEncoder): (WholeSql & { readonly columns: readonly string[] }) | undefined {
  const column = wholeColumn(feature);
  const whole = isWhole(feature) ? views.whole(column) : undefined;
  if (whole) return { ...whole, columns: [column] };
  if (feature.value?.type !== 'text') return undefined;
  const columns = columnReads(feature.value).map(({ name }) => name);
  return { value: printSql(feature.value, views.column), decode: 'text', columns };
}

async function measured(
  database: Database,
  views: TypedViews,
  { separator = ',' }: Many,
  { value, decode, columns }: WholeSql & { readonly columns: readonly string[] },
): Promise<Pick<ListSource, 'isRepeated' | 'length'>> {
  const [table = 0, ...others] = new Set(columns.map((name) => views.table(name)));
  const unknown = { isRepeated: false, length: usualLength };
  if (others.length > 0) return unknown;
  const between = sqlString(decode === 'json' ? ',' : separator);
  const every = Math.max(1, Math.floor(views.rows(table) / measuredRows));
  const [row] = await database.query(
    `SELECT count(v), approx_count_distinct(v), ` +
      `avg(1 + (length(v) - length(replace(v, ${between}, ''))) / length(${between})) FILTER (ordinal % ${String(every)} = 0) ` +
      `FROM (SELECT ordinal, ${value} AS v FROM ${views.view(table)})`,
  );
  const [lists = 0, distinct = 0, length = 0] = (row ?? []).map(Number);
  return {
    isRepeated: distinct <= mostRepeated && distinct * worthwhileRows <= lists,
    length: lists === 0 ? 0 : length || usualLength,
  };
}

/** Values of a list of which nothing is known. */
export const usualLength = 8;
