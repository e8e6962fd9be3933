import { all, hardLine, type Layout } from './layout.js';
import { lineText, position, type Span } from './source.js';
import type { Comment } from './syntax.js';

/**
 * Whether the author left a blank line between two neighbours; undefined if they are none, as in a tree that the compiler
 * made.
 */
export function blankBetween(before: Span, after: Span): boolean | undefined {
  if (before.source !== after.source || before.end > after.start) return undefined;
  const between = before.source.text.slice(before.end, after.start);
  if (!/^(?:[\s,]|\/\/[^\r\n]*)*$/.test(between) || !/[\r\n]/.test(between)) return undefined;
  return /^[ \t,]*(?:\/\/[^\r\n]*)?(?:\r\n|\n|\r(?!\n))[ \t]*[\r\n]/.test(between);
}

/** Whether the author began a new line after an opening brace; undefined where there was none, as in a tree that the compiler made. */
export function breaksAfterBrace(container: Span, first: Span): boolean | undefined {
  const { source, start } = container;
  if (source !== first.source || source.text[start] !== '{' || first.start < start) return undefined;
  return /[\r\n]/.test(source.text.slice(start, first.start));
}

/** Comments on lines of their own before a node, with the blank lines after them. */
export function leadingComments(comments: readonly Comment[]): Layout {
  return all(
    ...comments.flatMap((comment) => {
      return [`//${comment.text}`, hardLine, ...(isBlankLine(comment, 1) ? [hardLine] : [])];
    }),
  );
}

/** Comments on lines of their own at the end of a container, with the blank lines before them. */
export function innerComments(comments: readonly Comment[], isFirst: boolean): Layout {
  return all(
    ...comments.flatMap((comment, index) => {
      if (isFirst && index === 0) return [`//${comment.text}`];
      return [hardLine, ...(isBlankLine(comment, -1) ? [hardLine] : []), `//${comment.text}`];
    }),
  );
}

/** Whether the line before (-1) or after (1) a comment's line is blank. */
function isBlankLine({ span: { source, start } }: Comment, step: -1 | 1): boolean {
  const line = position(source, start).line + step;
  return line >= 1 && lineText(source, line).trim() === '';
}
