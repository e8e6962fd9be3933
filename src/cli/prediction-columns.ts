import { separatorIn, type PredictionFormat, type PredictionRow } from '../data/prediction-rows.js';
import type { EncoderProgram } from '../encode/program.js';
import { featuresText, neededColumns } from '../encode/needed-columns.js';
import { nearest } from '../model/suggest.js';
import { complaint } from './errors.js';

export interface ColumnsRequest {
  readonly program: EncoderProgram;
  /** Columns that no row can do without. */
  readonly required: readonly string[];
  /** Columns to copy. */
  readonly keep: readonly string[];
  readonly format: PredictionFormat;
  /** Whether a column that may be null may as well be nowhere. */
  readonly allowsLost: boolean;
  /** As the user calls the rows' file. */
  readonly file: string;
}

/**
 * The columns that rows have; where one of `wanted` is in none of the first ones, `others` are looked through too, if there are any.
 */
export async function columnsThere(
  rows: readonly PredictionRow[],
  wanted: readonly string[],
  others: AsyncIterable<readonly PredictionRow[]> | undefined,
): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  const add = (more: readonly PredictionRow[]): void => {
    for (const one of more) if ('row' in one) for (const name of Object.keys(one.row)) there.add(name);
  };
  const hasAll = (): boolean => wanted.every((name) => there.has(name));
  add(rows);
  if (hasAll() || !others) return there;
  for await (const more of others) {
    add(more);
    if (hasAll()) break;
  }
  return there;
}

/**
 * Looks at which columns rows have; a feature with a default needs none, and null is a value that is missing, not a column.
 * Returns sentences for warnings.
 * @throws a complaint where no row has a column that is needed, or that is to be copied of a table
 */
export function checkColumns(
  there: readonly string[],
  { program, required, keep, format, allowsLost, file }: ColumnsRequest,
): readonly string[] {
  const isTable = format !== 'jsonl';
  if (there.length === 0) return [];
  const readers = neededColumns(program);
  const readersOf = (column: string): string => featuresText(readers.get(column) ?? []);
  const lost = [...readers.keys()].filter((column) => !there.includes(column));
  const needed = lost.find((column) => !allowsLost || (isTable && required.includes(column)));
  const uncopied = keep.find((column) => !there.includes(column));
  const nowhere = isTable ? `${file} has no column` : `no row of ${file} has a column`;
  if (needed !== undefined) {
    throw complaint(`${nowhere} ${needed}, needed by ${readersOf(needed)}`, {
      help: hint(needed, there, required.includes(needed) ? undefined : unknown[format](needed)),
    });
  }
  if (isTable && uncopied !== undefined)
    throw complaint(`${nowhere} ${uncopied} to keep`, { help: hint(uncopied, there, undefined) });
  return [
    ...lost
      .filter((column) => !required.includes(column))
      .map((column) => `${nowhere} ${column}: missing for ${readersOf(column)}`),
    ...(uncopied === undefined ? [] : [`${nowhere} ${uncopied} to keep`]),
  ];
}

/** How a value that is not known is written. */
const unknown = {
  csv: () => 'leave it empty',
  jsonl: (column: string) => `write ${JSON.stringify(column)}: null`,
  parquet: () => 'make it null',
} as const satisfies Readonly<Record<PredictionFormat, (column: string) => string>>;

/** @param remedy what to do where its value is not known; undefined: nothing can be done */
function hint(column: string, there: readonly string[], remedy: string | undefined): string {
  const near = nearest(column, there);
  const [only = '', second] = there;
  const separator = second === undefined ? separatorIn(only) : undefined;
  if (separator !== undefined) return `It has one column, ${only}: perhaps it needs --separator ${JSON.stringify(separator)}.`;
  if (near !== undefined) return `Did you mean ${near}?`;
  const shown = `It has ${there.slice(0, 20).join(', ')}${there.length > 20 ? ', …' : ''}.`;
  return remedy === undefined ? shown : `${shown} Where it is unknown, ${remedy}; or --missing-columns allow.`;
}
