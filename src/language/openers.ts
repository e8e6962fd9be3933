import { tokenMatcher, type IToken, type TokenType } from 'chevrotain';
import type { SyntaxProblem } from './problems.js';
import { tokenAt } from './scanner.js';
import type { Source } from './source.js';
import * as t from './tokens.js';

/** A place before a token at which `{` seems to be missing, or has a `:` in its stead. */
interface Opener {
  readonly index: number;
  readonly instead: boolean;
}

/** More missing ones are not looked for: each costs a pass over the file. */
const mostOpeners = 8;
/** Tokens that the head of a loop or block may have, so that a hostile file costs no more than its length. */
const longestHead = 1000;

/**
 * Inserts each missing `{` that explains a `}` too many.
 * @param count how many brackets of these tokens do not match
 */
export function insertOpeners(
  source: Source,
  tokens: readonly IToken[],
  count: (tokens: readonly IToken[]) => number,
): { readonly tokens: readonly IToken[]; readonly problems: readonly SyntaxProblem[] } {
  let chosen = tokens;
  let least = count(tokens);
  let shift = 0;
  const problems: SyntaxProblem[] = [];
  for (const { index, instead } of openersOf(tokens).slice(0, mostOpeners)) {
    const at = index + shift;
    const found = chosen[at];
    const before = chosen[at - 1];
    if (!found || !before) continue;
    const opener = { ...tokenAt(t.OpenCurly, '', t.endOf(before)), isInsertedInRecovery: true };
    const tried = chosen.toSpliced(at, instead ? 1 : 0, opener);
    const mismatches = count(tried);
    if (mismatches >= least) continue;
    chosen = tried;
    least = mismatches;
    shift += instead ? 0 : 1;
    const span = { source, start: found.startOffset, end: t.endOf(found) };
    problems.push({ code: 'expected', span, found: t.describe(found), expected: ['"{"'] });
  }
  return { tokens: chosen, problems };
}

function openersOf(tokens: readonly IToken[]): readonly Opener[] {
  const found: Opener[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const index = missingAfter(tokens, i);
    const token = index === undefined ? undefined : tokens[index];
    if (index !== undefined && token && token.tokenType !== t.OpenCurly) {
      found.push({ index, instead: token.tokenType === t.Colon });
    }
  }
  return found;
}

/** Where the `{` belongs of what begins with a token: a model, block, network, loop or section. */
function missingAfter(tokens: readonly IToken[], start: number): number | undefined {
  const is = (index: number, ...types: readonly TokenType[]): boolean => types.some((type) => tokens[index]?.tokenType === type);
  const isName = (index: number): boolean => {
    const token = tokens[index];
    return token !== undefined && tokenMatcher(token, t.Name);
  };
  const assigns = (index: number): boolean => isName(index) && is(index + 1, t.Equals, t.Comma, t.OpenSquare, t.Dot);
  if (is(start, t.Model) && isName(start + 1)) {
    return is(start + 2, t.Extends) && isName(start + 3) ? start + 4 : start + 2;
  }
  if (is(start, t.Block) && isName(start + 1) && is(start + 2, t.OpenRound)) {
    const list = afterGroup(tokens, start + 2);
    if (!is(list, t.Arrow)) return list;
    let type = list + 2;
    while (is(type, t.OpenSquare)) type = afterGroup(tokens, type);
    return type;
  }
  if (is(start, t.Network) && assigns(start + 1)) return start + 1;
  if (is(start, t.Repeat) || (is(start, t.For) && isName(start + 1) && is(start + 2, t.In))) {
    let at = start + 1;
    const end = Math.min(tokens.length, start + longestHead);
    while (at < end && !is(at, t.OpenCurly, t.CloseCurly) && !(isName(at) && is(at + 1, t.Equals))) at++;
    return isName(at) ? at : undefined;
  }
  const isHead = isName(start) && !is(start, t.Label) && isName(start + 1) && is(start + 2, t.Colon);
  return isHead && endsSomething(tokens[start - 1]) ? start + 1 : undefined;
}

/** Index after the bracket that closes the one at `start`; the end of the file if none does. */
function afterGroup(tokens: readonly IToken[], start: number): number {
  let depth = 0;
  for (let i = start; i < Math.min(tokens.length, start + longestHead); i++) {
    const type = tokens[i]?.tokenType ?? t.Hole;
    if (t.closerOf.has(type)) depth++;
    else if (t.isCloser(type)) depth--;
    if (depth === 0) return i + 1;
  }
  return tokens.length;
}

/** Whether a value, an entry or a section may end with the token: what comes next begins another. */
function endsSomething(token: IToken | undefined): boolean {
  if (!token) return false;
  const type = token.tokenType;
  const isValue = [t.Identifier, t.NumberToken, t.StringToken, t.True, t.False].includes(type);
  return isValue || t.isCloser(type) || type === t.OpenCurly;
}
