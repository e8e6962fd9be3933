import { sqlIdentifier, sqlString } from '../encode/escape.js';
import type { BadRow } from '../encode/program.js';
import { csvRecords } from './csv.js';
import { literalPath, type Database } from './duckdb.js';
import { arrayHelp, dataError, readingFile } from './errors.js';
import { storedKind, type StoredKind } from './raw-columns.js';
import type { ResolvedSource } from './sources.js';
import { isGzip, readTextFile, verifyGzip } from './text-files.js';

/** What the files of a source hold, as far as it is known before their rows are read. */
export interface Described {
  readonly resolved: ResolvedSource;
  /** Column names of each file; of jsonl those of its first rows. */
  readonly files: readonly { readonly file: string; readonly columns: readonly string[] }[];
}

/** A source whose wanted columns are in a table of DuckDB, in the order of its rows. */
export interface LoadedTable {
  readonly resolved: ResolvedSource;
  readonly table: string;
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** Rows of the table; broken lines of jsonl are among them, with `is_object` false. */
  readonly rows: number;
  /** Records of the files, broken ones included. */
  readonly records: number;
  readonly broken: readonly BadRow[];
  /** Where row `rowid` of the table stands. */
  readonly locate: (row: number) => { readonly file: string; readonly record: number };
}

export interface StoredColumn {
  /** Its name in the table. */
  readonly sql: string;
  readonly kind: StoredKind;
  /** As a message names it. */
  readonly type: string;
}

const sampledRows = 10_000;

export async function describeSource(database: Database, resolved: ResolvedSource): Promise<Described> {
  const files = [];
  for (const file of resolved.files)
    files.push({ file, columns: await readingFile(file, () => columnNames(database, resolved, file)) });
  return { resolved, files };
}

async function columnNames(database: Database, { source }: ResolvedSource, file: string): Promise<readonly string[]> {
  switch (source.format) {
    case 'csv': {
      if (source.columns) return source.columns;
      for await (const record of csvRecords(readTextFile(file, source.encoding), source.separator ?? ',')) {
        if ('fields' in record) return record.fields;
        throw dataError('broken-header', `the header line of ${file} cannot be read: ${record.broken}`, {
          help: 'name the columns in the spec if the file has no header line: csv("…", columns: […])',
        });
      }
      throw dataError('empty-source', `${file} is empty`);
    }
    case 'parquet':
      return (await database.query(`DESCRIBE SELECT * FROM read_parquet(${sqlPath(file)})`)).map(([name]) => String(name));
    case 'jsonl': {
      const sample = `SELECT json FROM ${jsonLines(file)} WHERE json_type(json) = 'OBJECT' LIMIT ${String(sampledRows)}`;
      const keys = await database.query(`SELECT DISTINCT unnest(json_keys(json)) AS name FROM (${sample}) ORDER BY name`);
      if (keys.length === 0) await refuseWithoutObjects(database, file);
      return keys.map(([name]) => String(name));
    }
    default:
      return source.format satisfies never;
  }
}

async function refuseWithoutObjects(database: Database, file: string): Promise<void> {
  const [found] = await database.query(`SELECT count(*), count(*) FILTER (json_type(json) = 'OBJECT') FROM ${jsonLines(file)}`);
  const [lines, objects] = (found ?? []).map(Number);
  if (lines === 0) throw dataError('empty-source', `${file} is empty`);
  if (objects === 0)
    throw dataError('not-readable', `no line of ${file} is a JSON object`, { help: await helpOfLines(database, file) });
}

async function helpOfLines(database: Database, file: string): Promise<string> {
  const [first] = await database.query(`SELECT left(ltrim(json::VARCHAR), 1) FROM ${jsonLines(file)} LIMIT 1`);
  return first?.[0] === '[' ? arrayHelp : 'jsonl has one object a line';
}

