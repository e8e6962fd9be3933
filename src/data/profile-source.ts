import type { FileSource } from '../model/model.js';
import { dataError } from './errors.js';
import { formatOf } from './sources.js';

/** How a text file that has no header line, or an ending that says nothing, is read. */
export interface FileForm {
  readonly separator?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Whether the first line is known to hold the names of the columns. */
  readonly hasHeader?: boolean | undefined;
  readonly encoding?: FileSource['encoding'] | undefined;
}

/**
 * A file that no spec names yet, as a spec would name it.
 * @throws DataError of an ending that does not say how it is read
 */
export function fileOf(path: string, { separator, columns, encoding = 'utf8' }: FileForm = {}): FileSource {
  const known =
    formatOf(path) ?? (separator === undefined && columns === undefined ? undefined : { format: 'csv' as const, separator: ',' });
  if (!known) {
    throw dataError('not-readable', `${path} has no ending that says how it is read`, {
      help: 'data are in .csv, .tsv, .jsonl or .parquet, the first three perhaps with .gz; of another text file say what stands between two fields',
    });
  }
  const between = separator ?? known.separator;
  return {
    format: known.format,
    path,
    saidIn: '',
    encoding,
    span: { source: { path, text: '' }, start: 0, end: 0 },
    ...(known.format === 'csv' && between !== undefined && { separator: between }),
    ...(known.format === 'csv' && columns && { columns }),
  };
}
