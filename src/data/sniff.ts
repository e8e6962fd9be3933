import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { FileSource } from '../model/model.js';
import { csvRecords } from './csv.js';
import { dataError } from './errors.js';
import { fileOf, type FileForm } from './profile-source.js';
import { formatOf, isFolder, resolveSources, type DataPaths } from './sources.js';
import { isGzip } from './text-files.js';

/** Bytes whose look decides. */
const lookedAt = 2 ** 16;

const separators = [',', '\t', ';', '|', '::'] as const;

/**
 * A file that no spec names yet, with what its first lines say about its separator and encoding, where `form` does not.
 * @param path may be a glob
 * @throws DataError of a file that is no table, or whose first line is no header
 */
export async function sniffSource(path: string, form: FileForm, paths: DataPaths, signal?: AbortSignal): Promise<FileSource> {
  const known = formatOf(path);
  if (await isFolder(resolve(paths.base ?? '', path)))
    throw dataError('not-readable', `${path} is a folder`, { help: `name its files: "${path.replace(/\/$/, '')}/*.csv"` });
  const provisional = fileOf(path, known ? form : { ...form, separator: form.separator ?? ',' });
  const [resolved] = await resolveSources({ source: provisional, joins: [] }, paths);
  const [file] = resolved?.files ?? [];
  if (file === undefined || provisional.format === 'parquet') return provisional;
  const bytes = await firstBytes(file, signal);
  const text = textOf(bytes, file, form.encoding);
  if (provisional.format !== 'csv') return provisional;
  const encoding = form.encoding ?? (isUtf8(bytes) ? 'utf8' : 'latin1');
  const seen = separatorOf(text);
  const separator = form.separator ?? seen?.separator ?? provisional.separator ?? ',';
  if (!known && form.separator === undefined && seen?.isSure !== true) {
    throw dataError('not-readable', `${file} is no table that can be told by its ending or its first lines`, {
      help: 'data are in .csv, .tsv, .jsonl or .parquet; of another text file say what stands between two fields: --separator "|"',
    });
  }
  if (!form.columns && form.hasHeader !== true) await refuseRowsAsHeader(text, separator, file);
  return fileOf(path, { ...form, separator, encoding });
}

async function firstBytes(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const packed = createReadStream(file, { ...(signal && { signal }), ...(!isGzip(file) && { end: lookedAt - 1 }) });
  const stream = isGzip(file) ? packed.pipe(createGunzip()) : packed;
  packed.on('error', (error) => stream.destroy(error));
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of stream) {
      const bytes = Buffer.from(piece as Uint8Array);
      pieces.push(bytes);
      size += bytes.length;
      if (size >= lookedAt) break;
    }
  } catch (error) {
    throw dataError('not-readable', `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      help: isGzip(file) ? '`gzip -t` checks whether it is whole' : undefined,
    });
  } finally {
    packed.destroy();
  }
  return Buffer.concat(pieces).subarray(0, lookedAt);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    // What follows may complete the last character.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

const binaries: readonly (readonly [begins: string, what: string])[] = [
  ['PK\x03\x04', 'a zip or Excel file: save it as csv'],
  ['PAR1', 'a parquet file: end its name in .parquet'],
  ['\x1f\x8b', 'packed by gzip: end its name in .gz'],
  ['\xff\xfe', 'UTF-16 text: save it as UTF-8'],
  ['\xfe\xff', 'UTF-16 text: save it as UTF-8'],
  ['SQLite', 'a database: export the table as csv'],
];

function textOf(bytes: Buffer, file: string, encoding: FileForm['encoding']): string {
  const start = bytes.subarray(0, 8).toString('latin1');
  const what = binaries.find(([begins]) => start.startsWith(begins))?.[1];
  if (what !== undefined || bytes.includes(0)) {
    const [is = '', help] = what?.split(': ') ?? ['binary, no text'];
    throw dataError('not-readable', `${file} is ${is}`, { help: help ?? 'data are in .csv, .tsv, .jsonl or .parquet' });
  }
  return bytes.toString(encoding === 'latin1' || !isUtf8(bytes) ? 'latin1' : 'utf8').replace(/^\ufeff/, '');
}

/** The one that cuts the first lines into the most fields, equally many in each. */
function separatorOf(text: string): { readonly separator: string; readonly isSure: boolean } | undefined {
  const lines = text
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '')
    .slice(0, 20);
  const whole = lines.length > 1 && !/[\r\n]$/.test(text) ? lines.slice(0, -1) : lines;
  const counted = separators.map((separator) => {
    const counts = whole.map((line) => line.replaceAll(/"(?:[^"]|"")*"/g, '').split(separator).length);
    const [first = 1] = counts;
    return { separator, fields: first, agreeing: counts.filter((count) => count === first).length };
  });
  const [best] = counted.filter(({ fields }) => fields > 1).toSorted((a, b) => b.agreeing - a.agreeing || b.fields - a.fields);
  return best && { separator: best.separator, isSure: best.agreeing === whole.length && whole.length > 1 };
}

/** Some names are numbers, such as years; then another one, no number, stands over numbers. */
async function refuseRowsAsHeader(text: string, separator: string, file: string): Promise<void> {
  async function* once(): AsyncGenerator<string> {
    yield await Promise.resolve(text);
  }
  const records: (readonly string[])[] = [];
  for await (const record of csvRecords(once(), separator)) {
    records.push('fields' in record ? record.fields : []);
    if (records.length === 2) break;
  }
  const [fields = [], next] = records;
  const numbers = fields.filter(isNumber).length;
  if (numbers === 0 || numbers < fields.length / 3) return;
  if (next?.some((field, i) => isNumber(field) && isName(fields[i] ?? ''))) return;
  const letters = fields.slice(0, 4).map((_, i) => ['a', 'b', 'c', 'd'][i]);
  const columns = `${letters.join(',')}${fields.length > 4 ? ',…' : ''}`;
  throw dataError(
    'broken-header',
    `the first line of ${file} looks like a row, not like the names of columns: ${fields.slice(0, 5).join(', ')}`,
    { help: `name its ${String(fields.length)} columns: --columns ${columns}; or say that these are their names: --header` },
  );
}

const isNumber = (field: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(field.trim());

/** Neither a number nor what stands in place of one that is missing. */
const isName = (field: string): boolean => !isNumber(field) && !/^(\W*|na|n\/a|nan|null|none|\\n)$/i.test(field.trim());
