import { createEvaluator, evaluateRow } from '../encode/expressions/evaluate.js';
import type { BadRow, EncoderProgram, RowCounts } from '../encode/program.js';
import { createRowEncoder, rawValue, type RawRow } from '../encode/row.js';
import { idleStatistics } from '../encode/statistics.js';
import { isInvalid, readAs, show } from '../encode/values.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { rowStates } from './load.js';
import type { StoredKind } from './raw-columns.js';
import type { JoinedData } from './read.js';
import type { LoadedTable } from './tables.js';

const named = 5;

/** What became of rows, counted range by range. */
export interface Tally {
  /** The first bad ones. */
  readonly first: number[];
  bad: number;
  dropped: number;
}

export const newTally = (): Tally => ({ first: [], bad: 0, dropped: 0 });

/** Counts rows `from` …, of which these are the states. */
export function countStates(tally: Tally, from: number, states: Uint8Array): void {
  for (let row = 0; row < states.length; row++) {
    const state = states[row];
    if (state === rowStates.kept) continue;
    if (state === rowStates.dropped) tally.dropped += 1;
    if (state !== rowStates.bad) continue;
    tally.bad += 1;
    if (tally.first.length < named) tally.first.push(from + row);
  }
}

/** Says of the first bad records what is wrong with them, and how many there are. */
export async function explainRows(
  database: Database,
  joined: JoinedData,
  { first, bad, dropped }: Tally,
  program: EncoderProgram,
  /** Expressions besides the program's that a row must have, by the name a message gives them. */
  needed: readonly { readonly name: string; readonly expression: RowExpression; readonly mayBeMissing: boolean }[],
): Promise<RowCounts> {
  const broken = [joined.source, ...joined.joins].flatMap((table) => table.broken);
  const rows = await rawRows(database, joined, first);
  const encoder = createRowEncoder(
    first.length === 0 ? { features: [], labels: [] } : program,
    { vocabularies: {}, statistics: idleStatistics(program) },
    { labels: true },
  );
  const explained = first.map((row, i): BadRow => ({ ...joined.source.locate(row), ...explain(encoder, rows[i] ?? {}, needed) }));
  const inSource = (bad: BadRow): number =>
    joined.source.resolved.files.includes(bad.file) ? joined.source.resolved.files.indexOf(bad.file) : Infinity;
  const badRows = [...broken.slice(0, named), ...explained]
    .sort((a, b) => inSource(a) - inSource(b) || a.record - b.record)
    .slice(0, named);
  return { read: joined.source.records, dropped, bad: bad + broken.length, badRows };
}

/**
 * Records of a joined file that cannot be read leave holes in all rows that they are the partner of: what follows would hide the cause.
 *
 * @throws DataError if there are more of them than the spec accepts
 */
export function refuseBrokenRecords({ records, broken }: LoadedTable, accepted: number): void {
  if (broken.length > accepted * records) throw tooManyBadRows(records, broken.length, broken.slice(0, named), accepted, 'read');
}

/** @throws DataError if more rows are bad than the spec accepts */
export function refuseTooManyBadRows({ read, bad, badRows }: RowCounts, accepted: number): void {
  if (bad > accepted * read) throw tooManyBadRows(read, bad, badRows, accepted, 'encoded');
}

function tooManyBadRows(
  read: number,
  bad: number,
  badRows: readonly BadRow[],
  accepted: number,
  failed: 'read' | 'encoded',
): DataError {
  const percent = (share: number): string => `${String(Number((100 * share).toPrecision(2)))}%`;
  const more = bad > badRows.length ? [`and ${count(bad - badRows.length)} more`] : [];
  const remedy = failed === 'read' ? 'mend the file' : encodingRemedy(bad === read, badRows);
  return dataError(
    'too-many-bad-rows',
    `${count(bad)} of ${count(read)} rows (${percent(bad / read)}) cannot be ${failed}; the spec accepts ${percent(accepted)}`,
    {
      details: [...badRows.map(describeBadRow), ...more],
      help: `${remedy}, or raise bad_rows in the data section`,
    },
  );
}

