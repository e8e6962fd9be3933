import { Lexer, type IToken } from 'chevrotain';
import type { SyntaxProblem } from './problems.js';
import type { Source } from './source.js';
import type { Comment } from './syntax.js';
import { endOf, vocabulary } from './tokens.js';

export interface Scan {
  readonly tokens: IToken[];
  /** In the order of the text; `///` comments have a text that begins with `/`. */
  readonly comments: readonly Comment[];
  readonly problems: readonly SyntaxProblem[];
}

/** More are not worth remembering: noise has one every other character. */
const mostErrors = 1000;

let lexer: Lexer | undefined;

/** Makes the lexer; `validate` checks the token definitions, which costs start-up time. */
export function createLexer(validate: boolean): Lexer {
  return new Lexer(vocabulary, { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: !validate });
}

/** Cuts a text into tokens and comments; characters that begin no token are reported and left out. */
export function scan(source: Source): Scan {
  lexer ??= createLexer(false);
  const { tokens, groups, errors } = lexer.tokenize(source.text);
  const comments = (groups['comments'] ?? []).map((token): Comment => {
    const span = { source, start: token.startOffset, end: endOf(token) };
    return { text: token.image.slice(2).trimEnd(), ownLine: startsLine(source.text, token.startOffset), span };
  });
  const problems = errors.slice(0, mostErrors).map(({ offset, length }): SyntaxProblem => {
    const found = source.text.slice(offset, offset + Math.min(length, 20));
    return { code: 'unexpected-character', span: { source, start: offset, end: offset + length }, found: `"${found}"` };
  });
  return { tokens, comments, problems };
}

/** Whether only white space stands before the offset on its line. */
export function startsLine(text: string, offset: number): boolean {
  return indentation(text, offset) !== undefined;
}

/** The number of characters before the offset on its line, if they are all white space. */
export function indentation(text: string, offset: number): number | undefined {
  let start = offset;
  while (start > 0 && isBlank(text.charCodeAt(start - 1))) start--;
  return start === 0 || isLineEnd(text.charCodeAt(start - 1)) ? offset - start : undefined;
}

/** Start of the line's first character that is not white space, for the line on which the offset is. */
export function lineIndentation(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isLineEnd(text.charCodeAt(start - 1))) start--;
  let first = start;
  while (first < offset && isBlank(text.charCodeAt(first))) first++;
  return first - start;
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 0xfeff;
}
