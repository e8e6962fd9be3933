import type { FileSource } from '../model/model.js';
import { openDuckDb, type Database } from './duckdb.js';
import { readingFile } from './errors.js';
import { profileColumns, type ColumnProfile } from './profile-column.js';
import { resolveSources, type DataPaths } from './sources.js';
import { describeSource, loadTable, type Described, type LoadedTable } from './tables.js';

export type { NumberFacts } from './number-facts.js';
export type { ColumnProfile, ListFacts, ProfiledKind } from './profile-column.js';

/** What a file holds, as its first rows tell. */
export interface TableProfile {
  /** Absolute, in the order they are read. */
  readonly files: readonly string[];
  /** Rows that were looked at; broken records are not among them. */
  readonly rows: number;
  /** Whether there are more rows, which were not looked at. */
  readonly isSample: boolean;
  /** Records that could not be read. */
  readonly broken: number;
  /** In the order of the file; of jsonl by name. */
  readonly columns: readonly ColumnProfile[];
  /** Names that several columns have, of which only the first is among the columns. */
  readonly repeated: readonly string[];
}

export interface ProfileOptions {
  /** Most rows that are looked at; a million by default, and fewer where rows are long. */
  readonly rows?: number | undefined;
  readonly threads?: number | undefined;
  /** Bytes that DuckDB may take. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The first rows of a file in a table of DuckDB. */
export interface Sample {
  readonly database: Database;
  readonly table: LoadedTable;
  readonly isSample: boolean;
  readonly repeated: readonly string[];
  /** Of each column of numbers or times that was looked at, its rows; NaN where there is none. */
  readonly numbers: Map<string, Float64Array>;
}

const mostRows = 1_000_000;
const mostCells = 10_000_000;
const mostBytes = 2 ** 29;
/** Rows whose length tells how many are looked at. */
const probedRows = 2_000;
/** More columns than any table of examples has: a file of so many is something else. */
const mostColumns = 2_000;

/**
 * Looks at the first rows of a csv, tsv, jsonl or parquet file: what each column holds.
 * @throws DataError of a file that cannot be read, or is empty
 */
export function profileTable(source: FileSource, paths: DataPaths = {}, options: ProfileOptions = {}): Promise<TableProfile> {
  return withSample(source, paths, options, profileSample);
}

/** Opens the first rows of a file for as long as `use` needs them. */
export async function withSample<T>(
  source: FileSource,
  paths: DataPaths,
  { rows = mostRows, threads, memory, signal }: ProfileOptions,
  use: (sample: Sample) => Promise<T>,
): Promise<T> {
  const [resolved] = await resolveSources({ source, joins: [] }, paths);
  if (!resolved) throw new Error('a source is resolved to one');
  const database = await openDuckDb({ files: resolved.files, threads, memory, signal });
  try {
    const described = await describeSource(database, resolved);
    const all = described.files.flatMap(({ columns }) => columns.slice(0, mostColumns));
    const names = [...new Set(all)];
    const repeated = names.filter((name) => described.files.some(({ columns }) => count(columns, name) > 1));
    const shared = names.filter(
      (name) => source.format === 'jsonl' || described.files.every(({ columns }) => columns.includes(name)),
    );
    const { table, isSample } = await loadFirst(database, described, shared, rows);
    // Lines that are no objects are rows of the table.
    if (source.format === 'jsonl') await database.run(`DELETE FROM ${table.table} WHERE NOT is_object`);
    return await use({ database, table, isSample, repeated, numbers: new Map() });
  } finally {
    await database.close();
  }
}

const count = (names: readonly string[], name: string): number => names.filter((one) => one === name).length;

/** The first rows, as many as their length allows. */
async function loadFirst(
  database: Database,
  described: Described,
  names: readonly string[],
  rows: number,
): Promise<Pick<Sample, 'table' | 'isSample'>> {
  const probe = await loadTable(database, described, 'probe', names, Math.min(rows, probedRows));
  if (probe.rows < Math.min(rows, probedRows)) return { table: probe, isSample: false };
  const lengths = [...probe.columns.values()].map(({ sql }) => `coalesce(sum(strlen(CAST(${sql} AS VARCHAR))), 0)`);
  const [sums = []] = await database.query(`SELECT ${lengths.join(', ')} FROM probe`);
  const bytes = sums.reduce<number>((sum, one) => sum + Number(one), 0) / probe.rows;
  const fitting = Math.min(rows, mostCells / Math.max(1, names.length), mostBytes / Math.max(1, bytes));
  const most = Math.max(probe.rows, Math.floor(fitting));
  const table = most === probe.rows ? probe : await loadTable(database, described, 'sample', names, most);
  return { table, isSample: table.rows >= most };
}

export async function profileSample({ database, table, isSample, repeated, numbers }: Sample): Promise<TableProfile> {
  const [file = ''] = table.resolved.files;
  const columns = await readingFile(file, () => profileColumns(database, table.table, [...table.columns], numbers));
  const { files, source } = table.resolved;
  const rows = source.format === 'jsonl' ? table.rows - table.broken.length : table.rows;
  return { files, rows, isSample, broken: table.broken.length, columns, repeated };
}
