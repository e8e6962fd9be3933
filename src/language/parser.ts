import { type IToken } from 'chevrotain';
import { balance, isInserted, type Balanced } from './brackets.js';
import { Grammar } from './grammar.js';
import type { SyntaxProblem } from './problems.js';
import { TooManySurprises, type Surprise } from './recovery.js';
import { scan, type Scan } from './scanner.js';
import { changeBetween, findUnchanged, type Piece } from './reuse.js';
import type { Source, Span } from './source.js';
import type { Expression, File } from './syntax.js';
import { describe, endOf } from './tokens.js';

/** No person reads more at once. */
const mostProblems = 100;

let grammar: Grammar | undefined;

/** What a file says, and what is wrong with it. */
export interface Parsed {
  readonly file: File;
  readonly problems: readonly SyntaxProblem[];
  readonly source: Source;
  readonly scanned: Scan;
  /** The declarations that a reading of the edited text may take over. */
  readonly pieces: readonly Piece[];
}

/**
 * Reads a file. What is broken is reported and left out of the tree, or stands in it as a name with an empty text;
 * the rest of the file is read all the same. Never throws.
 * @param before the same file before an edit: what it declares on other lines is not read again; the result is the same without it
 */
export function parse(source: Source, before?: Parsed): Parsed {
  if (before?.source === source) return before;
  grammar ??= new Grammar(false);
  const change = before && changeBetween(before.source, source);
  const scanned = scan(source, before?.scanned, change);
  const balanced = balance(source, scanned.tokens);
  grammar.begin(source, balanced.tokens, scanned.comments, change && findUnchanged(before.pieces, change));
  let file: File;
  try {
    file = grammar.file();
  } catch (error) {
    if (!(error instanceof TooManySurprises)) throw error;
    file = grammar.fileOf();
  }
  const { pieces } = grammar.findings();
  return { file, problems: collect(source, scanned, balanced, grammar), source, scanned, pieces };
}

/** Reads a single expression, such as the value of `--set`. There is none where nothing could be read. */
export function parseExpression(source: Source): { expression?: Expression; problems: SyntaxProblem[] } {
  grammar ??= new Grammar(false);
  const scanned = scan(source);
  const balanced = balance(source, scanned.tokens);
  grammar.begin(source, balanced.tokens, scanned.comments);
  let expression: Expression | undefined;
  try {
    expression = grammar.expression();
  } catch (error) {
    if (!(error instanceof TooManySurprises)) throw error;
  }
  return { ...(expression && { expression }), problems: collect(source, scanned, balanced, grammar) };
}

/** Problems in the order of the text, one a position, without those that only follow from another. */
function collect(source: Source, scanned: Scan, balanced: Balanced, parsed: Grammar): SyntaxProblem[] {
  const { surprises, problems } = parsed.findings();
  const certain = [...scanned.problems, ...balanced.problems, ...problems];
  const tokens = balanced.tokens;
  const unexpected = surprises
    .map((surprise) => ({ ...surprise, index: indexOf(tokens, surprise.token) }))
    .filter(({ token, index }) => !isInserted(token) && !explained(tokens, index, scanned.problems, balanced.unclosed))
    .sort((a, b) => a.index - b.index)
    .filter(({ index }, place, all) => place === 0 || index > (all[place - 1]?.index ?? -1) + 1)
    .map((surprise) => problemOf(source, tokens, surprise));
  const taken = new Set<number>();
  return [...certain, ...unexpected]
    .sort((a, b) => a.span.start - b.span.start)
    .filter(({ span }) => !taken.has(span.start) && taken.add(span.start))
    .slice(0, mostProblems);
}

/** Whether a surprise only follows from a character left out among the last tokens, or from a bracket that was not closed. */
function explained(tokens: readonly IToken[], index: number, left: readonly SyntaxProblem[], unclosed: readonly Span[]): boolean {
  const end = tokens[index]?.startOffset ?? Infinity;
  const start = tokens[index - 2]?.startOffset ?? -1;
  const leftOut = left.some(({ span }) => start < span.start && span.start < end);
  return leftOut || unclosed.some((span) => span.start < end && end <= span.end);
}

/** Position of a token in the list; the end of file comes after the last. */
function indexOf(tokens: readonly IToken[], token: IToken): number {
  if (Number.isNaN(token.startOffset)) return tokens.length;
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.startOffset ?? Infinity) < token.startOffset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function problemOf(source: Source, tokens: readonly IToken[], { token, expected }: Surprise): SyntaxProblem {
  const last = tokens.at(-1);
  const end = last ? endOf(last) : source.text.length;
  const span = Number.isNaN(token.startOffset)
    ? { source, start: end, end }
    : { source, start: token.startOffset, end: endOf(token) };
  return { code: 'expected', span, found: describe(token), expected };
}
