import type { Part } from './parts.js';

export type NearestName = 'nearest' | 'edits';

/** What is told of a misspelt name. */
export const nearestParts: Readonly<Record<NearestName, Part<NearestName>>> = {
  nearest: {
    uses: ['edits'],
    code: `
/** The name that is likely meant by a misspelt one. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[ _-]/g, '');
  const wanted = plain(name);
  if (names.length === 0) return undefined;
  const far = names.map((other): readonly [number, string] => {
    const [short, long] = [wanted, plain(other)].sort((a, b) => a.length - b.length);
    return [short.length > 2 && long.startsWith(short) ? 0 : edits(short.slice(0, 100), long.slice(0, 100)), other];
  });
  const [distance, best] = far.reduce((a, b) => (b[0] < a[0] ? b : a));
  return distance <= Math.max(1, Math.floor(name.length / 3)) ? best : undefined;
}`,
  },
  edits: {
    uses: [],
    code: `
/** Letters to insert, leave out or change [Levenshtein 1966]. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    row = next;
  }
  return row[b.length];
}`,
  },
};
