import { distance } from 'fastest-levenshtein';

/** Nobody misspells a longer name by a letter, and a hostile one would take long to compare. */
const longest = 100;

/** The nearest of `names` to a misspelt one, if it is near enough to be meant. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  if (name.length > longest) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    if (candidate.length > longest) continue;
    const lower = candidate.toLowerCase();
    const d = lower === wanted ? 0 : alike(lower, wanted) ? 1 : distance(wanted, lower);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

/** Equal but for dashes, or one begins with the other. */
const alike = (a: string, b: string): boolean =>
  squeeze(a) === squeeze(b) || (Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a)));
const squeeze = (name: string): string => name.replaceAll(/[_-]/g, '');
