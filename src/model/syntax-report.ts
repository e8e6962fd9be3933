import type { SyntaxProblem } from '../language/problems.js';
import type { File } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { habitOf, slipFix } from './habits.js';
import { nearest } from './suggest.js';

/** Reports what the parser found, with what to do where it looks like a habit or a slip. */
export function reportProblem(p: SyntaxProblem, report: Report): void {
  const notes = p.related
    ? [{ span: p.related, text: p.code === 'unclosed-bracket' ? 'it was opened here' : 'this comes after it' }]
    : [];
  const found = p.found ?? 'this';
  const expected = p.expected ?? [];
  const fix = slipFix(p);
  report(p.code, p.span, { found, expected }, { notes, ...(fix ? { fix, help: `did you mean \`${fix.text}\`?` } : habitOf(p)) });
}

/** The same for a file; what only follows from a misspelt `network` is left out, since the section is reported. */
export function reportProblems(file: File, problems: readonly SyntaxProblem[], report: Report): void {
  const misspelt = file.items
    .flatMap((item) => (item.kind === 'model' ? item.items : []))
    .filter((item) => item.kind === 'section' && nearest(item.name.text, ['network']) !== undefined);
  for (const [i, p] of problems.entries()) {
    const before = problems[i - 1];
    if (before && isNamed(before) && /^\s*\w+\s*$/.test(p.span.source.text.slice(before.span.end, p.span.start))) continue;
    const follows = misspelt.some(({ span }) => span.start <= p.span.start && p.span.end <= span.end);
    if (!follows || p.found !== '"="') reportProblem(p, report);
  }
}

/** `label: liked`: what is found behind the name only follows. */
const isNamed = ({ code, found, expected = [] }: SyntaxProblem): boolean =>
  code === 'expected' && found === '":"' && expected.includes('a name');
