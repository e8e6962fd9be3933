import type { Source } from './source.js';
import type { Comment, Trivia } from './syntax.js';

/** Hands each comment of a file to one node: whoever asks first gets it. */
export interface CommentCursor {
  /** Takes the comments that start before the offset. */
  before(offset: number): readonly Comment[];
  /** Takes the comment that follows `end` on the same line, if it starts before `limit`. */
  trailing(end: number, limit: number): readonly Comment[];
}

const none: readonly Comment[] = [];

export function commentCursor(source: Source, comments: readonly Comment[]): CommentCursor {
  let next = 0;
  const startOfNext = (): number => comments[next]?.span.start ?? Infinity;
  return {
    before(offset) {
      if (!(startOfNext() < offset)) return none;
      const first = next;
      while (startOfNext() < offset) next++;
      return comments.slice(first, next);
    },
    trailing(end, limit) {
      const start = startOfNext();
      if (!(start < limit) || /[\r\n]/.test(source.text.slice(end, start))) return none;
      next++;
      return comments.slice(next - 1, next);
    },
  };
}

/** A `///` comment; `////` is an ordinary one. */
export function isDoc(comment: Comment): boolean {
  return comment.text.startsWith('/') && !comment.text.startsWith('//');
}

/** Text of doc comments, a line each, without the slashes and the space after them. */
export function docText(comments: readonly Comment[]): string {
  return comments.map((comment) => comment.text.replace(/^\/ ?/, '')).join('\n');
}

/** The node with more comments around it; the same node if there are none. */
export function withTrivia<Node extends { readonly trivia?: Trivia }>(node: Node, more: Partial<Trivia>): Node {
  const leading = [...(more.leading ?? none), ...(node.trivia?.leading ?? none)];
  const trailing = [...(node.trivia?.trailing ?? none), ...(more.trailing ?? none)];
  const inner = [...(node.trivia?.inner ?? none), ...(more.inner ?? none)];
  if (leading.length + trailing.length + inner.length === 0) return node;
  return { ...node, trivia: { leading, trailing, ...(inner.length > 0 && { inner }) } };
}
