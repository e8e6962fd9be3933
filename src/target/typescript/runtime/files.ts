/** `files.ts` of a project: what a program reads and writes. */
export const filesText = String.raw`
import { createReadStream } from 'node:fs';
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
}

const shown = 5;

const byName: Readonly<Record<string, Format | undefined>> = {
  '.csv': { kind: 'csv', separator: ',' },
  '.tsv': { kind: 'csv', separator: '\t' },
  '.jsonl': { kind: 'jsonl' },
  '.ndjson': { kind: 'jsonl' },
};

/** csv, tsv and jsonl files are told by their names, with or without .gz; any other is as the spec says. */
export function formatOf(file: string, ofSpec?: Format): Format {
  const format = byName[path.extname(file.replace(/\.gz$/, ''))] ?? ofSpec;
  if (format === undefined) throw new Error(${'`'}${'$'}{file}: its name ends in none of ${'$'}{Object.keys(byName).join(', ')}${'`'});
  return format;
}

/** All rows of a file. */
export async function readTable(file: string, format: Format): Promise<FileRows> {
  const rows: NumberedRow[] = [];
  const problems: string[] = [];
  let [number, bad] = [0, 0];
  try {
    for await (const some of readRows(textOf(file, format), format))
      for (const read of some) {
        number += 1;
        if ('row' in read) rows.push({ number, row: read.row });
        else if (bad++ < shown) problems.push(${'`'}${'$'}{file}, row ${'$'}{number}: ${'$'}{read.problem}${'`'});
      }
  } catch (error) {
    throw new Error(${'`'}${'$'}{file}: ${'$'}{messageOf(error)}${'`'}, { cause: error });
  }
  return { rows, problems, bad };
}

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

/** The bytes of a file, or undefined if there is no such file. */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
`;
