import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { complaint, refusal } from './errors.js';
import type { Host } from './host.js';
import { bytesText } from './progress.js';

/** A folder that a run will be written to, made before anything is read, so that no work is lost for want of it. */
export interface RunFolder {
  /** As the user would type it. */
  readonly shown: string;
  readonly path: string;
  /** Removes what was made, if nothing was written to it. */
  readonly release: () => void;
}

/**
 * @param out where the user wants it; without it `runs/<model>-<number>`, with the first number that is free
 * @throws a complaint where it exists already, or may not be written
 */
export function claimFolder(out: string | undefined, model: string, host: Pick<Host, 'folder'>): RunFolder {
  const wanted = out === undefined ? undefined : path.resolve(host.folder, out);
  if (out !== undefined && wanted !== undefined && existsSync(wanted)) {
    // A process that was killed while it read has left it so.
    if (isEmptyFolder(wanted)) return { shown: out, path: wanted, release: () => undefined };
    throw complaint(`${out} exists already`, { help: 'Choose another folder with --out, or remove this one.' });
  }
  for (let n = 1; ; n++) {
    const shown = out ?? `runs/${model}-${String(n)}`;
    const folder = path.resolve(host.folder, shown);
    if (existsSync(folder)) continue;
    try {
      const made = makeFolders(path.dirname(folder));
      mkdirSync(folder);
      return { shown, path: folder, release: () => removeEmpty([folder, ...made]) };
    } catch (error) {
      if (out === undefined && error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      const refused = refusal(error, 'make', shown);
      throw refused === undefined ? error : complaint(refused, { help: 'Choose another folder with --out.' });
    }
  }
}

const isEmptyFolder = (folder: string): boolean => statSync(folder).isDirectory() && readdirSync(folder).length === 0;

/** Makes a folder and those above it; returns those that were made, the deepest first. */
function makeFolders(folder: string): readonly string[] {
  const missing: string[] = [];
  let there = folder;
  while (!existsSync(there)) {
    missing.push(there);
    there = path.dirname(there);
  }
  // A read-only disk says ENOENT to a recursive mkdir.
  if (statSync(there).isDirectory()) accessSync(there, constants.W_OK);
  for (const one of missing.toReversed()) mkdirSync(one);
  return missing;
}

function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // It holds something by now.
  }
}

/** @throws a complaint where the disk has less room than a run will need */
export async function refuseFullDisk({ shown, path: folder }: RunFolder, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bytes <= bavail * bsize) return;
  throw complaint(`${shown} will need ${bytesText(bytes)}, but its disk has ${bytesText(bavail * bsize)} left`, {
    help: 'Make room, or choose a folder on another disk with --out.',
  });
}
