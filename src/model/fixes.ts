import type { Source } from '../language/source.js';
import type { Diagnostic, Marked } from './diagnostics.js';

/**
 * The fixes of a source that can be made at once, in the order of its text: of those that overlap, the first.
 * @param source the one that was checked; fixes of others are left out
 */
export function fixesOf(source: Source, diagnostics: readonly Diagnostic[]): readonly Marked[] {
  const fixes = diagnostics.flatMap(({ fix }) => (fix?.span.source === source ? [fix] : []));
  const chosen: Marked[] = [];
  for (const fix of fixes.toSorted((a, b) => a.span.start - b.span.start)) {
    const last = chosen.at(-1);
    if (last === undefined || last.span.end < fix.span.start) chosen.push(fix);
  }
  return chosen;
}

/**
 * A text with fixes made.
 * @param fixes in the order of the text, none over another
 */
export function replaced(text: string, fixes: readonly Marked[]): string {
  let end = 0;
  let out = '';
  for (const { span, text: by } of fixes) {
    out += text.slice(end, span.start) + by;
    end = span.end;
  }
  return out + text.slice(end);
}
