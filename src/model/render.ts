import { position, type Span } from '../language/source.js';
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
const longest = 1000;

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
    .map((l) => ({ ...l, line: position(l.span.source, l.span.start).line }))
    .sort((a, b) => a.span.start - b.span.start);
  const gutter = Math.max(5, ...marked.map((m) => String(m.line).length));
  const out: string[] = [];
  let window: Window | undefined;
  for (const { line, span, text } of marked) {
    if (window?.line !== line || span.start > window.end) {
      window = windowAt(span, line);
      out.push(`${palette.dim(`${String(line).padStart(gutter)} |`)} ${window.left}${window.text}${window.right}`);
    }
    const between = (from: number, to: number): number => Array.from(span.source.text.slice(from, to)).length;
    const indent = ' '.repeat(window.left.length + between(window.start, span.start));
    const carets = '^'.repeat(Math.max(1, between(span.start, Math.min(span.end, window.end))));
    const note = text === '' ? '' : ` ${printable(text)}`;
    out.push(`${palette.dim(`${' '.repeat(gutter)} |`)} ${indent}${paint(carets)}${note}`);
  }
  return out;
}

/** The part of a line that is shown; offsets count UTF-16 units of the source. */
interface Window {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Dots where the line goes on. */
  readonly left: string;
  readonly right: string;
}

/** A line of a megabyte is looked at only near the place. */
function windowAt({ source, start }: Span, line: number): Window {
  const reach = 4 * widest;
  const before = /[^\r\n]*$/.exec(source.text.slice(Math.max(0, start - reach), start))?.[0] ?? '';
  const after = /^[^\r\n]*/.exec(source.text.slice(start, start + reach))?.[0] ?? '';
  const points = Array.from(before);
  const kept = points.length > widest - 20 ? points.slice(-40) : points;
  const shown = Array.from(after).slice(0, widest - kept.length);
  const [from, to] = [kept.join(''), shown.join('')];
  return {
    line,
    start: start - from.length,
    end: start + to.length,
    text: printable(from + to),
    left: from.length < before.length ? '…' : '',
    right: to.length < after.length ? '…' : '',
  };
}

/** Control characters of a hostile file must not reach a terminal, nor a name of a megabyte. */
function printable(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return short.replaceAll('\t', ' ').replaceAll(/\p{C}/gu, '\uFFFD');
}
