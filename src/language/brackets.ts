import { tokenMatcher, type IToken, type TokenType } from 'chevrotain';
import { insertOpeners } from './openers.js';
import type { SyntaxProblem } from './problems.js';
import { indentation, lineIndentation, tokenAt } from './scanner.js';
import { lineStart, type Source, type Span } from './source.js';
import * as t from './tokens.js';

/** Brackets, bodies and conditions may nest this deep: no person's spec does, and half of a usual stack holds the parser. */
export const maxNesting = 64;

/** A file with more unbalanced brackets is not worth a second look. */
const mostByIndentation = 20;
const mostProblems = 1000;

export interface Balanced {
  /** Every opener has its closer; what was missing is inserted with an empty image. */
  readonly tokens: IToken[];
  readonly problems: readonly SyntaxProblem[];
  /** From each `(` or `[` that was not closed to where its closer was inserted. */
  readonly unclosed: readonly Span[];
}

interface Open {
  readonly token: IToken;
  readonly closer: TokenType;
  /** Indentation of the line on which what it belongs to starts. */
  readonly indent: number;
}

/** By what the pass tells where an opener that has no closer should have been closed. */
type Hints = 'none' | 'declarations' | 'indentation';

/**
 * Balances the brackets before parsing, so that an error stays within the brackets around it. Every token's `payload`
 * becomes the number of brackets around it (an opener and its closer are not within themselves).
 *
 * An opener that is never closed usually takes the closer of the one around it, and the wrong one looks unclosed: then
 * the indentation decides, if it explains the file with no more problems.
 */
export function balance(source: Source, tokens: readonly IToken[]): Balanced {
  const exact = balanceBy(source, tokens, 'none');
  if (exact.problems.length === 0) return exact;
  if (!exact.problems.some(({ found, expected }) => found === '"}"' && expected?.length === 0)) {
    return balanceLikely(source, tokens, exact);
  }
  const opened = insertOpeners(source, tokens, (tried) => balanceLikely(source, tried).problems.length);
  const balanced = balanceLikely(source, opened.tokens);
  return { ...balanced, problems: [...opened.problems, ...balanced.problems] };
}

/** The balance that explains the file with the fewest problems. */
function balanceLikely(source: Source, tokens: readonly IToken[], exact = balanceBy(source, tokens, 'none')): Balanced {
  if (exact.problems.length === 0) return exact;
  const declared = balanceBy(source, tokens, 'declarations');
  if (declared.problems.length > mostByIndentation) return declared;
  const indented = balanceBy(source, tokens, 'indentation');
  return indented.problems.length <= declared.problems.length ? indented : balanceBy(source, tokens, 'declarations');
}

/** The number of brackets around a token; -1 for the end of file. */
export function depthOf(token: IToken): number {
  const depth: unknown = token.payload;
  return typeof depth === 'number' ? depth : -1;
}

/** True for what is not in the text: inserted closers, and what stands for code that nests too deep. */
export function isInserted(token: IToken): boolean {
  return token.isInsertedInRecovery === true;
}

/** `model name`, `block name`, `override block` or `import {`: in a broken file this ends all brackets before it. */
export function startsDeclaration(first: IToken, second: IToken | undefined): boolean {
  const type = first.tokenType;
  if (type === t.Model || type === t.Block) return second !== undefined && tokenMatcher(second, t.Name);
  if (type === t.Override) return second?.tokenType === t.Block;
  return type === t.Import && second?.tokenType === t.OpenCurly;
}

