import { formatOf, readTable, type FileRows, type NamedFormat } from './files.js';
import { joinRows, requireColumns, type Wanted } from './rows.js';

/** How the files of the spec are written. */
const formats = {
  data: { extension: '.csv', format: { kind: 'csv', separator: ',' } },
  users: {
    extension: '.dat',
    format: { kind: 'csv', separator: '::', columns: ['user_id', 'gender', 'age', 'occupation', 'zip'] },
  },
} satisfies Readonly<Record<string, NamedFormat | undefined>>;

/** Files that make rows. Joined files are left out where the rows of `data` have their columns. */
export interface InputFiles {
  readonly data: string;
  /** Rows to join by `user_id`. */
  readonly users?: string | undefined;
}

/** Columns that predictions read. */
export const servedColumns: readonly Wanted[] = [
  ['user_id', 'feature user_id'],
  ['movie_id', 'feature movie_id'],
  ['gender', 'feature gender'],
  ['age', 'feature age'],
  ['occupation', 'feature occupation'],
  ['zip', 'feature zip_code'],
];

/** Columns that training reads besides. */
export const trainingColumns: readonly Wanted[] = [['rating', 'label liked']];

/** Columns that the split of the spec reads. */
export const splitColumns: readonly Wanted[] = [];

/** Throws where no row has one of the columns that are wanted. */
export async function readInput(files: InputFiles, wanted: readonly Wanted[]): Promise<FileRows> {
  const names = [...new Set([...wanted.map(([column]) => column), 'user_id'])];
  const read = await readTable(files.data, formatOf(files.data, formats.data), names);
  let { rows } = read;
  const bad = [...read.bad];
  const columns = [...read.columns];
  const from = [files.data];
  if (files.users !== undefined) {
    const others = await readTable(files.users, formatOf(files.users, formats.users), names);
    requireColumns(read.columns, [['user_id', 'the join of users']], files.data);
    requireColumns(others.columns, [['user_id', 'the join of users']], files.users);
    columns.push(...others.columns);
    from.push(files.users);
    bad.push(...others.bad);
    rows = joinRows(rows, 'user_id', others.rows, false);
  }
  requireColumns(columns, wanted, from.join(' and '));
  return { ...read, rows, bad, columns };
}
