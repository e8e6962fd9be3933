import type { PredictionRow } from '../data/prediction-rows.js';
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
  /** All rows of a csv have the same columns. */
  readonly isCsv: boolean;
  /** As the user calls the rows' file. */
  readonly file: string;
}

/**
 * Looks at which columns rows have; a feature with a default needs none. Returns sentences for warnings.
 * @throws a complaint where a csv lacks a column that every row needs, or that is to be copied
 */
export function checkColumns(
  rows: readonly PredictionRow[],
  { program, required, keep, isCsv, file }: ColumnsRequest,
): readonly string[] {
  const there = [...new Set(rows.flatMap((one) => ('row' in one ? Object.keys(one.row) : [])))];
  if (there.length === 0) return [];
  const readers = neededColumns(program);
  const readersOf = (column: string): string => featuresText(readers.get(column) ?? []);
  const lost = [...readers.keys()].filter((column) => !there.includes(column));
  const needed = lost.find((column) => required.includes(column));
  const uncopied = keep.find((column) => !there.includes(column));
  if (isCsv && needed !== undefined) {
    throw complaint(`${file} has no column ${needed}, needed by ${readersOf(needed)}`, {
      help: hint(needed, there),
    });
  }
  if (isCsv && uncopied !== undefined)
    throw complaint(`${file} has no column ${uncopied} to keep`, { help: hint(uncopied, there) });
  const nowhere = isCsv ? `${file} has no column` : 'no row has a column';
  return [
    ...lost
      .filter((column) => !required.includes(column))
      .map((column) => `${nowhere} ${column}: missing for ${readersOf(column)}`),
    ...(uncopied === undefined ? [] : [`${nowhere} ${uncopied} to keep`]),
  ];
}

function hint(column: string, there: readonly string[]): string {
  const near = nearest(column, there);
  const [only = '', second] = there;
  const separator = second === undefined ? /[;\t|]/.exec(only)?.[0] : undefined;
  if (separator !== undefined) return `It has one column, ${only}: perhaps it needs --separator ${JSON.stringify(separator)}.`;
  return near === undefined
    ? `It has ${there.slice(0, 20).join(', ')}${there.length > 20 ? ', …' : ''}.`
    : `Did you mean ${near}?`;
}
