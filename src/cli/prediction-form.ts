import { predictionFormat, type PredictionFormat, type PredictionOptions } from '../data/prediction-rows.js';
import type { FileSource } from '../model/model.js';
import { complaint } from './errors.js';

/** How the rows to predict are written. */
export interface PredictionForm {
  readonly format: PredictionFormat;
  readonly options: PredictionOptions;
}

interface Said {
  readonly format: string | undefined;
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
  const format = formatOf(said.format, known?.format, file, source);
  if (format === 'parquet' && file === undefined)
    throw complaint('parquet is read from a file, not from standard input', { exitStatus: 2 });
  if (format !== 'csv' || source?.format !== 'csv') {
    const own = separator ?? known?.separator;
    return { format, options: own === undefined ? {} : { separator: own } };
  }
  const isOtherKind = known?.separator !== undefined && predictionFormat(source.path)?.separator === undefined;
  const own = separator ?? (isOtherKind ? known.separator : source.separator);
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

function formatOf(
  given: string | undefined,
  known: PredictionFormat | undefined,
  file: string | undefined,
  source: FileSource | undefined,
): PredictionFormat {
  const format = formats.find((one) => one === given);
  if (format !== undefined) return format;
  if (given !== undefined) throw complaint(`--format is csv, jsonl or parquet, not ${given}`, { exitStatus: 2 });
  return known ?? (file === undefined ? 'jsonl' : (source?.format ?? 'csv'));
}

const formats: readonly PredictionFormat[] = ['csv', 'jsonl', 'parquet'];

/** A tab is hard to type, so that `\t` stands for it. */
function separatorOf(given: string | undefined): string | undefined {
  const separator = given?.replaceAll(String.raw`\t`, '\t');
  if (separator === undefined || !/["\r\n]/.test(separator)) return separator;
  throw complaint('--separator may not have a quote or the end of a line in it', { exitStatus: 2 });
}
