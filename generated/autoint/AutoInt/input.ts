import { formatOf, readTable, type FileRows } from './files.js';
import { type Format } from './rows.js';

/** How files are written whose names do not tell. */
const formats = { data: { kind: 'csv', separator: ',' } } satisfies Readonly<Record<string, Format | undefined>>;

/** Files that make rows. Joined files are left out where the rows of `data` have their columns. */
export interface InputFiles {
  readonly data: string;
}

export async function readInput(files: InputFiles): Promise<FileRows> {
  const read = await readTable(files.data, formatOf(files.data, formats.data));

  return read;
}
