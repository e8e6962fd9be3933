/** One text that spans point into: a spec, an imported file, or a file of the standard library. */
export interface Source {
  /** What diagnostics print: a path with `/`, relative to where the user stands, or `std/cross.rec`. */
  readonly path: string;
  readonly text: string;
}

/** Half-open range of UTF-16 offsets in one source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column (in code points, a tab counts one) of an offset. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<Source, readonly number[]>();

/** Offsets at which lines begin; `\n`, `\r\n` and a lone `\r` end a line. */
export function lineStarts(source: Source): readonly number[] {
  const known = lineStartsOf.get(source);
  if (known) return known;
  const starts = [0];
  for (const ending of source.text.matchAll(/\r\n|\n|\r/g)) starts.push(ending.index + ending[0].length);
  lineStartsOf.set(source, starts);
  return starts;
}

/** How a text ends its first line, and so any that is put into it. */
export const lineEnding = (text: string): string => /\r?\n/.exec(text)?.[0] ?? '\n';

/** Index of the last of these ascending starts that is at `offset` or before; 0 if none is. */
export function lastStartAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Line and column of an offset; an offset outside the text is moved to its nearest end. */
export function position(source: Source, offset: number): Position {
  const inside = Math.min(Math.max(offset, 0), source.text.length);
  const starts = lineStarts(source);
  const index = lastStartAt(starts, inside);
  const before = source.text.slice(starts[index] ?? 0, inside);
  const surrogatePairs = before.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0;
  return { line: index + 1, column: before.length - surrogatePairs + 1 };
}

/** Offset at which the line begins that the offset is on. */
export function lineStart(source: Source, offset: number): number {
  const starts = lineStarts(source);
  return starts[lastStartAt(starts, offset)] ?? 0;
}

/** Text of a 1-based line without its line ending; empty for a line that the source does not have. */
export function lineText(source: Source, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return '';
  return source.text.slice(start, starts[line] ?? source.text.length).replace(/[\r\n]+$/, '');
}

/** The smallest span that covers both; they must be of one source. */
export function mergeSpans(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** The text that a span covers. */
export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** Whether a span lies in another. */
export const isWithin = (inner: Span, outer: Span): boolean =>
  inner.source === outer.source && inner.start >= outer.start && inner.end <= outer.end;
