import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { expandGlob, hasWildcard } from '../data/glob.js';
import { complaint, refusal } from './errors.js';
import { nearFile, shownPath } from './files.js';
import type { Host } from './host.js';

export const extension = '.rec';

/** Folders that hold what others have written. */
const foreign: ReadonlySet<string> = new Set(['node_modules']);

/** Whether specs below a folder are looked for in one of this name too. */
export const isLookedInto = (name: string): boolean => !name.startsWith('.') && !foreign.has(name);

/**
 * The specs that an argument names: a file; a folder, with all `.rec` files below; a pattern with `*`, `?`, `[…]` and `**`.
 * Below folders, links, hidden ones and `node_modules` are left out.
 * @returns absolute paths
 * @throws a complaint where there is none
 */
export async function specsNamed(given: string, host: Pick<Host, 'folder'>): Promise<readonly string[]> {
  const absolute = path.resolve(host.folder, given);
  const shown = shownPath(absolute, host.folder);
  const isFolder = await stat(absolute).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (hasWildcard(given)) return undefined;
      throw complaint(refusal(error, 'read', shown) ?? `cannot read ${shown}`, nearFile(absolute));
    },
  );
  if (isFolder === false) return [absolute];
  const found = isFolder ? await specsBelow(absolute, host) : await specsMatching(given, host);
  if (found.length > 0) return found;
  throw complaint(`${isFolder ? `there is no ${extension} file in` : `no ${extension} file matches`} ${given}`, {
    help: 'Name a .rec file, a folder or a pattern such as "specs/**/*.rec".',
  });
}

async function specsMatching(pattern: string, host: Pick<Host, 'folder'>): Promise<readonly string[]> {
  const { root } = path.parse(pattern);
  const found = await expandGlob(root === '' ? host.folder : root, pattern.slice(root.length));
  const isOwn = (file: string): boolean => {
    const parts = path.relative(host.folder, file).split(path.sep);
    return file.endsWith(extension) && !parts.some((part) => foreign.has(part) && !pattern.includes(part));
  };
  return found.filter(isOwn);
}

async function specsBelow(folder: string, host: Pick<Host, 'folder'>): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const shown = shownPath(folder, host.folder);
    throw complaint(refusal(error, 'read', shown) ?? `cannot read ${shown}`);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && isLookedInto(entry.name)) found.push(...(await specsBelow(file, host)));
    else if (entry.isFile() && entry.name.endsWith(extension)) found.push(file);
  }
  return found;
}