/** What to do about rows that cannot be encoded, of which some are known. */
function encodingRemedy(isAll: boolean, badRows: readonly BadRow[]): string {
  const dates = badRows.every(({ reason }) => /"\d{1,2}[./-]\d{1,2}[./-]\d{4}\b.*is not a time/.test(reason));
  if (dates) return 'write such days as 2024-05-31, the year first';
  const commas = badRows.every(({ reason }) => /"[+-]?[\d.]*\d,\d+" is not a number/.test(reason));
  if (commas) return 'a decimal comma is not read: write the file with decimal points, as 164.5';
  const [first] = badRows;
  const isOneName = first?.name !== undefined && badRows.every(({ name }) => name === first.name);
  if (isAll && isOneName)
    return `no row can be read: is the kind of ${first.name} the right one? Else mend the rows, give it a default`;
  return 'mend the rows, give the feature a default';
}

/** `ratings.csv, record 12: age: "abc" is not a number` */
export function describeBadRow({ file, record, name, reason }: BadRow): string {
  return `${file}, record ${String(record)}: ${name === undefined ? '' : `${name}: `}${reason}`;
}

const count = (n: number): string => n.toLocaleString('en-US');

function explain(
  encoder: ReturnType<typeof createRowEncoder>,
  row: RawRow,
  needed: readonly { readonly name: string; readonly expression: RowExpression; readonly mayBeMissing: boolean }[],
): Pick<BadRow, 'name' | 'reason'> {
  for (const { name, expression, mayBeMissing } of needed) {
    const value = evaluateRow(createEvaluator(expression), (read) => readAs(rawValue(row, read.name), read.type));
    if (isInvalid(value)) return { name, reason: value.invalid };
    if (value === null && !mayBeMissing) return { name, reason: 'it is missing' };
  }
  const [problem] = encoder.encodeRows([row]).problems.flatMap(({ problems }) => problems);
  return problem ?? { reason: `it cannot be encoded: ${show(row)}` };
}

/** Rows as `predict` would be given them. */
async function rawRows(database: Database, { columns }: JoinedData, ordinals: readonly number[]): Promise<readonly RawRow[]> {
  if (ordinals.length === 0 || columns.size === 0) return [];
  const fields = [...columns.values()].map(({ joined, kind }) => rawSql(kind, joined));
  const rows = await database.query(`SELECT ordinal, ${fields.join(', ')} FROM rows WHERE ordinal IN (${ordinals.join(', ')})`);
  const byOrdinal = new Map(
    rows.map(([ordinal, ...values]) => [
      Number(ordinal),
      Object.fromEntries([...columns].map(([name, { kind }], i) => [name, decode(kind, values[i])])),
    ]),
  );
  return ordinals.map((ordinal) => byOrdinal.get(ordinal) ?? {});
}

function rawSql(kind: StoredKind, column: string): string {
  switch (kind) {
    case 'time':
      return `CAST(make_timestamp(epoch_us(${column})) AS VARCHAR)`;
    case 'list':
    case 'float-list':
      return `CAST(to_json(CAST(${column} AS VARCHAR[])) AS VARCHAR)`;
    case 'text':
    case 'json':
    case 'integer':
    case 'float':
    case 'boolean':
    case 'other':
      return `CAST(${column} AS VARCHAR)`;
    default:
      return kind satisfies never;
  }
}

function decode(kind: StoredKind, value: unknown): unknown {
  if (typeof value !== 'string') return null;
  switch (kind) {
    case 'json':
    case 'list':
    case 'float-list':
      return JSON.parse(value);
    case 'float':
      return Number(value);
    case 'boolean':
      return value === 'true';
    case 'text':
    case 'integer':
    case 'time':
    case 'other':
      return value;
    default:
      return kind satisfies never;
  }
}
