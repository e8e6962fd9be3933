import type { RawRow } from '../encode/row.js';
import { csvRecords } from './csv.js';
import { dataError } from './errors.js';
import { readTextFile, type Encoding } from './text-files.js';

export type PredictionFormat = 'csv' | 'jsonl';

export interface PredictionOptions {
  /** csv only; a comma by default. */
  readonly separator?: string;
  /** csv without a header line: the names of its columns. */
  readonly columns?: readonly string[];
  readonly encoding?: Encoding;
}

/** A row, or why a record is none. Records count from 1, without the header and blank lines. */
export type PredictionRow =
  { readonly record: number; readonly row: RawRow } | { readonly record: number; readonly broken: string };

/** What the ending of a file's name says of it; undefined if nothing. */
export function predictionFormat(path: string): { readonly format: PredictionFormat; readonly separator?: string } | undefined {
  const [, ending] = /\.(csv|tsv|jsonl|ndjson)(?:\.gz)?$/i.exec(path) ?? [];
  switch (ending?.toLowerCase()) {
    case 'csv':
      return { format: 'csv' };
    case 'tsv':
      return { format: 'csv', separator: '\t' };
    case 'jsonl':
    case 'ndjson':
      return { format: 'jsonl' };
    default:
      return undefined;
  }
}

/**
 * Plain rows to predict for, one by one, of a file or of text as it comes (standard input). A csv field is text, an empty one
 * null; a line of jsonl is taken as it is.
 *
 * @throws DataError if the file cannot be read, or a csv has no header line
 */
export function readPredictionRows(
  input: { readonly path: string } | { readonly text: AsyncIterable<string> },
  format: PredictionFormat,
  options: PredictionOptions = {},
): AsyncGenerator<PredictionRow> {
  const name = 'path' in input ? input.path : 'the input';
  const text = 'path' in input ? readTextFile(input.path, options.encoding ?? 'utf8') : input.text;
  return format === 'csv' ? csvRows(text, name, options) : jsonRows(text);
}

async function* csvRows(
  text: AsyncIterable<string>,
  name: string,
  { separator = ',', columns }: PredictionOptions,
): AsyncGenerator<PredictionRow> {
  let names = columns;
  let record = 0;
  for await (const found of csvRecords(text, separator)) {
    if (!names) {
      if ('broken' in found) throw dataError('broken-header', `the header line of ${name} cannot be read: ${found.broken}`);
      names = found.fields;
      continue;
    }
    record += 1;
    if ('broken' in found) yield { record, broken: found.broken };
    else if (found.fields.length !== names.length) {
      yield { record, broken: `it has ${String(found.fields.length)} fields instead of ${String(names.length)}` };
    } else
      yield {
        record,
        row: Object.fromEntries(names.map((column, i) => [column, found.fields[i] === '' ? null : found.fields[i]])),
      };
  }
  if (!names) throw dataError('empty-source', `${name} is empty`);
}

async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<PredictionRow> {
  let record = 0;
  let mark = '\ufeff';
  for await (const given of lines(text)) {
    const line = given.startsWith(mark) && mark !== '' ? given.slice(1) : given;
    mark = '';
    if (/^\s*$/.test(line)) continue;
    record += 1;
    const row = parseObject(line);
    yield row ? { record, row } : { record, broken: 'it is not a JSON object on one line' };
  }
}

async function* lines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

function parseObject(line: string): RawRow | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawRow) : undefined;
  } catch {
    return undefined;
  }
}
