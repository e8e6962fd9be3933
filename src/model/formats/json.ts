import { position, type Span } from '../../language/source.js';
import type { Diagnostic, Severity } from '../diagnostics.js';
import { countOf, type Format } from './report.js';

/** Lines and columns count from 1, columns in code points; the end is the place after the last character. */
export interface PlaceJson {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface DiagnosticJson extends PlaceJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help?: string;
  /** What to write at its place, where that is certain. */
  readonly fix?: PlaceJson & { readonly text: string };
  readonly related: readonly (PlaceJson & { readonly message: string })[];
}

/** What `check --format json` prints. */
export interface FindingsJson {
  readonly diagnostics: readonly DiagnosticJson[];
  readonly errors: number;
  readonly warnings: number;
  readonly unread: readonly string[];
}

export function placeJson({ source, start, end }: Span): PlaceJson {
  const { line, column } = position(source, start);
  const last = position(source, end);
  return { file: source.path, line, column, endLine: last.line, endColumn: last.column };
}

export function diagnosticJson(d: Diagnostic): DiagnosticJson {
  return {
    code: d.code,
    severity: d.severity,
    message: d.message,
    ...placeJson(d.span),
    ...(d.help !== undefined && { help: d.help }),
    ...(d.fix && { fix: { ...placeJson(d.fix.span), text: d.fix.text } }),
    related: [...d.labels.slice(1), ...d.notes, ...d.trace].map((r) => ({ message: r.text, ...placeJson(r.span) })),
  };
}

/** For another program. */
export const json: Format = (findings) => {
  const written: FindingsJson = {
    diagnostics: findings.diagnostics.map(diagnosticJson),
    errors: countOf(findings, 'error'),
    warnings: countOf(findings, 'warning'),
    unread: findings.unread,
  };
  return `${JSON.stringify(written, undefined, 2)}\n`;
};
