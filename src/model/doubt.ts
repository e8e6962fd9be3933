import type { SyntaxProblem } from '../language/problems.js';
import { isWithin, lastStartAt, spanText, type Span } from '../language/source.js';
import type { Report } from './diagnostics.js';
import type { Code } from './messages.js';
import type { Scopes } from './scopes.js';
import type { SpecFile } from './source-files.js';

/** In files with syntax problems, what seems to be missing may only be unread. */
const doubtful: ReadonlySet<Code> = new Set<Code>([
  'missing-section',
  'missing-key',
  'missing-dim',
  'missing-argument',
  'missing-return',
  'label-not-computed',
  'unknown-model',
  'unknown-column',
  'unused-import',
]);

/**
 * A report that leaves out what may only follow from a syntax problem: errors at an empty place (a name that the parser missed),
 * doubtful ones, what stands before a character that made it something else, and all within a model or block whose brackets do not match, where nothing is certain.
 */
export function withoutDoubtful(report: Report, files: readonly SpecFile[]): Report {
  const isDoubtful = new Map(files.map((f) => [f.source, doubtOf(f)]));
  const anyProblem = files.some((f) => f.problems.length > 0);
  const unassigned = new Set(files.flatMap(({ problems }) => problems.flatMap(unassignedIn)));
  return (code, span, ...rest) => {
    if (code === 'unknown-name' && unassigned.has(spanText(span))) return;
    if (span.start === span.end || isDoubtful.get(span.source)?.(span)) return;
    if (!anyProblem || !doubtful.has(code)) report(code, span, ...rest);
  };
}

/** The name that a statement of a network would have given a value, had it `=` behind it. */
function unassignedIn({ span, found, expected = [] }: SyntaxProblem): readonly string[] {
  if (found !== '":"' || !expected.includes('"="')) return [];
  const [, name] = /(\w{1,100})\s*$/.exec(span.source.text.slice(Math.max(0, span.start - 120), span.start)) ?? [];
  return name === undefined ? [] : [name];
}

function doubtOf({ file, problems }: SpecFile): (span: Span) => boolean {
  const starts = file.items.map((item) => item.span.start);
  const itemAt = ({ start }: Span): number => lastStartAt(starts, start);
  const unbalanced = new Set(problems.filter(isBracket).map((p) => itemAt(p.related ?? p.span)));
  const broken = problems.filter(isMisread);
  return (span) =>
    broken.some((p) => (span.end <= p.span.start && p.span.start <= span.end + 1) || isWithin(p.span, span)) ||
    (unbalanced.size > 0 && unbalanced.has(itemAt(span)));
}

/** What stands before it, or around it, was read as something that it was not meant as: a key before `=`, a list in round brackets. */
const isMisread = ({ code, found, expected = [] }: SyntaxProblem): boolean =>
  (code === 'expected' && (found === '"="' || (found === '","' && expected.includes('an operator')))) ||
  (code === 'unexpected-character' && found === `"'"`);

const isBracket = ({ code, found, expected = [] }: SyntaxProblem): boolean =>
  code === 'unclosed-bracket' || (code === 'expected' && expected.length === 0 && /^"[)\]}]"$/.test(found ?? ''));

/** What is missing if a section or key is not read, because its name is misspelt. */
const missingWithout: Readonly<Record<string, readonly Code[]>> = {
  embeddings: ['missing-dim'],
  dim: ['missing-dim'],
};

const unknown: ReadonlySet<Code> = new Set<Code>(['unknown-function', 'unknown-name', 'unknown-model']);

/** Errors of a name in whose place another one was meant. */
const misspelt: ReadonlySet<Code> = new Set(['unknown-section', 'unknown-feature', 'unknown-key']);

/**
 * A report that leaves out what only follows from another error: names that an import did not bring, and what a misspelt section or
 * key would have said.
 */
export function withoutConsequences(report: Report, scopes: Scopes): Report {
  const missing = new Set<Code>();
  return (code, span, parameters, details) => {
    if (missing.has(code)) return;
    if (unknown.has(code) && scopes.of(span.source).broken.has(spanText(span))) return;
    const meant = misspelt.has(code) ? details?.fix?.text : undefined;
    if (meant !== undefined && Object.hasOwn(missingWithout, meant))
      for (const follows of missingWithout[meant] ?? []) missing.add(follows);
    report(code, span, parameters, details);
  };
}
