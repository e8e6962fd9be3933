import type { Span } from './source.js';

/** What the scanner and the parser can find wrong; `model/` has the messages. */
export type SyntaxCode =
  | 'unexpected-character'
  | 'unterminated-string'
  | 'unknown-escape'
  | 'number-too-large'
  | 'expected'
  | 'unclosed-bracket'
  | 'return-not-last'
  | 'nesting-too-deep'
  | 'unknown-edition';

export interface SyntaxProblem {
  readonly code: SyntaxCode;
  readonly span: Span;
  /** What stood there, as a reader would call it: `"}"`, `a number`, `end of file`. */
  readonly found?: string;
  /** What could have stood there, most likely first. */
  readonly expected?: readonly string[];
  /** The bracket that was opened, the statement after `return`, … */
  readonly related?: Span;
}
