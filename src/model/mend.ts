import { parse } from '../language/parser.js';
import type { Source } from '../language/source.js';
import { check, type CheckOptions } from './check.js';
import { fixesOf, replaced } from './fixes.js';
import type { Diagnostic } from './diagnostics.js';

/** A fix may show what an error has hidden, and that may have one too. */
const mostRounds = 10;

export interface Mended {
  readonly text: string;
  /** What was fixed, in the order it was. */
  readonly fixed: readonly Diagnostic[];
}

/**
 * Makes every fix that is certain, again and again until there is none. A fix after which more of the text cannot be read is left out.
 */
export function mend({ path, text: given }: Source, options: CheckOptions = {}): Mended {
  let text = given;
  const fixed: Diagnostic[] = [];
  const seen = new Set([text]);
  for (let round = 0; round < mostRounds; round++) {
    const source = { path, text };
    const problems = parse(source).problems.length;
    const { diagnostics } = check(source, options);
    const kept: Diagnostic[] = [];
    for (const fix of fixesOf(source, diagnostics)) {
      const d = diagnostics.find((one) => one.fix === fix);
      const after = parse({ path, text: replaced(text, [fix]) });
      if (d && after.problems.length <= problems) kept.push(d);
    }
    const next = replaced(
      text,
      kept.flatMap(({ fix }) => fix ?? []),
    );
    if (seen.has(next) || parse({ path, text: next }).problems.length > problems) break;
    seen.add(next);
    fixed.push(...kept);
    text = next;
  }
  return { text, fixed };
}
