import type { Diagnostic, Marked } from './diagnostics.js';

/** The fixes of a text that can be made at once, in the order of the text: of those that overlap, the first. */
export function fixesOf(text: string, diagnostics: readonly Diagnostic[]): readonly Marked[] {
  const fixes = diagnostics.flatMap(({ fix }) => (fix?.span.source.text === text ? [fix] : []));
  const chosen: Marked[] = [];
  for (const fix of fixes.toSorted((a, b) => a.span.start - b.span.start)) {
    const last = chosen.at(-1);
    if (last === undefined || last.span.end < fix.span.start) chosen.push(fix);
  }
  return chosen;
}

/**
 * A text with all fixes made that do not overlap. The same text where there is nothing to fix.
 * @param diagnostics those that `check` found; fixes of other texts are left out
 */
export const applyFixes = (text: string, diagnostics: readonly Diagnostic[]): string => replaced(text, fixesOf(text, diagnostics));

/** @param fixes in the order of the text, none over another */
export function replaced(text: string, fixes: readonly Marked[]): string {
  let end = 0;
  let out = '';
  for (const { span, text: by } of fixes) {
    out += text.slice(end, span.start) + by;
    end = span.end;
  }
  return out + text.slice(end);
}