/** Reads the wanted columns of all files of a source, or of its first `most` rows. `table` is a plain name of ours. */
export async function loadTable(
  database: Database,
  described: Described,
  table: string,
  wanted: readonly string[],
  most = Infinity,
): Promise<LoadedTable> {
  const { resolved } = described;
  const ends: number[] = [];
  const broken: BadRow[] = [];
  let types: readonly string[] | undefined;
  for (const [i, { file, columns }] of described.files.entries()) {
    const left = most - (ends.at(-1) ?? 0);
    if (left <= 0) break;
    const scan = `${table}_${String(i)}`;
    const unpacked = await resolved.unpacked?.get(file);
    const select = selectFrom(resolved, unpacked ?? file, columns, wanted, scan);
    const load = async (): Promise<readonly BadRow[]> => {
      const found = await storedTypes(database, resolved, select, wanted);
      if (types && types.join() !== found.join()) {
        throw dataError(
          'wrong-column-type',
          `${file} stores ${wanted.join(', ')} as ${found.join(', ')}, the files before it as ${types.join(', ')}`,
        );
      }
      types = found;
      const rows = left === Infinity ? select : `${select} LIMIT ${String(left)}`;
      await database.load(i === 0 ? `CREATE TABLE ${table} AS ${rows}` : `INSERT INTO ${table} ${rows}`);
      return resolved.source.format === 'csv' ? rejected(database, resolved, file, scan) : [];
    };
    // Both are waited for: a database that is closed while it reads keeps the process from ending.
    const [found, intact] = await Promise.allSettled([
      readingFile(file, load),
      isGzip(file) && unpacked === undefined && left === Infinity ? verifyGzip(file, database.signal) : undefined,
    ]);
    if (intact.status === 'rejected') throw intact.reason;
    if (found.status === 'rejected') throw found.reason;
    broken.push(...found.value);
    ends.push(Number((await database.query(`SELECT count(*) FROM ${table}`))[0]?.[0] ?? 0));
  }
  if (resolved.source.format === 'jsonl') broken.push(...(await brokenLines(database, table, resolved, ends)));
  const rows = ends.at(-1) ?? 0;
  const records = resolved.source.format === 'csv' ? rows + broken.length : rows;
  if (records === 0) throw dataError('empty-source', `${resolved.files.join(', ')} has no rows`);
  const columns = new Map(
    wanted.map((name, i) => [name, { sql: `c${String(i)}`, type: types?.[i] ?? '', kind: storedKind(types?.[i] ?? '') }]),
  );
  return { resolved, table, columns, rows, records, broken, locate: locator(resolved, ends, broken) };
}

async function storedTypes(
  database: Database,
  { source }: ResolvedSource,
  select: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  switch (source.format) {
    case 'csv':
      return wanted.map(() => 'VARCHAR');
    case 'jsonl':
      return wanted.map(() => 'JSON');
    case 'parquet':
      return (await database.query(`DESCRIBE ${select}`)).map(([, type]) => String(type));
    default:
      return source.format satisfies never;
  }
}

/** Every key of a jsonl file, where its first rows do not have one that is wanted. */
export async function allKeys(database: Database, { files }: ResolvedSource): Promise<readonly string[]> {
  const keys = files.map(
    (file) => `SELECT unnest(json_keys(json)) AS name FROM ${jsonLines(file)} WHERE json_type(json) = 'OBJECT'`,
  );
  return (await database.query(`SELECT DISTINCT name FROM (${keys.join(' UNION ALL ')}) ORDER BY name`)).map(([name]) =>
    String(name),
  );
}

