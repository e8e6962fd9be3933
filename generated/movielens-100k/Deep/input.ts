import { formatOf, readTable, type FileRows } from './files.js';
import { joinRows, type Format } from './rows.js';

/** How files are written whose names do not tell. */
const formats = {
  data: { kind: 'csv', separator: '\t', columns: ['user_id', 'movie_id', 'rating', 'timestamp'] },
  users: { kind: 'csv', separator: '|', columns: ['user_id', 'age', 'gender', 'occupation', 'zip'] },
} satisfies Readonly<Record<string, Format | undefined>>;

/** Options of the command line that name files to join. */
export const joinOptions = { users: { type: 'string' } } as const;

/** Files that make rows. Joined files are left out where the rows of `data` have their columns. */
export interface InputFiles {
  readonly data: string;
  /** Rows to join by `user_id`. */
  readonly users?: string | undefined;
}

export async function readInput(files: InputFiles): Promise<FileRows> {
  const read = await readTable(files.data, formatOf(files.data, formats.data));
  let { rows } = read;
  if (files.users !== undefined) {
    const others = await readTable(files.users, formatOf(files.users, formats.users));
    rows = joinRows(rows, 'user_id', others.rows, false);
  }
  return { ...read, rows };
}
