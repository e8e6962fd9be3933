import type { SyntaxProblem } from '../language/problems.js';
import type { Span } from '../language/source.js';
import type { File } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import type { Code } from './messages.js';

/** In a file with syntax problems, what seems to be missing may only be unread. */
const doubtful: ReadonlySet<Code> = new Set<Code>([
  'missing-section',
  'missing-key',
  'missing-dim',
  'missing-argument',
  'missing-return',
  'label-not-computed',
  'unknown-model',
  'unknown-column',
]);

/**
 * A report that leaves out what may only follow from a syntax problem: errors at an empty place (a name that the parser missed),
 * doubtful ones, and all within a model or block whose brackets do not match, where nothing is certain.
 */
export function withoutDoubtful(report: Report, file: File, problems: readonly SyntaxProblem[]): Report {
  const { source } = file.span;
  const starts = file.items.map((item) => item.span.start);
  const itemAt = ({ start }: Span): number => starts.findLastIndex((s) => s <= start);
  const unbalanced = new Set(problems.filter(isBracket).map((p) => itemAt(p.related ?? p.span)));
  return (code, span, ...rest) => {
    if (span.start === span.end) return;
    const isDoubtful = problems.length > 0 && (doubtful.has(code) || (span.source === source && unbalanced.has(itemAt(span))));
    if (!isDoubtful) report(code, span, ...rest);
  };
}

const isBracket = ({ code, found, expected = [] }: SyntaxProblem): boolean =>
  code === 'unclosed-bracket' || (code === 'expected' && expected.length === 0 && /^"[)\]}]"$/.test(found ?? ''));
