/** How a file is written: JSON objects, one a line, or fields between separators. */
export type Format =
  | { readonly kind: 'jsonl' }
  | {
      readonly kind: 'csv';
      readonly separator: string;
      /** Names of the columns; absent where the first line says them. */
      readonly columns?: readonly string[];
      readonly encoding?: 'utf8' | 'latin1';
    };

export type RawRow = Readonly<Record<string, unknown>>;

/** A row of a file, or why it is none: of a fatal problem, why nothing after it can be read either. */
export type ReadRow = { readonly row: RawRow } | Problem;

interface Problem {
  readonly problem: string;
  readonly isFatal?: boolean;
}

/** The rows of a file whose text comes in pieces, as many at once as each piece completes; `onColumns` hears names of columns. */
export async function* readRows(
  chunks: AsyncIterable<string>,
  format: Format,
  onColumns: (columns: readonly string[]) => void,
): AsyncGenerator<readonly ReadRow[]> {
  if (format.kind === 'jsonl') {
    for await (const lines of linesOf(chunks)) {
      const rows = lines.map(readJson);
      for (const read of rows) if ('row' in read) onColumns(Object.keys(read.row));
      yield rows;
    }
    return;
  }
  let { columns } = format;
  if (columns !== undefined) onColumns(columns);
  for await (const records of recordsOf(chunks, format.separator)) {
    const isFirst = columns === undefined;
    const header = columns ?? headerOf(records[0]);
    columns = header;
    if (isFirst) onColumns(header);
    yield records.slice(isFirst ? 1 : 0).map((fields) => ('problem' in fields ? fields : rowOf(header, fields)));
  }
}

function headerOf(fields: CsvRecord): readonly string[] {
  if ('problem' in fields) throw new Error(`its header cannot be read: ${fields.problem}`);
  return fields;
}

function readJson(line: string): ReadRow {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null ? { row: row as RawRow } : { problem: 'it is no JSON object' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function rowOf(columns: readonly string[], fields: readonly string[]): ReadRow {
  if (fields.length === columns.length) return { row: Object.fromEntries(columns.map((name, i) => [name, fields[i]])) };
  return { problem: `it has ${fields.length} fields, not ${columns.length}` };
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield [rest];
}

/** The fields of a csv record. */
type CsvRecord = readonly string[] | Problem;

/** Of a record: what is longer is a quote that is not closed. */
const longestRecord = 2_000_000;

/** The records of csv text. A field that begins with a quote ends with one, doubled inside it. Blank lines are left out. */
async function* recordsOf(chunks: AsyncIterable<string>, separator: string): AsyncGenerator<readonly CsvRecord[]> {
  let text = '';
  for await (const chunk of chunks) {
    const [records, end] = wholeRecords(text + chunk, separator, false);
    text = (text + chunk).slice(end);
    if (records.length > 0) yield records;
    if (text.length > longestRecord) {
      yield [{ problem: `it is longer than ${longestRecord} characters: is a quote not closed?`, isFatal: true }];
      return;
    }
  }
  const [records] = wholeRecords(text, separator, true);
  if (records.length > 0) yield records;
}

/** The records that a text holds whole, and where they end; the last text has no line end to wait for. */
function wholeRecords(text: string, separator: string, isLast: boolean): readonly [records: CsvRecord[], end: number] {
  const records: CsvRecord[] = [];
  let start = text.startsWith('\ufeff') ? 1 : 0;
  let fields: string[] = [];
  let problem: Problem | undefined;
  for (let at = start; at < text.length || (isLast && fields.length > 0);) {
    const isQuoted = text[at] === '"';
    const close = isQuoted ? closingQuote(text, at + 1) : at;
    const end = fieldEnd(text, isQuoted ? close + 1 : at, separator);
    if (!isLast && end + Math.max(2, separator.length) > text.length) break;
    if (isQuoted && close === text.length) problem = { problem: 'a quote opens in it that is never closed', isFatal: true };
    else if (isQuoted && close + 1 < end)
      problem ??= { problem: 'text follows a closing quote; a quote inside quotes is written ""' };
    fields.push(isQuoted ? text.slice(at + 1, close).replaceAll('""', '"') : text.slice(at, end));
    if (text.startsWith(separator, end)) {
      at = end + separator.length;
      continue;
    }
    if (problem !== undefined || fields.length > 1 || fields[0] !== '') records.push(problem ?? fields);
    [fields, problem] = [[], undefined];
    at = start = end + (text.startsWith('\r\n', end) ? 2 : 1);
  }
  return [records, start];
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return text.length;
}

function fieldEnd(text: string, from: number, separator: string): number {
  for (let at = from; at < text.length; at++) {
    const unit = text[at];
    if (unit === '\n' || unit === '\r' || (unit === separator[0] && text.startsWith(separator, at))) return at;
  }
  return text.length;
}

/** A column that is read, and what reads it. */
export type Wanted = readonly [column: string, reader: string];

/** Throws where no row has a wanted column: it would be missing in all of them. */
export function requireColumns(columns: readonly string[], wanted: readonly Wanted[], files: string): void {
  const lost = wanted.find(([column]) => !columns.includes(column));
  if (lost === undefined || columns.length === 0) return;
  const [column, reader] = lost;
  const separator = columns.length === 1 ? /[;|\t,]/.exec(columns[0])?.[0] : undefined;
  const near = nearest(column, columns);
  const all = columns.slice(0, 20).join(', ') + (columns.length > 20 ? ', …' : '');
  const hint =
    separator !== undefined
      ? `. Its separator is probably ${separator === '\t' ? 'a tab' : separator}`
      : near !== undefined
        ? `: did you mean ${near}?`
        : '';
  throw new Error(`${files}: there is no column ${column}, which ${reader} reads; there is ${all}${hint}`);
}

/** The name that is likely meant by a misspelt one. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[ _-]/g, '');
  const wanted = plain(name);
  if (names.length === 0) return undefined;
  const far = names.map((other): readonly [number, string] => {
    const [short, long] = [wanted, plain(other)].sort((a, b) => a.length - b.length);
    return [short.length > 2 && long.startsWith(short) ? 0 : edits(short.slice(0, 100), long.slice(0, 100)), other];
  });
  const [distance, best] = far.reduce((a, b) => (b[0] < a[0] ? b : a));
  return distance <= Math.max(1, Math.floor(name.length / 3)) ? best : undefined;
}

/** Letters to insert, leave out or change [Levenshtein 1966]. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    row = next;
  }
  return row[b.length];
}

/** A row, and its place in its file, from 1; a header is none. */
export interface NumberedRow {
  readonly number: number;
  readonly row: RawRow;
}

/** Puts the columns of the row with the same key beside those of each row. Where there is none, the row is left out if one is required. */
export function joinRows(
  rows: readonly NumberedRow[],
  key: string,
  others: readonly NumberedRow[],
  isRequired: boolean,
): readonly NumberedRow[] {
  const byKey = new Map(others.map(({ row }) => [String(row[key]), row]));
  if (byKey.size < others.length) throw new Error(`several rows to join have the same ${key}`);
  return rows.flatMap(({ number, row }) => {
    const other = byKey.get(String(row[key]));
    if (other === undefined && isRequired) return [];
    return [{ number, row: { ...other, ...row } }];
  });
}
