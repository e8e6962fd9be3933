import { lineText, position, type Span } from '../language/source.js';
import type { Diagnostic, Marked } from './diagnostics.js';

export interface RenderOptions {
  readonly colour?: boolean;
}

interface Palette {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly help: (text: string) => string;
}

const escape =
  (code: number) =>
  (text: string): string =>
    `\u001B[${String(code)}m${text}\u001B[0m`;
const plain = (text: string): string => text;
const colours: Palette = { error: escape(31), warning: escape(33), dim: escape(2), bold: escape(1), help: escape(36) };
const none: Palette = { error: plain, warning: plain, dim: plain, bold: plain, help: plain };

const widest = 120;
const mostTrace = 6;

/** Diagnostics as a person reads them: place, message, the code with carets, related places, help. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  const palette = options.colour ? colours : none;
  return diagnostics.map((d) => renderOne(d, palette)).join('\n');
}

function renderOne(d: Diagnostic, palette: Palette): string {
  const { line, column } = position(d.span.source, d.span.start);
  const paint = d.severity === 'error' ? palette.error : palette.warning;
  const lines = [
    `${palette.bold(`${printable(d.span.source.path)}:${String(line)}:${String(column)}:`)} ${paint(`${d.severity} ${d.code}`)}: ${printable(d.message)}`,
    ...frame(d.labels, paint, palette),
  ];
  for (const note of d.notes)
    lines.push(
      `   ${palette.dim('note:')} ${printable(note.text)}${elsewhere(note.span, d.span)}`,
      ...frame([{ ...note, text: '' }], paint, palette),
    );
  for (const t of d.trace.slice(0, mostTrace)) {
    lines.push(
      `   ${palette.dim('note:')} ${printable(t.text)}${elsewhere(t.span, d.span)}`,
      ...frame([{ ...t, text: '' }], paint, palette),
    );
  }
  if (d.trace.length > mostTrace) lines.push(`   ${palette.dim('note:')} and ${String(d.trace.length - mostTrace)} more calls`);
  if (d.help !== undefined) lines.push(`   ${palette.help('help:')} ${printable(d.help)}`);
  return `${lines.join('\n')}\n`;
}

const elsewhere = (span: Span, main: Span): string =>
  span.source === main.source ? '' : ` (${printable(span.source.path)}:${String(position(span.source, span.start).line)})`;

/** The lines of the labels, once each and in order, with carets under what is meant. */
function frame(labels: readonly Marked[], paint: (text: string) => string, palette: Palette): readonly string[] {
  const main = labels[0]?.span.source;
  const marked = labels
    .filter((l) => l.span.source === main)
    .map((l) => ({ ...l, at: position(l.span.source, l.span.start) }))
    .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const out: string[] = [];
  let last = 0;
  for (const { at, span, text } of marked) {
    const code = [...printable(lineText(span.source, at.line))];
    const from = at.column - 1;
    const shift = from > widest - 20 ? from - 40 : 0;
    const shown = code.slice(shift, shift + widest).join('');
    const endOfLine = Math.max(code.length - from, 1);
    const length = Math.max(
      1,
      Math.min([...span.source.text.slice(span.start, span.end)].length, endOfLine, widest - (from - shift)),
    );
    if (at.line !== last)
      out.push(
        `${palette.dim(`${String(at.line).padStart(5)} |`)} ${shift > 0 ? '…' : ''}${shown}${code.length > shift + widest ? '…' : ''}`,
      );
    last = at.line;
    const note = text === '' ? '' : ` ${printable(text)}`;
    out.push(`${palette.dim('      |')} ${' '.repeat(from - shift + (shift > 0 ? 1 : 0))}${paint('^'.repeat(length))}${note}`);
  }
  return out;
}

/** Control characters of a hostile file must not reach a terminal. */
const printable = (text: string): string => text.replaceAll('\t', ' ').replaceAll(/\p{C}/gu, '\uFFFD');

export interface DiagnosticJson {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly help?: string;
  readonly related: readonly {
    readonly message: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  }[];
}

export function diagnosticJson(d: Diagnostic): DiagnosticJson {
  const start = position(d.span.source, d.span.start);
  const end = position(d.span.source, d.span.end);
  const related = [...d.labels.slice(1), ...d.notes, ...d.trace];
  return {
    code: d.code,
    severity: d.severity,
    message: d.message,
    file: d.span.source.path,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(d.help !== undefined && { help: d.help }),
    related: related.map((r) => ({ message: r.text, file: r.span.source.path, ...position(r.span.source, r.span.start) })),
  };
}
