import { distance } from 'fastest-levenshtein';
import { columnsOf } from '../encode/compile.js';
import { columnReads } from '../encode/expressions/columns.js';
import type { EncoderProgram } from '../encode/program.js';
import type { DataSection } from '../model/model.js';
import { refuseBrokenRecords } from './bad-rows.js';
import type { Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { readColumnSql } from './raw-columns.js';
import type { ResolvedSource } from './sources.js';
import { allKeys, describeSource, loadTable, type Described, type LoadedTable, type StoredColumn } from './tables.js';

/**
 * The source (t0) with its joined files (t1 …), each a table of DuckDB, and all of them as one view `rows` with the column `ordinal`: a
 * row's place in the source.
 */
export interface JoinedData {
  readonly source: LoadedTable;
  readonly joins: readonly JoinedTable[];
  /** Columns by the names the spec gives them. */
  readonly columns: ReadonlyMap<string, JoinedColumn>;
}

/** A joined file: a row of the source has the row as its partner whose key is its own. */
export interface JoinedTable extends LoadedTable {
  /** SQL of the source's key, of a column of its table. */
  readonly key: string;
  /** SQL of rows of this table with their `partner` key. */
  readonly keyed: string;
}

export interface JoinedColumn extends StoredColumn {
  /** The table that it stands in: 0 is the source; `sql` is its name there. */
  readonly table: number;
  /** Its name in `rows`. */
  readonly joined: string;
}

interface Wanted {
  readonly name: string;
  /** Who wants it, for messages: `feature age`. */
  readonly by: string;
}

export async function readJoined(
  database: Database,
  program: EncoderProgram,
  data: DataSection,
  sources: readonly ResolvedSource[],
): Promise<JoinedData> {
  const described: Described[] = [];
  for (const source of sources) described.push(await describeSource(database, source));
  const keysOf = ({ resolved }: Described): readonly string[] =>
    resolved.join ? [resolved.join.on] : data.joins.map((join) => join.on);
  for (const one of described) {
    for (const name of keysOf(one))
      await requireColumn(database, one, name, `join ${(one.resolved.join ?? joinOn(data, name)).name}`);
  }
  const owners = await ownersOf(database, wantedColumns(program, data), described);
  const tables: LoadedTable[] = [];
  for (const [i, one] of described.entries()) {
    const own = [...owners].filter(([, owner]) => owner === one).map(([name]) => name);
    const table = await loadTable(database, one, `t${String(i)}`, [...new Set([...own, ...keysOf(one)])]);
    if (i > 0) refuseBrokenRecords(table, data.badRows);
    tables.push(table);
  }
  const [source, ...joins] = tables;
  if (!source) throw dataError('no-data-section', 'the model has no data section');
  const keys = joins.map((join) => joinKey(source, join));
  for (const [i, join] of joins.entries()) await refuseRepeatedKeys(database, join, keys[i]?.right ?? '');
  const columns = new Map<string, JoinedColumn>();
  const selected = ['t0.rowid AS ordinal'];
  for (const [i, table] of tables.entries()) {
    for (const [name, column] of table.columns) {
      if (owners.get(name) !== described[i]) continue;
      columns.set(name, { ...column, table: i, joined: `r${String(columns.size)}` });
      selected.push(`t${String(i)}.${column.sql} AS r${String(columns.size - 1)}`);
    }
  }
  keys.forEach(({ left }, i) => selected.push(`${left} AS key${String(i + 1)}`));
  const joined = joins.map((join, i) => ({ ...join, key: keys[i]?.own ?? '', keyed: partnerTable(join, keys[i]?.right ?? '') }));
  const partners = joined.map(
    ({ keyed }, i) => `LEFT JOIN ${keyed} AS t${String(i + 1)} ON t${String(i + 1)}.partner = ${keys[i]?.left ?? ''}`,
  );
  await database.run(
    `CREATE VIEW rows AS SELECT ${selected.join(', ')} FROM t0 ${partners.join(' ')}${whereObjects(source, 't0')}`,
  );
  return { source, joins: joined, columns };
}

const joinOn = (data: DataSection, name: string): { readonly name: string } =>
  data.joins.find((join) => join.on === name) ?? { name: '' };

function wantedColumns(program: EncoderProgram, data: DataSection): readonly Wanted[] {
  return [
    ...columnsOf(program).flatMap(({ name, usedBy }) => usedBy.map((user) => ({ name, by: `${user.kind} ${user.name}` }))),
    ...(data.keep ? columnReads(data.keep).map(({ name }) => ({ name, by: 'keep' })) : []),
    ...(data.split.kind === 'random' ? [] : [{ name: data.split.column, by: 'split' }]),
  ];
}

/** Which file each wanted column comes from. A join's key is the source's own. */
async function ownersOf(
  database: Database,
  wanted: readonly Wanted[],
  described: readonly Described[],
): Promise<ReadonlyMap<string, Described>> {
  const owners = new Map<string, Described>();
  for (const { name, by } of wanted) {
    if (owners.has(name)) continue;
    let having: readonly Described[] = described.filter((one) => one.files.some(({ columns }) => columns.includes(name)));
    if (having.length === 0) having = await laterKeys(database, described, name);
    const [first, second] = having.filter((one) => one.resolved.join?.on !== name || having[0] === one);
    if (!first) throw missingColumn(name, by, described);
    if (second) {
      throw dataError(
        'ambiguous-column',
        `${by} wants the column ${quoted(name)}, which stands in ${fileOf(first)} and in ${fileOf(second)}`,
        {
          reader: by,
          help: 'rename it in one of the files',
        },
      );
    }
    await requireColumn(database, first, name, by);
    owners.set(name, first);
  }
  return owners;
}

async function laterKeys(database: Database, described: readonly Described[], name: string): Promise<readonly Described[]> {
  const having: Described[] = [];
  for (const one of described) {
    if (one.resolved.source.format === 'jsonl' && (await allKeys(database, one.resolved)).includes(name)) having.push(one);
  }
  return having;
}

/** Every csv and parquet file of a source must have the column, once; a line of jsonl may leave it out. */
async function requireColumn(database: Database, described: Described, name: string, by: string): Promise<void> {
  if (described.resolved.source.format === 'jsonl') {
    const known =
      described.files.some(({ columns }) => columns.includes(name)) || (await laterKeys(database, [described], name)).length > 0;
    if (!known) throw missingColumn(name, by, [described]);
    return;
  }
  for (const file of described.files) {
    const times = file.columns.filter((column) => column === name).length;
    if (times === 0) throw missingColumn(name, by, [{ ...described, files: [file] }]);
    if (times > 1)
      throw dataError(
        'ambiguous-column',
        `${by} wants the column ${quoted(name)}, which stands ${String(times)} times in ${file.file}`,
        { reader: by },
      );
  }
}

function missingColumn(name: string, by: string, described: readonly Described[]): DataError {
  const all = [...new Set(described.flatMap(({ files }) => files.flatMap(({ columns }) => columns)))];
  const letters = (text: string): string => Array.from(text.toLowerCase()).toSorted().join('');
  const near = all
    .map((column) => ({ column, far: distance(column.toLowerCase(), name.toLowerCase()) }))
    .filter(({ column, far }) => letters(column) === letters(name) || isNear(name, far) || isLonger(column, name))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ column }) => quoted(column));
  const shown = all.slice(0, 20).map(quoted).join(', ') + (all.length > 20 ? ` and ${String(all.length - 20)} more` : '');
  const files = described.flatMap((one) => one.files.map(({ file }) => file)).slice(0, 3);
  return dataError(
    'missing-column',
    `${by} wants the column ${quoted(name)}, which ${files.join(' and ')} ${files.length > 1 ? 'do' : 'does'} not have`,
    {
      reader: by,
      help: near.length > 0 ? `did you mean ${near.join(' or ')}?` : (unlikelyHeader(all) ?? `it has ${shown}`),
    },
  );
}

