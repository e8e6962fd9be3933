import { predictionFormat, type PredictionFormat, type PredictionOptions } from '../data/prediction-rows.js';
import type { FileSource } from '../model/model.js';
import { complaint } from './errors.js';

/** How the rows to predict are written. */
export interface PredictionForm {
  readonly format: PredictionFormat;
  readonly options: PredictionOptions;
}

interface Said {
  readonly format: PredictionFormat | undefined;
  readonly separator: string | undefined;
}

/**
 * As the options say, else as the file's ending does, else as the spec reads its own rows.
 * @param file as the user calls it; undefined: standard input
 * @param source the spec's rows
 * @param needed columns that the model reads: a line with most of them is a header, though the spec's file has none
 */
export function predictionForm(
  said: Said,
  file: string | undefined,
  source: FileSource | undefined,
  needed: readonly string[],
): PredictionForm {
  const known = file === undefined ? undefined : predictionFormat(file);
  const separator = separatorOf(said.separator);
  const format = said.format ?? known?.format ?? (file === undefined ? 'jsonl' : (source?.format ?? 'csv'));
  if (format === 'parquet' && file === undefined)
    throw complaint('parquet is read from a file, not from standard input', { exitStatus: 2 });
  if (format !== 'csv' || source?.format !== 'csv') {
    const own = separator ?? known?.separator;
    return { format, options: own === undefined ? {} : { separator: own } };
  }
  const own = separator ?? (known && !isSameKind(known, predictionFormat(source.path)) ? known.separator : source.separator);
  return {
    format,
    options: {
      ...(own !== undefined && { separator: own }),
      ...(source.columns && { columns: source.columns, isHeader: (fields) => hasMost(fields, needed) }),
      encoding: source.encoding,
    },
  };
}

const hasMost = (fields: readonly string[], needed: readonly string[]): boolean =>
  needed.filter((column) => fields.includes(column)).length > needed.length / 2;

type Ending = NonNullable<ReturnType<typeof predictionFormat>>;

const isSameKind = (one: Ending, other: Ending | undefined): boolean =>
  one.format === other?.format && one.separator === other.separator;

/** A tab is hard to type, so that `\t` stands for it. */
function separatorOf(given: string | undefined): string | undefined {
  const separator = given?.replaceAll(String.raw`\t`, '\t');
  if (separator === undefined || !/["\r\n]/.test(separator)) return separator;
  throw complaint('--separator may not have a quote or the end of a line in it', { exitStatus: 2 });
}
