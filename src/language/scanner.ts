import type { IToken, TokenType } from 'chevrotain';
import type { SyntaxProblem } from './problems.js';
import { moved, type Change } from './reuse.js';
import { lineStart, type Source } from './source.js';
import type { Comment } from './syntax.js';
import * as t from './tokens.js';

export interface Scan {
  readonly tokens: IToken[];
  /** In the order of the text; `///` comments have a text that begins with `/`. */
  readonly comments: readonly Comment[];
  readonly problems: readonly SyntaxProblem[];
}

/** More are not worth remembering: noise has one every other character. */
const mostErrors = 1000;

/** What stands at a place, a group for each kind; one expression for all is what makes a cold start fast. */
const lexeme = new RegExp(
  [
    /(\s+)/,
    /(\/\/[^\r\n]*)/,
    pattern(t.Identifier),
    pattern(t.NumberToken),
    pattern(t.StringToken),
    pattern(t.UnterminatedString),
    /(->|\.\.|[=!<>]=|[-+*/%@=<>.,:()[\]{}])/,
  ]
    .map((part) => part.source)
    .join('|'),
  'y',
);

function pattern(type: TokenType): RegExp {
  return new RegExp(`(${t.patternOf(type).source})`);
}

/**
 * Cuts a text into tokens and comments; characters that begin no token are reported and left out.
 * @param before the scan of the text before an edit, of which only the lines that changed are cut again; with the same result
 */
export function scan(source: Source, before?: Scan, change?: Change): Scan {
  if (before && change && before.problems.length < mostErrors) {
    const scanned = scanChange(source, before, change);
    if (scanned.problems.length < mostErrors) return scanned;
  }
  return scanLines(source, 0, source.text.length);
}

function scanChange(source: Source, before: Scan, { from, to, by }: Change): Scan {
  const changed = scanLines(source, from, to + by);
  const around = <T>(
    all: readonly T[],
    startOf: (one: T) => number,
    between: readonly T[],
    move: (one: T, by: number) => T,
  ): T[] => [
    ...all.filter((one) => startOf(one) < from).map((one) => move(one, 0)),
    ...between,
    ...all.filter((one) => startOf(one) >= to).map((one) => move(one, by)),
  ];
  const startOf = ({ span }: Pick<Comment, 'span'>): number => span.start;
  return {
    tokens: around(
      before.tokens,
      (token) => token.startOffset,
      changed.tokens,
      ({ tokenType, image, startOffset }, further) => tokenAt(tokenType, image, startOffset + further),
    ),
    comments: around(before.comments, startOf, changed.comments, (comment, further) => moved(comment, source, further)),
    problems: around(before.problems, startOf, changed.problems, (problem, further) => moved(problem, source, further)),
  };
}

/** Cuts whole lines. */
function scanLines(source: Source, from: number, to: number): Scan {
  const { text } = source;
  const tokens: IToken[] = [];
  const comments: Comment[] = [];
  const problems: SyntaxProblem[] = [];
  let unknown = 0;
  let offset = from;
  const reportUnknown = (): void => {
    if (unknown === 0) return;
    const start = offset - unknown;
    const found = `"${text.slice(start, Math.min(offset, start + 20))}"`;
    if (problems.length < mostErrors)
      problems.push({ code: 'unexpected-character', span: { source, start, end: offset }, found });
    unknown = 0;
  };
  while (offset < to) {
    lexeme.lastIndex = offset;
    const match = lexeme.exec(text);
    if (!match) {
      const found = unknown === 0 ? foreignAt(text, offset) : undefined;
      if (found && problems.length < mostErrors) {
        problems.push({
          code: 'unexpected-character',
          span: { source, start: offset, end: offset + found.shown },
          found: `"${text.slice(offset, offset + found.shown)}"`,
        });
        if (found.image !== undefined) tokens.push(tokenAt(t.StringToken, found.image, offset));
        offset += found.length;
        continue;
      }
      unknown++;
      offset++;
      continue;
    }
    reportUnknown();
    const { 0: image, 1: space, 2: comment, 3: word, 4: number, 5: string, 6: unterminated } = match;
    const end = offset + image.length;
    if (comment !== undefined) {
      const span = { source, start: offset, end };
      comments.push({ text: comment.slice(2).trimEnd(), ownLine: startsLine(text, offset), span });
    } else if (space === undefined) {
      let type = t.byText.get(image);
      if (!type && word !== undefined) type = t.Identifier;
      if (!type && number !== undefined) type = t.NumberToken;
      if (!type && string !== undefined) type = t.StringToken;
      if (!type && unterminated !== undefined) type = t.UnterminatedString;
      if (type) tokens.push(tokenAt(type, image, offset));
    }
    offset = end;
  }
  reportUnknown();
  return { tokens, comments, problems };
}

/**
 * What other languages have and this one has not, so that only the sign is reported and not what stands behind it: a comment behind `#`, and a
 * text in single quotes, which is read as one in double quotes.
 */
function foreignAt(text: string, offset: number): { length: number; shown: number; image?: string } | undefined {
  foreign.lastIndex = offset;
  const [whole, quoted] = foreign.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return quoted === undefined
    ? { length: whole.length, shown: 1 }
    : { length: whole.length, shown: whole.length, image: `"${quoted}"` };
}

const foreign = /#[^\r\n]*|'([^'"\\\r\n]{0,200})'/y;

/** A token as chevrotain wants it. */
export function tokenAt(tokenType: TokenType, image: string, startOffset: number): IToken {
  const endOffset = startOffset + image.length - 1;
  return { image, startOffset, endOffset, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0, payload: 0 };
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

/** The number of white space characters with which the line begins that the offset is on. */
export function lineIndentation(source: Source, offset: number): number {
  const start = lineStart(source, offset);
  let first = start;
  while (first < offset && isBlank(source.text.charCodeAt(first))) first++;
  return first - start;
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 0xfeff;
}
