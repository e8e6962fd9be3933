import type { IToken } from 'chevrotain';
import { lineStart, type Source } from './source.js';
import type { Declaration } from './syntax.js';
import { endOf } from './tokens.js';

/** A declaration in which nothing was wrong, with the tokens that it was read from, their brackets balanced. */
export interface Piece {
  readonly node: Declaration;
  readonly tokens: readonly IToken[];
  /** Offset of its first comment, or of its first token. */
  readonly from: number;
}

/** A text that was read, for the reader of the next one, which is nearly the same. */
export interface ReadText {
  readonly source: Source;
  readonly pieces: readonly Piece[];
}

export interface Found {
  readonly piece: Piece;
  /** How much further in the text it stands now. */
  readonly by: number;
}

/** Finds the declaration that stood at an offset of this text, if all lines on which it stands, with its comments, are as they were. */
export type Find = (offset: number) => Found | undefined;

/**
 * Compares a text with the one before. A line is cut into the same tokens and comments wherever it stands, so that declarations on other
 * lines than the first to the last that differ may be taken over, if their brackets are balanced as before.
 */
export function findUnchanged(before: ReadText | undefined, source: Source): Find {
  if (!before || before.pieces.length === 0) return () => undefined;
  const [old, now] = [before.source.text, source.text];
  const grown = now.length - old.length;
  const head = sharedStart(old, now);
  const tail = sharedEnd(old, now, Math.min(old.length, now.length) - head);
  const pieces = new Map(before.pieces.map((piece) => [piece.tokens[0]?.startOffset, piece]));
  return (offset) => {
    const by = offset < head ? 0 : grown;
    const piece = pieces.get(offset - by);
    if (!piece) return undefined;
    const isBefore = by === 0 && lineEnd(old, endOfPiece(piece)) < head;
    const start = lineStart(before.source, piece.from);
    const isAfter = by === grown && start >= old.length - tail && lineStart(source, start + by) === start + by;
    return isBefore || isAfter ? { piece, by } : undefined;
  };
}

export function endOfPiece({ tokens }: Piece): number {
  const last = tokens.at(-1);
  return last ? endOf(last) : 0;
}

/** Whether a token is one of before, so much further. */
export const isSame = (token: IToken, before: IToken, by: number): boolean =>
  token.tokenType === before.tokenType &&
  token.startOffset === before.startOffset + by &&
  token.image === before.image &&
  token.payload === before.payload &&
  token.isInsertedInRecovery === before.isInsertedInRecovery;

/** A tree of one text as a tree of another, in which it stands so much further. */
export function moved<Tree>(tree: Tree, source: Source, by: number): Tree {
  const move = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(move);
    if ('source' in value && 'start' in value && 'end' in value)
      return { source, start: Number(value.start) + by, end: Number(value.end) + by };
    const copy: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) copy[key] = typeof inner === 'object' ? move(inner) : inner;
    return copy;
  };
  return move(tree) as Tree;
}

function lineEnd(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  return end;
}

function sharedStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function sharedEnd(a: string, b: string, most: number): number {
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length;
}
