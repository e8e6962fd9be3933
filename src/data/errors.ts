/** What can be wrong with data files, as a stable code. */
export type DataErrorCode =
  | 'ambiguous-column'
  | 'broken-header'
  | 'damaged-rows'
  | 'duplicate-join-key'
  | 'empty-source'
  | 'float-category'
  | 'missing-column'
  | 'missing-file'
  | 'no-data-section'
  | 'no-rows-left'
  | 'not-readable'
  | 'outside-folder'
  | 'remote-source'
  | 'too-many-bad-rows'
  | 'too-many-rows'
  | 'wrong-column-type';

/** An error in the data, for a person: the message names the file, the column and who wants it, and needs no stack. */
export interface DataError extends Error {
  readonly name: 'DataError';
  readonly code: DataErrorCode;
  /** What of the model it stands in the way of: `feature age`, `label liked`, `keep` or `split`. */
  readonly reader?: string;
  /** What to do about it, in one line. */
  readonly help?: string;
  /** More lines: single rows, for example. */
  readonly details?: readonly string[];
}

export function dataError(
  code: DataErrorCode,
  message: string,
  more: { readonly reader?: string; readonly help?: string | undefined; readonly details?: readonly string[] } = {},
): DataError {
  const { reader, help, details } = more;
  return Object.assign(new Error(message), {
    name: 'DataError' as const,
    code,
    ...(reader !== undefined && { reader }),
    ...(help !== undefined && { help }),
    ...(details && { details }),
  });
}

export const isDataError = (error: unknown): error is DataError => error instanceof Error && error.name === 'DataError';

/** Gives the errors of a file's reader the file's name: DuckDB's first line says what is wrong, the rest is how it was asked. */
export async function readingFile<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isDataError(error)) throw error;
    throw dataError('not-readable', `cannot read ${file}: ${reasonOf(error)}`, { help: helpFor(error) });
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('reached an invalid state')) return 'its lines end in different ways, or its quotes are broken';
  if (/No magic bytes found|too small to be a Parquet file/.test(text)) return 'it is not a parquet file, or cut off';
  const [first = text] = text.split('\n');
  return first.replace(/^(?:[A-Z]\w* )*Error: /, '').trim();
}

function helpFor(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  return text.includes('reached an invalid state') ? 'save it with one kind of line end, \\n or \\r\\n' : undefined;
}

/** What to do about an array where JSON lines are due. */
export const arrayHelp =
  'it is one JSON array, and jsonl has one object a line: in pandas, to_json(orient="records", lines=True)';
