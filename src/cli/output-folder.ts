import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isBelow } from '../data/paths.js';
import type { ProjectFile } from '../target/files.js';
import { complaint } from './errors.js';

const manifestName = 'manifest.json';

/** What building would do to a folder. Paths are below it, with `/`. */
export interface FolderChanges {
  readonly write: readonly ProjectFile[];
  /** Written by a build before, and no longer. */
  readonly remove: readonly string[];
  readonly unchanged: number;
}

interface Manifest {
  /** SHA-256 of each file that a build has written. */
  readonly files: Readonly<Record<string, string>>;
}

const contentOf = (file: ProjectFile): string | Uint8Array => ('bytes' in file ? file.bytes : file.text);
const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const manifestText = (files: readonly ProjectFile[]): string =>
  `${JSON.stringify({ files: Object.fromEntries([...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map((f) => [f.path, hashOf(contentOf(f))])) } satisfies Manifest, undefined, 2)}\n`;

/**
 * Compares files to a folder and to the manifest that says which of its files a build has written.
 * @throws a complaint where a file is in the way that no build wrote
 */
export async function compareFolder(folder: string, files: readonly ProjectFile[]): Promise<FolderChanges> {
  const before = await readManifest(folder);
  const all = [...files, { path: manifestName, text: manifestText(files) }];
  const write: ProjectFile[] = [];
  for (const file of all) {
    const found = await read(path.join(folder, file.path));
    if (found?.equals(Buffer.from(contentOf(file))) === true) continue;
    if (found !== undefined && file.path !== manifestName && !Object.hasOwn(before.files, file.path)) {
      throw complaint(`${path.join(folder, file.path)} is in the way: no build wrote it`, {
        help: 'Move it away, or choose another folder with --out.',
      });
    }
    write.push(file);
  }
  const wanted = new Set(all.map((f) => f.path));
  const remove: string[] = [];
  for (const file of Object.keys(before.files)) {
    if (!wanted.has(file) && (await read(path.join(folder, file))) !== undefined) remove.push(file);
  }
  return { write, remove, unchanged: all.length - write.length };
}

/** Writes all new files under other names first; only when every one is on the disk do they take their places. */
export async function applyChanges(folder: string, { write, remove }: FolderChanges): Promise<void> {
  const mark = `.${randomUUID()}.tmp`;
  const places = write.map((file) => ({
    content: contentOf(file),
    place: path.join(folder, file.path),
    partial: `${path.join(folder, file.path)}${mark}`,
  }));
  try {
    for (const { place, partial, content } of places) {
      await mkdir(path.dirname(place), { recursive: true });
      await writeFile(partial, content, { flush: true });
    }
    for (const { place, partial } of places) await rename(partial, place);
  } catch (error) {
    await Promise.all(places.map(({ partial }) => rm(partial, { force: true })));
    throw error;
  }
  for (const file of remove) {
    await rm(path.join(folder, file), { force: true });
    await removeEmpty(folder, path.dirname(path.join(folder, file)));
  }
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  if (!isBelow(root, folder)) return;
  if ((await readdir(folder).catch(() => ['?'])).length > 0) return;
  await rmdir(folder);
  await removeEmpty(root, path.dirname(folder));
}

async function read(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Only paths below the folder count: a manifest may come from a stranger. */
async function readManifest(folder: string): Promise<Manifest> {
  const text = (await read(path.join(folder, manifestName)))?.toString();
  if (text === undefined) return { files: {} };
  try {
    const value: unknown = JSON.parse(text);
    const files: unknown = typeof value === 'object' && value !== null && 'files' in value ? value.files : undefined;
    if (typeof files === 'object' && files !== null) {
      const own = Object.entries(files).filter(
        (e): e is [string, string] => typeof e[1] === 'string' && !path.isAbsolute(e[0]) && !e[0].split(/[/\\]/).includes('..'),
      );
      return { files: Object.fromEntries(own) };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw complaint(`${path.join(folder, manifestName)} is no manifest of a build`, {
    help: 'Remove it, or choose another folder with --out.',
  });
}
