import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of MovieLens, where there is a copy of it. */
export function movieLens(name: 'ml-100k' | 'ml-1m', file: string): string | undefined {
  const roots = [process.env.RECCOMPILE_DATA, join(import.meta.dirname, '..', '..', '..', 'shared', 'data')];
  return roots.find((root) => root !== undefined && existsSync(join(root, name, file)));
}
