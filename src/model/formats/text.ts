import { renderDiagnostics } from '../render.js';
import { countOf, type Format } from './report.js';

/** `2 errors`, `1 error`. */
export const counted = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;

/** For a person: each diagnostic with the code, then how many there are. */
export const text: Format = (findings, { colour }) => {
  const { diagnostics, unread, models } = findings;
  const errors = countOf(findings, 'error');
  const warnings = countOf(findings, 'warning');
  const found = [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])];
  if (found.length > 0) return `${renderDiagnostics(diagnostics, { colour })}\n${found.join(', ')}\n`;
  if (unread.length > 0) return '';
  return models > 0 ? `${counted(models, 'model')}: no errors\n` : 'no errors, and no model to train\n';
};
