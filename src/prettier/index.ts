import { builders } from 'prettier/doc';
import type { Parser, ParserOptions, Printer, SupportLanguage } from 'prettier';
import { parse } from '../language/parser.js';
import { print, usualWidth } from '../language/printer.js';
import type { SyntaxProblem } from '../language/problems.js';
import { position, type Source } from '../language/source.js';
import { createReport } from '../model/diagnostics.js';
import { reportProblem } from '../model/syntax-report.js';

/** A spec that has been read. */
export interface Spec {
  /** Its canonical form, with lines of at most so many characters where they can be broken. */
  readonly print: (width: number) => string;
  readonly length: number;
}

/** What `plugins: ["reccompile/prettier"]` adds: files that end in .rec, and code of `rec` in Markdown. */
export const languages: SupportLanguage[] = [
  { name: 'Rec', parsers: ['rec'], extensions: ['.rec'], aliases: ['rec'], vscodeLanguageIds: ['rec'] },
];

export const parsers: { rec: Parser<Spec> } = {
  rec: {
    astFormat: 'rec',
    locStart: () => 0,
    locEnd: ({ length }) => length,
    parse: (text, { filepath }: Partial<ParserOptions<Spec>>) => {
      const source: Source = { path: filepath ?? 'standard input', text };
      const { file, problems } = parse(source);
      const [first] = problems;
      if (first) throw unreadable(first);
      return { print: (width) => print(file, width), length: text.length };
    },
  },
};

export const printers: { rec: Printer<Spec> } = {
  rec: {
    print: ({ node }, { printWidth }) => builders.join(builders.hardline, node.print(printWidth).split('\n')),
  },
};

export const defaultOptions: { printWidth: number } = { printWidth: usualWidth };

/** An error from which prettier draws the place. */
function unreadable(problem: SyntaxProblem): SyntaxError {
  const { report, diagnostics } = createReport();
  reportProblem(problem, report);
  const { source, start, end } = problem.span;
  const place = position(source, start);
  const message = diagnostics()[0]?.message ?? problem.code;
  return Object.assign(new SyntaxError(`${message} (${String(place.line)}:${String(place.column)})`), {
    loc: { start: place, end: position(source, end) },
  });
}
