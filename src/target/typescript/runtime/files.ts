/** `files.ts` of a project: what a program reads and writes. */
export const filesText = String.raw`
import { createReadStream, statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readRows, type Format, type NumberedRow } from './rows.js';

export interface FileRows {
  readonly rows: readonly NumberedRow[];
  /** What is wrong with the first few others. */
  readonly problems: readonly string[];
  readonly bad: number;
  /** Those of the header, or that any row has. */
  readonly columns: readonly string[];
}

const shown = 5;

const byName: Readonly<Record<string, Format | undefined>> = {
  '.csv': { kind: 'csv', separator: ',' },
  '.tsv': { kind: 'csv', separator: '\t' },
  '.jsonl': { kind: 'jsonl' },
  '.ndjson': { kind: 'jsonl' },
};

/** How the spec says that files with this end of their names are written. */
export interface NamedFormat {
  readonly extension: string;
  readonly format: Format;
}

/** Files whose names end as the one of the spec are written as it is; others are told by their names, with or without .gz. */
export function formatOf(file: string, ofSpec?: NamedFormat): Format {
  const extension = path.extname(file.replace(/\.gz$/i, '')).toLowerCase();
  const format = ofSpec?.extension === extension ? ofSpec.format : byName[extension];
  if (format !== undefined) return format;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error(${'`'}${'$'}{file}: it is a folder, not a file${'`'});
  const known = [...new Set([...Object.keys(byName), ...(ofSpec ? [ofSpec.extension] : [])])].filter((name) => name !== '');
  throw new Error(${'`'}${'$'}{file}: rows are read from csv, tsv and jsonl; its name ends in none of ${'$'}{known.join(', ')}${'`'});
}

/** All rows of a file. */
export async function readTable(file: string, format: Format): Promise<FileRows> {
  const rows: NumberedRow[] = [];
  const problems: string[] = [];
  const columns = new Set<string>();
  let [number, bad] = [0, 0];
  try {
    const see = (names: readonly string[]): void => {
      for (const name of names) columns.add(name);
    };
    for await (const some of readRows(textOf(file, format), format, see))
      for (const read of some) {
        number += 1;
        if ('row' in read) rows.push({ number, row: read.row });
        else if (bad++ < shown) problems.push(${'`'}${'$'}{file}, row ${'$'}{number}: ${'$'}{read.problem}${'`'});
      }
  } catch (error) {
    throw new Error(${'`'}${'$'}{file}: ${'$'}{reasonOf(error)}${'`'}, { cause: error });
  }
  if (number === 0 && (columns.size === 0 || isHeadless(format))) throw new Error(${'`'}${'$'}{file}: it is empty${'`'});
  return { rows, problems, bad, columns: [...columns] };
}

const isHeadless = (format: Format): boolean => format.kind === 'csv' && format.columns !== undefined;

async function* textOf(file: string, format: Format): AsyncGenerator<string> {
  const stored = createReadStream(file);
  const stream = file.endsWith('.gz') ? pipeline(stored, createGunzip(), () => undefined) : stored;
  stream.setEncoding(format.kind === 'csv' ? (format.encoding ?? 'utf8') : 'utf8');
  for await (const chunk of stream) yield chunk as string;
}

/** The whole file or nothing of it: written under another name, flushed to the disk, renamed. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const partial = ${'`'}${'$'}{file}.partial${'`'};
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

/** The bytes of a file that a training has written into a folder. */
export async function readTrained(folder: string, name: string): Promise<Buffer> {
  const bytes = await readIfThere(path.join(folder, name));
  if (bytes !== undefined) return bytes;
  throw new Error(${'`'}there is no ${'$'}{name} in ${'$'}{folder}: give the --out folder of a training${'`'});
}

/** The bytes of a file, or undefined if there is no such file. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return plain[code] ?? messageOf(error);
}

const plain: Readonly<Record<string, string | undefined>> = {
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder, not a file',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
`;
