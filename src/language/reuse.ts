import type { IToken } from 'chevrotain';
import { lastStartAt, lineStarts, type Source } from './source.js';
import type { Declaration } from './syntax.js';
import { endOf } from './tokens.js';

/** Which lines of a text the next one has too: those before `from`, and those that begin at `to` or later, there `by` further on. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly by: number;
}

/** A declaration in which nothing was wrong, with the tokens that it was read from, their brackets balanced. */
export interface Piece {
  readonly node: Declaration;
  readonly tokens: readonly IToken[];
  /** Offset of its first comment, or of its first token. */
  readonly from: number;
}

/** Finds the declaration that stood at an offset of this text, and how much further it stands now, if its lines are as they were. */
export type Find = (offset: number) => { readonly piece: Piece; readonly by: number } | undefined;

/**
 * What is between the lines with which both texts begin and those with which both end. A line is cut into the same tokens and comments
 * wherever it stands.
 */
export function changeBetween(before: Source, now: Source): Change {
  const [a, b] = [before.text, now.text];
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  const by = b.length - a.length;
  const starts = lineStarts(before);
  const first = lastStartAt(starts, head);
  const last = lastStartAt(starts, a.length - tail);
  const isSameLine = starts[last] === a.length - tail && /[\r\n]/.test(b[a.length - tail + by - 1] ?? '');
  return { from: starts[first] ?? 0, to: starts[isSameLine ? last : last + 1] ?? a.length, by };
}

/** @param pieces of the text before */
export function findUnchanged(pieces: readonly Piece[], { from, to, by }: Change): Find {
  const byStart = new Map(pieces.map((piece) => [piece.tokens[0]?.startOffset, piece]));
  return (offset) => {
    const isBefore = offset < from;
    const piece = byStart.get(isBefore ? offset : offset - by);
    if (!piece) return undefined;
    if (isBefore) return endOfPiece(piece) < from ? { piece, by: 0 } : undefined;
    return piece.from >= to ? { piece, by } : undefined;
  };
}

export function endOfPiece({ tokens }: Piece): number {
  const last = tokens.at(-1);
  return last ? endOf(last) : 0;
}

/** Whether a token is one of before, so much further on. */
export const isSame = (token: IToken, before: IToken, by: number): boolean =>
  token.tokenType === before.tokenType &&
  token.startOffset === before.startOffset + by &&
  token.image === before.image &&
  token.payload === before.payload &&
  token.isInsertedInRecovery === before.isInsertedInRecovery;

/** What has places in one text, such as a tree, with these in another, in which it stands so much further on. */
export function moved<Placed>(placed: Placed, source: Source, by: number): Placed {
  const move = (value: object): object => {
    if (Array.isArray(value)) return value.map(moveAny);
    if ('source' in value && 'start' in value && 'end' in value)
      return { source, start: Number(value.start) + by, end: Number(value.end) + by };
    const copy: Record<string, unknown> = {};
    for (const key in value) copy[key] = moveAny((value as Readonly<Record<string, unknown>>)[key]);
    return copy;
  };
  const moveAny = (value: unknown): unknown => (typeof value === 'object' && value !== null ? move(value) : value);
  return moveAny(placed) as Placed;
}
