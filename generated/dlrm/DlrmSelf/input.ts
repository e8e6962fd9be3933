import { formatOf, readTable, type FileRows, type NamedFormat } from './files.js';
import { requireColumns, type Wanted } from './rows.js';

/** How the files of the spec are written. */
const formats = { data: { extension: '.csv', format: { kind: 'csv', separator: ',' } } } satisfies Readonly<
  Record<string, NamedFormat | undefined>
>;

/** Files that make rows. Joined files are left out where the rows of `data` have their columns. */
export interface InputFiles {
  readonly data: string;
}

/** Columns that predictions read. */
export const servedColumns: readonly Wanted[] = [
  ['user_id', 'feature user_id'],
  ['movie_id', 'feature movie_id'],
  ['gender', 'feature gender'],
  ['age', 'feature age'],
  ['occupation', 'feature occupation'],
  ['zip', 'feature zip_code'],
  ['genres', 'feature genres'],
  ['timestamp', 'feature seen_at'],
];

/** Columns that training reads besides. */
export const trainingColumns: readonly Wanted[] = [['rating', 'label liked']];

/** Columns that the split of the spec reads. */
export const splitColumns: readonly Wanted[] = [];

/** Throws where no row has one of the columns that are wanted. */
export async function readInput(files: InputFiles, wanted: readonly Wanted[]): Promise<FileRows> {
  const names = wanted.map(([column]) => column);
  const read = await readTable(files.data, formatOf(files.data, formats.data), names);

  requireColumns(read.columns, wanted, files.data);
  return read;
}
