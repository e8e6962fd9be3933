import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { complaint, type Complaint } from './errors.js';

type Kind = 'file' | 'folder' | 'link' | 'other';

/** What stands at a path below a folder, where no link is followed. */
export type Place =
  | { readonly state: 'absent' }
  | { readonly state: 'file' }
  /** A part of the path is no real folder, or its end no regular file. */
  | { readonly state: 'blocked'; readonly by: string; readonly kind: Kind };

/** @param file its path below the folder, with `/`, without `.` and `..` */
export async function placeBelow(folder: string, file: string): Promise<Place> {
  const parts = file.split('/');
  let by = folder;
  for (const [i, part] of parts.entries()) {
    by = path.join(by, part);
    const kind = await kindOf(by);
    if (kind === undefined) return { state: 'absent' };
    if (kind !== (i < parts.length - 1 ? 'folder' : 'file')) return { state: 'blocked', by, kind };
  }
  return { state: 'file' };
}

async function kindOf(file: string): Promise<Kind | undefined> {
  try {
    const found = await lstat(file);
    if (found.isSymbolicLink()) return 'link';
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const names: Readonly<Record<Kind, string>> = {
  file: 'it is a file, not a folder',
  folder: 'it is a folder',
  link: 'it is a link, and none is followed',
  other: 'it is neither a file nor a folder',
};

export const inTheWay = (file: string, why: string): Complaint =>
  complaint(`${file} is in the way: ${why}`, { help: 'Move it away, or choose another folder with --out.' });

/** @throws a complaint where a file cannot take its place */
export async function requirePlace(folder: string, file: string): Promise<void> {
  const place = await placeBelow(folder, file);
  if (place.state === 'blocked') throw inTheWay(place.by, names[place.kind]);
}
