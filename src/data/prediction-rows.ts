import type { RawRow } from '../encode/row.js';
import { csvBatches, longestRecord } from './csv.js';
import { arrayHelp, dataError } from './errors.js';
import { parquetRows } from './parquet-rows.js';
import { readTextFile, type Encoding } from './text-files.js';

export const predictionFormats = ['csv', 'jsonl', 'parquet'] as const;

export type PredictionFormat = (typeof predictionFormats)[number];

export interface PredictionOptions {
  /** csv only; a comma by default. */
  readonly separator?: string;
  /** csv without a header line: the names of its columns. */
  readonly columns?: readonly string[];
  /** Whether the first record is a header line, though `columns` says that there is none. */
  readonly isHeader?: (fields: readonly string[]) => boolean;
  readonly encoding?: Encoding;
  /** parquet only: columns whose values are read, the others are null; all by default. */
  readonly wanted?: ReadonlySet<string>;
}

/** A row, or why a record is none. Records count from 1, without the header and blank lines. */
export type PredictionRow =
  { readonly record: number; readonly row: RawRow } | { readonly record: number; readonly broken: string };

/** What the ending of a file's name says of it; undefined if nothing. */
export function predictionFormat(path: string): { readonly format: PredictionFormat; readonly separator?: string } | undefined {
  const [, ending] = /\.(csv|tsv|jsonl|ndjson|parquet(?=$))(?:\.gz)?$/i.exec(path) ?? [];
  switch (ending?.toLowerCase()) {
    case 'csv':
      return { format: 'csv' };
    case 'tsv':
      return { format: 'csv', separator: '\t' };
    case 'jsonl':
    case 'ndjson':
      return { format: 'jsonl' };
    case 'parquet':
      return { format: 'parquet' };
    default:
      return undefined;
  }
}

/**
 * Plain rows to predict for, as many at once as come together, of a file or of text as it comes (standard input). A csv field is text,
 * an empty one null; a line of jsonl is taken as it is, and parquet as jsonl would have it.
 *
 * @throws DataError if the file cannot be read, a csv has no header line or another separator, a record is longer than `longestRecord`,
 * or parquet is not in a file
 */
export function readPredictionRows(
  input: { readonly path: string } | { readonly text: AsyncIterable<string> },
  format: PredictionFormat,
  options: PredictionOptions = {},
): AsyncGenerator<readonly PredictionRow[]> {
  if (format === 'parquet') {
    if ('path' in input) return parquetRows(input.path, options.wanted);
    throw dataError('not-readable', 'parquet is read from a file, not from standard input');
  }
  const name = 'path' in input ? input.path : 'the input';
  const text = 'path' in input ? readTextFile(input.path, options.encoding ?? 'utf8') : input.text;
  return format === 'csv' ? csvRows(text, name, options) : jsonRows(text, name);
}

async function* csvRows(
  text: AsyncIterable<string>,
  name: string,
  { separator = ',', columns, isHeader: isHeaderLine = () => false }: PredictionOptions,
): AsyncGenerator<readonly PredictionRow[]> {
  let header: ReturnType<typeof createHeader> | undefined;
  let record = 0;
  for await (const found of csvBatches(text, separator)) {
    const [first] = found;
    if (first === undefined) continue;
    if (header === undefined && columns && 'fields' in first) refuseOtherSeparator(first.fields, columns, name);
    const isHeader = header === undefined && (!columns || ('fields' in first && isHeaderLine(first.fields)));
    if (header === undefined && columns && !isHeader) header = createHeader(columns);
    if (header === undefined) {
      if ('broken' in first) throw dataError('broken-header', `the header line of ${name} cannot be read: ${first.broken}`);
      header = createHeader(first.fields);
    }
    const rowOf = header;
    const last = found.at(-1);
    const cut = last && 'broken' in last && last.isCut ? last.broken : undefined;
    const records = found.slice(isHeader ? 1 : 0, cut === undefined ? undefined : -1);
    if (records.length > 0)
      yield records.map((one) => {
        record += 1;
        return 'broken' in one ? { record, broken: one.broken } : { record, ...rowOf(one.fields) };
      });
    if (cut !== undefined) throw dataError('damaged-rows', `row ${String(record + 1)} of ${name} cannot be read: ${cut}`);
  }
  if (header === undefined) throw dataError('empty-source', `${name} is empty`);
}

type Fields = readonly string[];

/** What seems to separate the fields of a line that was taken for a single one. */
export const separatorIn = (line: string): string | undefined => /::|[;\t|,]/.exec(line)?.[0];

/** Says it once, instead of an error in each row. */
function refuseOtherSeparator(first: Fields, columns: Fields, name: string): void {
  const [only = '', second] = first;
  const separator = second === undefined && columns.length > 1 ? separatorIn(only) : undefined;
  if (separator === undefined) return;
  throw dataError(
    'broken-header',
    `the first row of ${name} has 1 field instead of ${String(columns.length)}: ${only.slice(0, 80)}`,
    {
      help: `perhaps it needs --separator ${JSON.stringify(separator)}`,
    },
  );
}

/** What makes rows of the fields below a header. */
function createHeader(names: Fields): (fields: Fields) => { readonly row: RawRow } | { readonly broken: string } {
  const hasPrototype = names.includes('__proto__');
  return (fields) => {
    if (fields.length !== names.length)
      return { broken: `it has ${String(fields.length)} fields instead of ${String(names.length)}` };
    if (hasPrototype) return { row: Object.fromEntries(names.map((column, i) => [column, fieldOf(fields[i])])) };
    const row: Record<string, string | null> = {};
    for (let i = 0; i < names.length; i++) row[names[i]!] = fieldOf(fields[i]);
    return { row };
  };
}

const fieldOf = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

async function* jsonRows(text: AsyncIterable<string>, name: string): AsyncGenerator<readonly PredictionRow[]> {
  let record = 0;
  let mark = '\ufeff';
  for await (const given of lines(text)) {
    if (given === 'too long') {
      throw dataError(
        'damaged-rows',
        `row ${String(record + 1)} of ${name} is longer than ${longestRecord.toLocaleString('en')} characters`,
        { help: 'jsonl has one JSON object on each line' },
      );
    }
    const rows: PredictionRow[] = [];
    for (const one of given) {
      const line = one.startsWith(mark) && mark !== '' ? one.slice(1) : one;
      mark = '';
      if (blank.test(line)) continue;
      record += 1;
      const row = parseObject(line);
      const broken = record === 1 && /^\s*\[\s*(?:\{|$)/.test(line) ? arrayHelp : 'it is not a JSON object on one line';
      rows.push(row ? { record, row } : { record, broken });
    }
    if (rows.length > 0) yield rows;
  }
}

const blank = /^\s*$/;

async function* lines(text: AsyncIterable<string>): AsyncGenerator<readonly string[] | 'too long'> {
  let pieces: string[] = [];
  let held = 0;
  for await (const chunk of text) {
    const end = chunk.lastIndexOf('\n');
    if (end >= 0) {
      yield [...pieces, chunk.slice(0, end)].join('').split('\n');
      pieces = [];
      held = 0;
    }
    const rest = chunk.slice(end + 1);
    if (rest === '') continue;
    pieces.push(rest);
    held += rest.length;
    if (held > longestRecord) {
      yield 'too long';
      return;
    }
  }
  if (held > 0) yield [pieces.join('')];
}

function parseObject(line: string): RawRow | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawRow) : undefined;
  } catch {
    return undefined;
  }
}
