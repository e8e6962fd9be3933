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
    if (candidate === '' || candidate.length > longest) continue;
    const lower = candidate.toLowerCase();
    const d = lower === wanted ? 0 : alike(lower, wanted) || isSwap(lower, wanted) ? 1 : distance(wanted, lower);
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
const squeeze = (name: string): string => (/[_-]/.test(name) ? name.replaceAll(/[_-]/g, '') : name);

/** Two neighbouring letters changed places, the commonest slip of all; as edits these are two. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}
