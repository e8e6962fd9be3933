import type { IToken } from 'chevrotain';
import { withTrivia } from './comments.js';
import { maxHeight } from './walk.js';
import { infix, isInfix, isPrefix, postfixLevel, prefix } from './operators.js';
import { mergeSpans, type Span } from './source.js';
import type { Expression } from './syntax.js';

/** An operand with the prefix operators before it. */
export interface Term {
  readonly prefixes: readonly IToken[];
  readonly operand: Expression;
}

export interface FoldHost {
  spanOf(token: IToken): Span;
  /** An operator that may not stand there, and what could. */
  misplaced(token: IToken, expected: readonly string[]): void;
}

/** A node without the comments before it, and those alone: they belong to the operation that begins with it. */
function parted(node: Expression): readonly [Expression, Pick<Expression, 'trivia'>] {
  const { trivia, ...rest } = node;
  if (!trivia || trivia.leading.length === 0) return [node, {}];
  const { leading, ...others } = trivia;
  const without: Expression = withTrivia<Expression>(rest, others);
  return [without, { trivia: { leading, trailing: [] } }];
}

/**
 * Makes a tree of `terms` with an operator between each two, by the table of operators (precedence climbing). There is
 * none if it would nest too deep for that.
 */
export function fold(terms: readonly Term[], operators: readonly IToken[], host: FoldHost): Expression | undefined {
  let at = 0;
  let prefixesRead = 0;

  function climb(least: number, depth: number): Expression | undefined {
    const term = terms[at];
    if (!term) throw new RangeError('an operator without an operand');
    const token = term.prefixes[prefixesRead];
    let left: Expression = term.operand;
    let level = postfixLevel;
    if (depth > maxHeight) return undefined;
    if (token && isPrefix(token.image)) {
      const operator = token.image;
      level = prefix[operator];
      if (level < least) host.misplaced(token, ['"("']);
      prefixesRead++;
      const value = climb(level, depth + 1);
      if (!value) return undefined;
      const [operand, before] = parted(value);
      const span = mergeSpans(host.spanOf(token), operand.span);
      left = { kind: 'unary', operator, operand, span, ...before };
    }
    for (;;) {
      const sign = operators[at];
      if (!sign || !isInfix(sign.image)) return left;
      const operator = sign.image;
      const binding = infix[operator];
      if (binding.level < least) return left;
      if (level < binding.left) host.misplaced(sign, ['"and"', '"or"']);
      at++;
      prefixesRead = 0;
      const right = climb(binding.right, depth + 1);
      if (!right) return undefined;
      const span = mergeSpans(left.span, right.span);
      const [first, before] = parted(left);
      left = { kind: 'binary', operator, operatorSpan: host.spanOf(sign), left: first, right, span, ...before };
      level = binding.level;
    }
  }

  return climb(0, 0);
}
