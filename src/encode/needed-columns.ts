import { nearest } from '../model/suggest.js';
import { columnsOf } from './compile.js';
import type { EncoderProgram } from './program.js';
import { valueOf, type RawRow } from './row-columns.js';
import type { JsonSchema } from './schema.js';

/** Columns, each with the features that need it. */
export type NeededColumns = ReadonlyMap<string, readonly string[]>;

/** The columns that features without a default read. */
export function neededColumns(program: EncoderProgram): NeededColumns {
  const optional = new Set(program.features.flatMap((f) => (f.kind !== 'vector' && f.default !== undefined ? [f.name] : [])));
  const readers = new Map<string, readonly string[]>();
  for (const { name, usedBy } of columnsOf(program)) {
    const features = usedBy.filter((user) => user.kind === 'feature' && !optional.has(user.name)).map((user) => user.name);
    if (features.length > 0) readers.set(name, [...new Set([...(readers.get(name) ?? []), ...features])]);
  }
  return readers;
}

/** `feature age`, `features age, decade`. */
export const featuresText = (names: readonly string[]): string =>
  `${names.length === 1 ? 'feature' : 'features'} ${names.join(', ')}`;

/** A column that features need. */
export interface NeededColumn {
  readonly column: string;
  readonly features: readonly string[];
  /** The column of a row, also where its class gives it. */
  readonly read: (row: RawRow) => unknown;
  /** Whether null will not do. */
  readonly required: boolean;
}

/** The needed columns of a program, given those that a row's schema requires. */
export function neededColumnsOf(program: EncoderProgram, schema: Pick<JsonSchema, 'required'>): readonly NeededColumn[] {
  const required = new Set(schema.required);
  return [...neededColumns(program)].map(([column, features]) => ({
    column,
    features,
    read: valueOf(column),
    required: required.has(column),
  }));
}

/** The first needed column that no row has, if there are rows. Null is a value that is missing, not a column. */
export const lostColumn = (needed: readonly NeededColumn[], rows: readonly RawRow[]): NeededColumn | undefined =>
  rows.length === 0 ? undefined : needed.find(({ read }) => rows.every((row) => read(row) === undefined));

/** What is wrong where rows lack a column: `the row has no column user_id, needed by feature user: did you mean userid?`. */
export function lostColumnText({ column, features, required }: NeededColumn, rows: readonly RawRow[], has: string): string {
  const there = rows.slice(0, 100).flatMap((row) => Object.keys(row).filter((key) => row[key] !== undefined));
  const near = nearest(column, new Set(there));
  const help = required ? '' : `: write ${column}: null if it is unknown`;
  return `${has} column ${column}, needed by ${featuresText(features)}${near === undefined ? help : `: did you mean ${near}?`}`;
}
