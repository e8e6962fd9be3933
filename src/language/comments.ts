import type { Source } from './source.js';
import type { Comment, Trivia } from './syntax.js';

/** Hands each comment of a file to one node: whoever asks first gets it. */
export interface CommentCursor {
  /** Offset of the next comment that nobody has taken; infinite after the last. */
  next(): number;
  /** Takes the comments that start before the offset. */
  before(offset: number): readonly Comment[];
  /** Takes the comment that follows `end` on the same line, if it starts before `limit`. */
  trailing(end: number, limit: number): readonly Comment[];
  /** The same, but leaves documentation to what follows. */
  plainTrailing(end: number, limit: number): readonly Comment[];
}

const none: readonly Comment[] = [];

export function commentCursor(source: Source, comments: readonly Comment[]): CommentCursor {
  let next = 0;
  const startOfNext = (): number => comments[next]?.span.start ?? Infinity;
  const trailing: CommentCursor['trailing'] = (end, limit) => {
    const start = startOfNext();
    if (!(end <= start && start < limit) || /[\r\n]/.test(source.text.slice(end, start))) return none;
    next++;
    return comments.slice(next - 1, next);
  };
  return {
    next: startOfNext,
    before(offset) {
      if (!(startOfNext() < offset)) return none;
      const first = next;
      while (startOfNext() < offset) next++;
      return comments.slice(first, next);
    },
    trailing,
    plainTrailing(end, limit) {
      const comment = comments[next];
      return comment && !isDoc(comment) ? trailing(end, limit) : none;
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
  if (!more.leading?.length && !more.trailing?.length && !more.inner?.length && !more.opening?.length) return node;
  const leading = [...(more.leading ?? none), ...(node.trivia?.leading ?? none)];
  const trailing = [...(node.trivia?.trailing ?? none), ...(more.trailing ?? none)];
  const inner = [...(node.trivia?.inner ?? none), ...(more.inner ?? none)];
  const opening = [...(node.trivia?.opening ?? none), ...(more.opening ?? none)];
  const inside = { ...(opening.length > 0 && { opening }), ...(inner.length > 0 && { inner }) };
  return { ...node, trivia: { leading, trailing, ...inside } };
}
