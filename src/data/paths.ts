import { isAbsolute, relative } from 'node:path';

/** Whether a path lies in a folder or below, links left aside; the folder itself does not. Both are absolute. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}
