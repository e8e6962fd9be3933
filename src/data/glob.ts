import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export const hasWildcard = (path: string): boolean => /[*?[]/.test(path);

/** Files below `folder` that match a pattern with `*`, `?`, `[…]` and `**`, in order of their code units. */
export async function expandGlob(folder: string, pattern: string): Promise<readonly string[]> {
  const found = await match(
    folder,
    pattern.split(/[/\\]/).filter((part) => part !== '' && part !== '.'),
  );
  return [...new Set(found)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function match(folder: string, parts: readonly string[]): Promise<readonly string[]> {
  const [part, ...rest] = parts;
  if (part === undefined) return [];
  if (part !== '**' && !hasWildcard(part) && rest.length > 0) return match(join(folder, part), rest);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const visible = entries.filter((entry) => !entry.name.startsWith('.') || part.startsWith('.'));
  if (part === '**') {
    const deeper = visible.filter((entry) => entry.isDirectory()).map((entry) => match(join(folder, entry.name), parts));
    return [...(await match(folder, rest.length === 0 ? ['*'] : rest)), ...(await Promise.all(deeper)).flat()];
  }
  const pattern = wildcard(part);
  const matching = visible.filter((entry) => pattern.test(entry.name));
  if (rest.length === 0) return matching.filter((entry) => !entry.isDirectory()).map((entry) => join(folder, entry.name));
  return (await Promise.all(matching.map((entry) => match(join(folder, entry.name), rest)))).flat();
}

function wildcard(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]+\]|[\s\S]/g, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 1) return `[${piece.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    return piece.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range that goes backwards, such as `[z-a]`, holds nothing.
    return /(?!)/;
  }
}
