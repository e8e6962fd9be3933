import { FoldingRangeKind, type FoldingRange, type Position, type SelectionRange } from 'vscode-languageserver';
import type { Span } from '../language/source.js';
import { closerOf, isCloser } from '../language/tokens.js';
import { offsetAt, positionAt, rangeOf } from './places.js';
import { pathTo } from './tree.js';
import type { Analysis } from './workspace.js';

/** What can be folded: brackets over several lines, and runs of comments and imports. */
export function foldingRanges({ source, checked }: Analysis): FoldingRange[] {
  const line = (offset: number): number => positionAt(source, offset).line;
  const { tokens, comments } = checked.spec.scanned;
  const ranges: FoldingRange[] = [];
  const open: (typeof tokens)[number][] = [];
  for (const token of tokens) {
    if (closerOf.has(token.tokenType)) open.push(token);
    else if (isCloser(token.tokenType)) {
      const opener = open.pop();
      const [startLine, endLine] = [line(opener?.startOffset ?? 0), line(token.startOffset) - 1];
      if (opener && endLine > startLine && !ranges.some((range) => range.startLine === startLine))
        ranges.push({ startLine, endLine });
    }
  }
  const own = comments.filter(({ ownLine }) => ownLine).map(({ span }) => line(span.start));
  const imports = checked.file.items
    .filter(({ kind }) => kind === 'import')
    .map(({ span }) => [line(span.start), line(lastOf(span))]);
  return [
    ...ranges,
    ...runs(own.map((at) => [at, at])).map((range) => ({ ...range, kind: FoldingRangeKind.Comment })),
    ...runs(imports).map((range) => ({ ...range, kind: FoldingRangeKind.Imports })),
  ].sort((a, b) => a.startLine - b.startLine);
}

const lastOf = ({ start, end }: Span): number => Math.max(start, end - 1);

/** Lines that follow each other without one between them. */
function runs(lines: readonly (readonly number[])[]): readonly FoldingRange[] {
  const found: { startLine: number; endLine: number }[] = [];
  for (const [from = 0, to = from] of lines) {
    const last = found.at(-1);
    if (last && last.endLine + 1 === from) last.endLine = to;
    else found.push({ startLine: from, endLine: to });
  }
  return found.filter(({ startLine, endLine }) => endLine > startLine);
}

/** What grows around each place: the word, the expression, the entry, the section, the model, the file. */
export function selectionRanges({ source, checked }: Analysis, positions: readonly Position[]): SelectionRange[] {
  const whole: Span = { source, start: 0, end: source.text.length };
  return positions.map((position) => {
    const spans = [whole, ...pathTo(checked.file, offsetAt(source, position)).map(({ span }) => span)];
    const growing = spans.reduce<SelectionRange | undefined>((parent, span, i) => {
      const before = spans[i - 1];
      if (before && parent && before.start === span.start && before.end === span.end) return parent;
      return { range: rangeOf(span), ...(parent && { parent }) };
    }, undefined);
    return growing ?? { range: { start: position, end: position } };
  });
}