function balanceBy(source: Source, tokens: readonly IToken[], hints: Hints): Balanced {
  const text = source.text;
  const result: IToken[] = [];
  const problems: SyntaxProblem[] = [];
  const unclosed: Span[] = [];
  const stack: Open[] = [];
  let depth = 0;
  let end = 0;
  let tooDeep: IToken | undefined;
  let deepConditions = 0;
  let closed = { end: -1, indent: 0 };

  const spanOf = (token: IToken): Span => ({ source, start: token.startOffset, end: t.endOf(token) });
  const put = (token: IToken): void => {
    token.payload = depth;
    if (!tooDeep) result.push(token);
  };
  const insert = (type: TokenType): void => {
    put({ ...tokenAt(type, '', end), isInsertedInRecovery: true });
  };
  const report = (problem: SyntaxProblem): void => {
    if (problems.length < mostProblems) problems.push(problem);
  };
  const onOneLine = (a: number, b: number): boolean => lineStart(source, a) === lineStart(source, b);
  /** The body after a parameter list belongs to the line on which the list was opened. */
  const indentOf = (token: IToken): number => {
    if (hints !== 'indentation') return 0;
    const follows = closed.end >= 0 && onOneLine(closed.end, token.startOffset);
    return follows ? closed.indent : lineIndentation(source, token.startOffset);
  };
  const push = (token: IToken, closer: TokenType): void => {
    if (stack.length >= maxNesting && !tooDeep) {
      report({ code: 'nesting-too-deep', span: spanOf(token), found: t.describe(token) });
      if (closer !== t.Else) insert(t.Identifier);
      tooDeep = token;
    }
    stack.push({ token, closer, indent: indentOf(token) });
  };
  const pop = (): Open | undefined => {
    const open = stack.pop();
    if (open && open.closer !== t.Else) depth--;
    return open;
  };
  const leave = (open: Open | undefined): void => {
    if (open?.token !== tooDeep) return;
    tooDeep = undefined;
    deepConditions = 0;
  };
  const closeUnclosed = (found: IToken | undefined): void => {
    const open = pop();
    if (!open || open.closer === t.Else || (tooDeep && open.token !== tooDeep)) return leave(open);
    const related = spanOf(open.token);
    report({
      code: 'unclosed-bracket',
      span: found ? spanOf(found) : { source, start: end, end },
      found: found ? t.describe(found) : 'end of file',
      expected: [t.labelOf(open.closer)],
      related,
    });
    if (open.closer !== t.CloseCurly) unclosed.push({ source, start: related.start, end });
    insert(open.closer);
    leave(open);
  };
  const top = (): Open | undefined => stack.findLast((open) => open.closer !== t.Else);
  /** The innermost opener is on an earlier line that is indented as much as this one, or more. */
  const dedents = (token: IToken, indent: number): boolean => {
    const open = top();
    if (!open) return false;
    return indent <= open.indent && !onOneLine(open.token.startOffset, token.startOffset);
  };
  /** How many openers lie above the one that a closer closes; undefined if it closes none. */
  const openersAbove = (closer: TokenType): number | undefined => {
    for (let above = 0; above < stack.length; above++) {
      const open = stack[stack.length - 1 - above];
      if (open?.closer === closer) return above;
      if (open?.closer === t.CloseCurly) return undefined;
    }
    return undefined;
  };
  /** `[a, b)`: the wrong closer, unless the right one comes next. */
  const closesByMistake = (index: number): boolean => {
    const open = stack.at(-1);
    if (!open || (open.closer !== t.CloseRound && open.closer !== t.CloseSquare)) return false;
    let next = index + 1;
    while (next < tokens.length && !t.isBracket(tokens[next]?.tokenType ?? open.closer)) next++;
    return tokens[next]?.tokenType !== open.closer;
  };

  tokens.forEach((token, index) => {
    const type = token.tokenType;
    const indent = hints === 'indentation' ? indentation(text, token.startOffset) : undefined;
    if (hints !== 'none' && stack.length > 0 && startsDeclaration(token, tokens[index + 1])) {
      while (stack.length > 0) closeUnclosed(token);
    } else if (indent !== undefined) {
      if (!t.isCloser(type)) while (dedents(token, indent)) closeUnclosed(token);
      else while (indent < (top()?.indent ?? 0)) closeUnclosed(token);
    }
    const closer = t.closerOf.get(type);
    if (closer) {
      push(token, closer);
      put(token);
      depth++;
    } else if (t.isCloser(type)) {
      const above = openersAbove(type);
      if (above === undefined && closesByMistake(index)) {
        closeUnclosed(token);
      } else if (above === undefined) {
        report({ code: 'expected', span: spanOf(token), found: t.describe(token), expected: [] });
      } else {
        for (let count = 0; count < above; count++) closeUnclosed(token);
        const open = pop();
        put(token);
        leave(open);
        closed = { end: t.endOf(token), indent: open?.indent ?? 0 };
      }
    } else if (type === t.If) {
      if (tooDeep) deepConditions++;
      else push(token, t.Else);
      put(token);
    } else if (type === t.Else && deepConditions > 0) {
      deepConditions--;
    } else if (type === t.Else && stack.at(-1)?.closer === t.Else) {
      put(token);
      leave(pop());
    } else {
      put(token);
    }
    end = t.endOf(token);
  });
  while (stack.length > 0) closeUnclosed(undefined);
  return { tokens: result, problems, unclosed };
}
