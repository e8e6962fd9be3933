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
 * doubtful ones, what stands before a character that made it something else, and all within a model or block whose brackets do not match, where nothing is certain.
 */
export function withoutDoubtful(report: Report, file: File, problems: readonly SyntaxProblem[]): Report {
  const { source } = file.span;
  const starts = file.items.map((item) => item.span.start);
  const itemAt = ({ start }: Span): number => starts.findLastIndex((s) => s <= start);
  const unbalanced = new Set(problems.filter(isBracket).map((p) => itemAt(p.related ?? p.span)));
  const broken = problems.filter(isMisread);
  return (code, span, ...rest) => {
    if (span.start === span.end) return;
    if (span.source === source && broken.some((p) => span.end <= p.span.start && p.span.start <= span.end + 1)) return;
    const isDoubtful = problems.length > 0 && (doubtful.has(code) || (span.source === source && unbalanced.has(itemAt(span))));
    if (!isDoubtful) report(code, span, ...rest);
  };
}

/** What stands before it was read as something that it was not meant as: a value in single quotes, a key before `=`. */
const isMisread = ({ code, found }: SyntaxProblem): boolean =>
  (code === 'expected' && found === '"="') || (code === 'unexpected-character' && found === `"'"`);

const isBracket = ({ code, found, expected = [] }: SyntaxProblem): boolean =>
  code === 'unclosed-bracket' || (code === 'expected' && expected.length === 0 && /^"[)\]}]"$/.test(found ?? ''));
