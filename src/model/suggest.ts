import { distance } from 'fastest-levenshtein';
import { spanText, type Span } from '../language/source.js';
import type { DiagnosticDetails } from './diagnostics.js';

/** Nobody misspells a longer name by a letter, and a hostile one would take long to compare. */
const longest = 100;

interface Near {
  readonly name: string;
  /** Slips of a finger between the two. */
  readonly slips: number;
  /** Whether another one is as near. */
  readonly tied: boolean;
}

function nearestOf(name: string, names: Iterable<string>): Near | undefined {
  if (name.length > longest) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let tied = false;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    if (candidate === '' || candidate.length > longest) continue;
    const lower = candidate.toLowerCase();
    const d = lower === wanted ? 0 : isDashed(lower, wanted) ? 0.5 : alike(lower, wanted) ? 1 : distance(wanted, lower);
    if (d === least && best !== undefined && candidate !== best) tied = true;
    if (d < least) {
      least = d;
      best = candidate;
      tied = false;
    }
  }
  return best === undefined ? undefined : { name: best, slips: least, tied };
}

/** The nearest of `names` to a misspelt one, if it is near enough to be meant. */
export const nearest = (name: string, names: Iterable<string>): string | undefined => nearestOf(name, names)?.name;

const mostSlips = 2;
const digits = (name: string): string => name.replaceAll(/\D/g, '');

/** The same where no other is as near, and no number differs. */
export function misspelt(name: string, names: Iterable<string>): string | undefined {
  const near = nearestOf(name, names);
  return near && !near.tied && digits(near.name) === digits(name) ? near.name : undefined;
}

/**
 * What to do about a name that is unknown: a did-you-mean of the nearest one, which is a fix where no other is as near. `layer_3` is no slip
 * for `layer_2`.
 * @param span what was written, and is replaced
 * @param otherwise the help where no name is near
 */
export function meant(span: Span, names: Iterable<string>, otherwise?: string): Pick<DiagnosticDetails, 'fix' | 'help'> {
  const text = spanText(span);
  const near = nearestOf(text, names);
  if (!near) return otherwise === undefined ? {} : { help: otherwise };
  const { name, slips, tied } = near;
  const isCertain = !tied && slips <= mostSlips && digits(name) === digits(text);
  return { help: `did you mean \`${name}\`?`, ...(isCertain && { fix: { span, text: name } }) };
}

/** Equal but for dashes. */
const isDashed = (a: string, b: string): boolean => squeeze(a) === squeeze(b);
/** One begins with the other, or two letters changed places. */
const alike = (a: string, b: string): boolean =>
  (Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))) || isSwap(a, b);
const squeeze = (name: string): string => (/[_-]/.test(name) ? name.replaceAll(/[_-]/g, '') : name);

/** Two neighbouring letters changed places, the commonest slip of all; as edits these are two. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}
