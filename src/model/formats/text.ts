import type { Diagnostic } from '../diagnostics.js';
import { renderDiagnostics } from '../render.js';
import { countOf, type Format } from './report.js';

/** `2 errors`, `1 error`. */
export const counted = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;

/** No person reads more at once, and they would take seconds to print. */
const mostShown = 100;

/** The first ones in their order, errors before warnings where not all are shown. */
function shownOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= mostShown) return diagnostics;
  const byWeight = [...diagnostics].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  const shown = new Set(byWeight.slice(0, mostShown));
  return diagnostics.filter((diagnostic) => shown.has(diagnostic));
}

/** For a person: the first diagnostics with the code, then how many there are. */
export const text: Format = (findings, { colour }) => {
  const { diagnostics, unread, models } = findings;
  const errors = countOf(findings, 'error');
  const warnings = countOf(findings, 'warning');
  const found = [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])];
  const shown = shownOf(diagnostics);
  const left = diagnostics.length - shown.length;
  const more = left > 0 ? `\nand ${String(left)} more: all are in --format json\n` : '';
  if (found.length > 0) return `${renderDiagnostics(shown, { colour })}${more}\n${found.join(', ')}\n`;
  if (unread.length > 0) return '';
  return models > 0 ? `${counted(models, 'model')}: no errors\n` : 'no errors, and no model to train\n';
};
