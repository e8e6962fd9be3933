import { scan, startsLine } from '../language/scanner.js';
import { position, type Source, type Span } from '../language/source.js';
import type { Comment } from '../language/syntax.js';
import type { Diagnostic, Report } from './diagnostics.js';
import { messages, type Code } from './messages.js';
import { meant } from './suggest.js';

/** `// rec-ignore code: reason`, as it is written. */
interface Ignore {
  readonly comment: Comment;
  /** The line whose warnings of this code are left out. */
  readonly line: number;
  readonly code: Code;
}

const word = 'rec-ignore';
const form = /^\s*rec-ignore(?![\w-])(\s*)([\w-]*)(\s*:?\s*)(.*)$/;
const isCode = (text: string): text is Code => Object.hasOwn(messages, text);
const codes = Object.keys(messages).filter(isCode);
const warnings = codes.filter((code) => messages[code].severity === 'warning');

export interface Ignoring {
  /** Whether no comment tells to ignore a diagnostic. */
  readonly keeps: (d: Diagnostic) => boolean;
  /** Tells of comments of a file that have ignored nothing so far, where their code is one of those that were looked for. */
  readonly reportUnused: (source: Source, isLookedFor: (code: Code) => boolean, report: Report) => void;
}

/** Comments that tell to ignore the warnings of their line or, where they stand alone, of the next; what is wrong with one is reported. */
export function ignoring(files: readonly Source[], report: Report): Ignoring {
  const all = files.flatMap((source) => ignoresOf(source, report));
  const used = new Set<Ignore>();
  return {
    keeps: (d) => {
      const by = d.severity === 'warning' ? all.find((ignore) => ignores(ignore, d)) : undefined;
      if (by) used.add(by);
      return by === undefined;
    },
    reportUnused: (source, isLookedFor, tell) => {
      for (const ignore of all) {
        const { comment, code } = ignore;
        if (comment.span.source !== source || used.has(ignore) || !isLookedFor(code)) continue;
        tell('unused-ignore', comment.span, { code }, { fix: { span: removed(comment), text: '' } });
      }
    },
  };
}

const ignores = ({ comment, line, code }: Ignore, d: Diagnostic): boolean =>
  d.code === code && d.span.source === comment.span.source && position(d.span.source, d.span.start).line === line;

/** The comments of a file that tell to ignore a warning; what is wrong with one is reported. */
function ignoresOf(source: Source, report: Report): readonly Ignore[] {
  if (!source.text.includes(word)) return [];
  return scan(source).comments.flatMap((comment) => {
    const [whole, gap = '', text = '', colon = '', reason = ''] = form.exec(comment.text) ?? [];
    if (whole === undefined) return [];
    const code = ignorable(text, partOf(comment, text, gap), report);
    if (code === undefined) return [];
    if (!colon.includes(':') || reason === '') {
      report('ignore-without-reason', comment.span, { code }, { help: `write \`// ${word} ${code}: and why\`` });
      return [];
    }
    return [{ comment, line: lineMeant(source, comment), code }];
  });
}

function ignorable(text: string, span: Span, report: Report): Code | undefined {
  if (!isCode(text)) {
    const details = meant(span, warnings, '`reccompile explain` lists them');
    report('ignore-of-unknown', span, { code: text }, details);
  } else if (messages[text].severity === 'error') report('ignore-of-error', span, { code: text });
  else return text;
  return undefined;
}

/** The code in a comment, or the whole comment where it has none. */
function partOf({ span, text }: Comment, code: string, gap: string): Span {
  if (code === '') return span;
  const start = span.start + 2 + text.indexOf(word) + word.length + gap.length;
  return { source: span.source, start, end: start + code.length };
}

/** Its own line; for a comment that stands alone the next line that has more than comments. */
function lineMeant(source: Source, { span, ownLine }: Comment): number {
  const { line } = position(source, span.start);
  if (!ownLine) return line;
  const rest = source.text.slice(span.end);
  const between = /^(?:\s|\/\/[^\r\n]*)*/.exec(rest)?.[0] ?? '';
  return position(source, span.end + between.length).line;
}

/** A comment with its line where it stands alone, and with the blanks before it otherwise. */
function removed({ span }: Comment): Span {
  const { source, start, end } = span;
  const before = /[ \t]*$/.exec(source.text.slice(0, start))?.[0].length ?? 0;
  const after = startsLine(source.text, start) ? (/^(?:\r\n|\n|\r)/.exec(source.text.slice(end))?.[0].length ?? 0) : 0;
  return { source, start: start - before, end: end + after };
}
