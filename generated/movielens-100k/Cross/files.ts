import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readRows, type Format, type NumberedRow, type RawRow } from './rows.js';
import { decodeArrays, type NamedArray, type StoredArrays } from './safetensors.js';

/** A row that cannot be read. */
export interface BadRow {
  readonly file: string;
  readonly number: number;
  readonly problem: string;
}

export interface FileRows {
  /** How many the file has, with those that cannot be read. */
  readonly count: number;
  readonly rows: readonly NumberedRow[];
  readonly bad: readonly BadRow[];
  /** Those of the header, or that any row has. */
  readonly columns: readonly string[];
}

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
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${file}: it is a folder, not a file`);
  const known = [...new Set([...Object.keys(byName), ...(ofSpec ? [ofSpec.extension] : [])])].filter((name) => name !== '');
  throw new Error(`${file}: rows are read from csv, tsv and jsonl; its name ends in none of ${known.join(', ')}`);
}

/** All rows of a file, with these columns. */
export async function readTable(file: string, format: Format, wanted: readonly string[]): Promise<FileRows> {
  const rows: NumberedRow[] = [];
  const bad: BadRow[] = [];
  const columns = new Set<string>();
  let number = 0;
  try {
    const see = (names: readonly string[]): void => {
      for (const name of names) columns.add(name);
    };
    for await (const some of readRows(textOf(file, format), format, see))
      for (const read of some) {
        number += 1;
        if ('row' in read) rows.push({ number, row: pick(read.row, wanted) });
        else if (read.isFatal) throw new Error(`row ${number}: ${read.problem}`);
        else bad.push({ file, number, problem: read.problem });
      }
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`, { cause: error });
  }
  if (number === 0 && (columns.size === 0 || isHeadless(format))) throw new Error(`${file}: it is empty`);
  return { count: number, rows, bad, columns: [...columns] };
}

const pick = (row: RawRow, wanted: readonly string[]): RawRow =>
  Object.fromEntries(wanted.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]]] : [])));

const isHeadless = (format: Format): boolean => format.kind === 'csv' && format.columns !== undefined;

async function* textOf(file: string, format: Format): AsyncGenerator<string> {
  const stored = createReadStream(file);
  const stream = file.endsWith('.gz') ? pipeline(stored, createGunzip(), () => undefined) : stored;
  stream.setEncoding(format.kind === 'csv' ? (format.encoding ?? 'utf8') : 'utf8');
  for await (const chunk of stream) yield chunk as string;
}

/** The whole file or nothing of it: written under another name, flushed to the disk, renamed. Its parts follow one another. */
export async function writeWhole(file: string, content: string | readonly Uint8Array[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  const handle = await open(partial, 'w');
  try {
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

/** A text that a training has written into a folder. */
export const readTrained = (folder: string, name: string): Promise<string> =>
  ofTraining(folder, name, (file) => readFile(file, 'utf8'));

/** The arrays that a training has written into a folder. */
export const readArrays = (folder: string, name: string): Promise<StoredArrays> =>
  ofTraining(folder, name, async (file) => {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      return await decodeArrays({ size, read: (from, into) => readPart(handle, from, into) });
    } finally {
      await handle.close();
    }
  });

/** The weights in a folder. Throws where they are of another training than what its encoder has learned. */
export async function readWeights(folder: string, learned?: string): Promise<readonly NamedArray[]> {
  const { arrays, note } = await readArrays(folder, 'weights.safetensors');
  if (learned === undefined || note === undefined || note === digestOf(learned)) return arrays;
  throw new Error(
    `encoder.json and weights.safetensors in ${folder} are of two trainings, the last of which was cut short: go on with --resume or train again`,
  );
}

/** Tells what one encoder has learned from what another has. */
export const digestOf = (learned: string): string => createHash('sha256').update(learned).digest('hex').slice(0, 16);

async function ofTraining<T>(folder: string, name: string, read: (file: string) => Promise<T>): Promise<T> {
  const file = path.join(folder, name);
  try {
    return await read(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code)))
      throw new Error(`there is no ${name} in ${folder}: give the --out folder of a training`, { cause: error });
    throw new Error(`${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** As much as is read at once: Node refuses 2 GiB. */
const readBytes = 2 ** 28;

/** Fills `into` with the bytes of a file from `from` on. */
async function readPart(handle: FileHandle, from: number, into: Uint8Array): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await handle.read(into, at, Math.min(readBytes, into.length - at), from + at);
    if (bytesRead === 0) throw new Error('it ends too early');
    at += bytesRead;
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