function selectFrom(
  { source }: ResolvedSource,
  file: string,
  columns: readonly string[],
  wanted: readonly string[],
  scan: string,
): string {
  switch (source.format) {
    case 'csv': {
      const fields = wanted.map((name, i) => `f${String(columns.indexOf(name))} AS c${String(i)}`);
      const names = columns.map((_, i) => `f${String(i)}: 'VARCHAR'`).join(', ');
      const options = [
        `auto_detect = false, header = ${source.columns ? 'false' : 'true'}, nullstr = ''`,
        `quote = '"', escape = '"', delim = ${sqlString(source.separator ?? ',')}`,
        `encoding = '${source.encoding === 'latin1' ? 'latin-1' : 'utf-8'}', columns = {${names}}`,
        `store_rejects = true, rejects_table = 'bad_${scan}', rejects_scan = 'scan_${scan}'`,
      ];
      return `SELECT ${selection(fields)} FROM read_csv(${sqlPath(file)}, ${options.join(', ')})`;
    }
    case 'parquet':
      return `SELECT ${selection(wanted.map((name, i) => `${sqlIdentifier(name)} AS c${String(i)}`))} FROM read_parquet(${sqlPath(file)})`;
    case 'jsonl': {
      const pointers = wanted.map((name) => sqlString(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`));
      const fields = wanted.map((_, i) => `nullif(v[${String(i + 1)}], 'null') AS c${String(i)}`);
      const values = wanted.length === 0 ? 'NULL' : `json_extract(json, [${pointers.join(', ')}])`;
      const isObject = `coalesce(json_type(json) = 'OBJECT', FALSE) AS is_object`;
      return `SELECT ${[...fields, 'is_object'].join(', ')} FROM (SELECT ${values} AS v, ${isObject} FROM ${jsonLines(file)})`;
    }
    default:
      return source.format satisfies never;
  }
}

/** A table needs a column, though a model may want none of it. */
const selection = (fields: readonly string[]): string => (fields.length === 0 ? 'NULL AS nothing' : fields.join(', '));
const sqlPath = (file: string): string => sqlString(literalPath(file));
const jsonLines = (file: string): string =>
  `read_json_objects(${sqlPath(file)}, format = 'newline_delimited', ignore_errors = true)`;

/** Records that DuckDB could not split, once each. Its line is a record's number, header included. */
async function rejected(database: Database, { source }: ResolvedSource, file: string, scan: string): Promise<readonly BadRow[]> {
  const rows = await database.query(
    `SELECT line, arg_max(error_type, byte_position), arg_max(error_message, byte_position) FROM bad_${scan} GROUP BY line ORDER BY line`,
  );
  return rows.map(([line, kind, message]) => ({
    file,
    record: Number(line) - (source.columns ? 0 : 1),
    reason: rejectReason(String(kind), String(message)),
  }));
}

function rejectReason(kind: string, message: string): string {
  switch (kind) {
    case 'MISSING COLUMNS':
    case 'TOO MANY COLUMNS': {
      const [, expected = '?', found = '?'] = /Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
      return `it has ${found} fields instead of ${expected}`;
    }
    case 'UNQUOTED VALUE':
      return 'its quotes are broken';
    case 'INVALID ENCODING':
      return 'it is not UTF-8: if the file is Latin-1, say csv("…", encoding: latin1)';
    case 'LINE SIZE OVER MAXIMUM':
      return 'it is longer than 2 MB: perhaps a quote is not closed';
    default:
      return message;
  }
}

async function brokenLines(
  database: Database,
  table: string,
  { files }: ResolvedSource,
  ends: readonly number[],
): Promise<readonly BadRow[]> {
  const rows = await database.query(`SELECT rowid FROM ${table} WHERE NOT is_object ORDER BY rowid`);
  return rows.map(([rowid]) => ({ ...place(files, ends, Number(rowid)), reason: 'it is not a JSON object on one line' }));
}

function place(
  files: readonly string[],
  ends: readonly number[],
  row: number,
): { readonly file: string; readonly record: number } {
  const at = ends.findIndex((end) => row < end);
  return { file: files[at] ?? '', record: row - (ends[at - 1] ?? 0) + 1 };
}

/** Rejected records are not in the table, so that those after them move up; broken lines of jsonl are. */
function locator({ source, files }: ResolvedSource, ends: readonly number[], broken: readonly BadRow[]): LoadedTable['locate'] {
  return (row) => {
    const { file, record } = place(files, ends, row);
    const before = source.format === 'csv' ? broken.filter((bad) => bad.file === file).map((bad) => bad.record) : [];
    return { file, record: before.reduce((at, bad) => (bad <= at ? at + 1 : at), record) };
  };
}