const isNear = (name: string, far: number): boolean => far <= Math.max(1, Math.floor(name.length / 3));

/** `searched` of `searched_at`, `usr_id` of `user`: one has a word more than the other, or they differ in the last one only. */
function isLonger(a: string, b: string): boolean {
  if (!/^\w+$/.test(a)) return false;
  const [short = '', long = ''] = [a.toLowerCase(), b.toLowerCase()].toSorted((x, y) => x.length - y.length);
  if (short.length >= 3 && long.startsWith(short)) return true;
  const stem = (text: string): string => text.replace(/[ _-]?(?:id|at|ts|key|no|nr)$/, '');
  const [s, l] = [stem(short), stem(long)];
  return s.length >= 3 && (s !== short || l !== long) && isNear(l, distance(s, l));
}

/** What is wrong with a file whose columns' names nobody would have chosen. */
function unlikelyHeader(columns: readonly string[]): string | undefined {
  const [only = '', second] = columns;
  if (columns.some((column) => /[\0\uFFFD]/.test(column))) {
    return 'it is not UTF-8 text: save it as UTF-8, or if it is Latin-1, say csv("…", encoding: latin1)';
  }
  if (/^\s*\{\s*"/.test(only)) return 'this looks like JSON lines: write jsonl("…") instead of csv("…")';
  const separator = second === undefined ? /[;\t|]/.exec(only)?.[0] : undefined;
  return separator && `it has one column, ${quoted(only)}: if they are several, say csv("…", separator: ${quoted(separator)})`;
}

const quoted = (name: string): string => JSON.stringify(name);
const fileOf = ({ resolved }: Described): string => resolved.files[0] ?? resolved.name;

/** Keys are compared by their canonical text, so that 7 in parquet meets "7" in csv. */
function joinKey(
  source: LoadedTable,
  join: LoadedTable,
): { readonly own: string; readonly left: string; readonly right: string } {
  const on = join.resolved.join?.on ?? '';
  const side = (table: LoadedTable, prefix = ''): string => {
    const column = table.columns.get(on);
    const read = column && readColumnSql(column.kind, 'text', `${prefix}${column.sql}`);
    if (read) return read.value;
    throw dataError(
      'wrong-column-type',
      `join ${join.resolved.name} is on ${quoted(on)}, which is ${column?.type ?? 'absent'} in ${table.resolved.files[0] ?? ''}`,
      {
        help: 'a key is a text or a whole number',
      },
    );
  };
  return { own: side(source), left: `(${side(source, 't0.')})`, right: `(${side(join, 'j.')})` };
}

/** Broken lines of jsonl are rows of its table. */
export const whereObjects = ({ resolved }: LoadedTable, table: string): string =>
  resolved.source.format === 'jsonl' ? ` WHERE ${table}.is_object` : '';
const onlyObjects = (join: LoadedTable): string => `${join.table} AS j${whereObjects(join, 'j')}`;
const partnerTable = (join: LoadedTable, key: string): string =>
  `(SELECT *, rowid AS place, ${key} AS partner FROM ${onlyObjects(join)})`;

async function refuseRepeatedKeys(database: Database, join: LoadedTable, key: string): Promise<void> {
  const [repeated] = await database.query(
    `SELECT k, count(*) FROM (SELECT ${key} AS k FROM ${onlyObjects(join)}) WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT 1`,
  );
  if (!repeated) return;
  const [value, times] = repeated;
  throw dataError(
    'duplicate-join-key',
    `${join.resolved.files.join(', ')} has ${String(times)} rows with ${join.resolved.join?.on ?? ''} ${quoted(String(value))}: join ${join.resolved.name} needs one at most`,
    { help: 'keep one row for each key' },
  );
}
