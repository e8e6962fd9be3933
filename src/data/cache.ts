import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { EncoderProgram } from '../encode/program.js';
import type { DataSection } from '../model/model.js';
import { rowFileFormat } from './row-file.js';
import type { ResolvedSource } from './sources.js';

/**
 * The user's folder for encoded data: that of RECCOMPILE_CACHE, else `reccompile` in the folder that the system has for caches.
 * Undefined if there is none.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { RECCOMPILE_CACHE: own, XDG_CACHE_HOME: caches, HOME: home, LOCALAPPDATA: local } = environment;
  if (own) return own;
  if (platform === 'win32') return local && path.win32.join(local, 'reccompile', 'Cache');
  if (platform === 'darwin') return home && path.posix.join(home, 'Library', 'Caches', 'reccompile');
  // The specification has relative paths ignored.
  if (caches && path.posix.isAbsolute(caches)) return path.posix.join(caches, 'reccompile');
  return home && path.posix.join(home, '.cache', 'reccompile');
}

export interface CacheKey {
  readonly program: EncoderProgram;
  readonly data: DataSection;
  readonly seed: number | undefined;
  readonly sources: readonly ResolvedSource[];
  readonly groupRows: number;
  /** Version of the compiler that encodes. */
  readonly compiler: string;
}

/** Keys of what changes no row. */
const aside: readonly string[] = ['span', 'saidIn'];

/** Digest of everything that decides what the encoded rows are; of files, of where they are and when they were last changed. */
export async function cacheKey({ program, data, seed, sources, groupRows, compiler }: CacheKey): Promise<string> {
  const files = await Promise.all(
    sources.map(async ({ name, source, files: paths }) => [
      name,
      source,
      await Promise.all(
        paths.map(async (file) => {
          const { size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
          return [file, String(size), String(mtimeNs), String(ctimeNs)];
        }),
      ),
    ]),
  );
  const { keep, split, badRows, joins } = data;
  const told = [rowFileFormat, compiler, await codeDigest(), groupRows, program, keep, split, badRows, joins, seed, files];
  const text = JSON.stringify(told, (name, value: unknown) => (aside.includes(name) ? undefined : value));
  return createHash('sha256').update(text).digest('hex');
}

/** Of the code that runs, which between two versions may change: a bundle names chunks by what they hold, and this names those it imports. */
async function codeDigest(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(new URL(import.meta.url)))
    .digest('hex');
}

const fileEnd = '.rows';
const temporaryEnd = '.tmp';

/** Where the rows of a key are, in a folder that nobody else may read; it is made. */
export async function cachePlace(folder: string, key: string): Promise<string> {
  const rows = path.join(folder, 'rows');
  await mkdir(rows, { recursive: true, mode: 0o700 });
  return path.join(rows, `${key.slice(0, 40)}${fileEnd}`);
}

/** Marks a file as used. */
export async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

const day = 24 * 3600 * 1000;
const mostDays = 30;
const mostBytes = 20e9;

/**
 * Removes what nobody has used for long or, the longest unused first, is too much; and what was never finished.
 * @param used A file that stays, however large it is.
 */
export async function cleanCache(folder: string, used: string | undefined, limit = mostBytes, now = Date.now()): Promise<void> {
  const rows = path.join(folder, 'rows');
  const names = await readdir(rows).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = path.join(rows, name);
      const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: now }));
      return { file, name, size, age: now - mtimeMs };
    }),
  );
  let sum = 0;
  for (const { file, name, size, age } of found.sort((a, b) => a.age - b.age)) {
    const isRows = name.endsWith(fileEnd);
    if (isRows) sum += size;
    const isOver = isRows && file !== used && (sum > limit || age > mostDays * day);
    if (isOver || (name.endsWith(temporaryEnd) && age > day)) await rm(file, { force: true }).catch(() => undefined);
  }
}
