import { scan } from '../../src/language/scanner.js';
import type { Span } from '../../src/language/source.js';
import * as t from '../../src/language/tokens.js';
import { nodes, parsed, source } from './trees.js';

/** A comment by what it says. */
interface Place {
  /** Tokens before it, without commas. */
  readonly gap: number;
  readonly ownLine: boolean;
}

interface Reading {
  readonly tokens: readonly { readonly image: string; readonly start: number; readonly end: number }[];
  readonly places: ReadonlyMap<string, Place>;
}

function read(text: string): Reading {
  const { tokens, comments } = scan(source(text));
  const kept = tokens
    .filter(({ tokenType }) => tokenType !== t.Comma)
    .map((token) => ({ image: token.image, start: token.startOffset, end: t.endOf(token) }));
  let gap = 0;
  const places = new Map<string, Place>();
  for (const { text: said, ownLine, span } of comments) {
    while ((kept[gap]?.start ?? Infinity) < span.start) gap++;
    places.set(said.replace(/^\/+/, '').trim(), { gap, ownLine });
  }
  return { tokens: kept, places };
}

/** Things that a comment belongs to: it may stand before the whole of one, when it cannot stand within. */
const things = new Set([
  ...['import', 'model', 'block', 'label', 'network', 'section', 'property', 'entry', 'parameter', 'argument'],
  ...['assign', 'indexed-assign', 'member-assign', 'repeat', 'for', 'return'],
]);

/** Signs and words that stand between a comment and the operand that it was written to. */
const joints = /^(?:then|else|and|or|in|not|[-+*/%@]|[=!<>]=|[<>])$/;

/**
 * What has become of the comments of a text, each of which says something else: those lost, doubled, or moved to another thing.
 * A comment may move only to the beginning of what it stood in, and not out of the entry, statement, parameter … around it.
 */
export function misplacedComments(before: string, after: string): readonly string[] {
  const [old, now] = [read(before), read(after)];
  const images = ({ tokens }: Reading): string => tokens.map(({ image }) => image).join(' ');
  if (images(old) !== images(now)) return ['the tokens are others'];
  const all = nodes(parsed(before));
  const wrong: string[] = [];
  for (const [said, { gap, ownLine }] of old.places) {
    const place = now.places.get(said);
    if (!place) wrong.push(`${said} is lost`);
    else if (place.gap !== gap && !beginsThing(old, all, gap, place.gap)) wrong.push(`${said} has moved`);
    else if (place.gap === gap && ownLine && !place.ownLine) wrong.push(`${said} has joined a line`);
  }
  const count = (text: string): number => scan(source(text)).comments.length;
  if (count(before) !== count(after)) wrong.push('there are more or fewer comments');
  return wrong;
}

/** Whether something begins at the token `to` that holds the tokens on both sides of the gap `from`. */
function beginsThing({ tokens }: Reading, all: ReturnType<typeof nodes>, from: number, to: number): boolean {
  const [left, right] = [tokens[from - 1], tokens[from]];
  if (!left || !right || to > from) return false;
  if (left.image === 'edition' && to === from - 1) return true;
  const holds = ({ start, end }: Span): boolean => start <= left.start && right.end <= end;
  const around = all.filter(({ span }) => holds(span));
  const innermost = around.filter(({ kind }) => kind !== undefined && things.has(kind)).at(-1);
  // The entry of a label is the label.
  const widest = around.find(({ kind, span }) => kind === 'label' && span.end === innermost?.span.end) ?? innermost;
  let first = to;
  while (joints.test(tokens[first]?.image ?? '')) first++;
  const starts = new Set(tokens.slice(to, first + 1).map(({ start }) => start));
  if (first >= from) return true;
  return around.some(({ span }) => starts.has(span.start) && span.start >= (widest?.span.start ?? 0));
}
