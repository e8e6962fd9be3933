import type { BinaryOperator, Unary } from './syntax.js';

type UnaryOperator = Unary['operator'];

/** How tightly an operator binds (higher is tighter), and the least tightness of what may stand on its sides. */
export interface Binding {
  readonly level: number;
  readonly left: number;
  readonly right: number;
}

/** Levels of what is not an operator: `if` binds loosest; calls, subscripts and members tightest. */
export const conditionalLevel = 0;
export const postfixLevel = 9;

const leftAssociative = (level: number): Binding => ({ level, left: level, right: level + 1 });
const alone = (level: number): Binding => ({ level, left: level + 1, right: level + 1 });

export const infix: Readonly<Record<BinaryOperator, Binding>> = {
  or: leftAssociative(1),
  and: leftAssociative(2),
  '==': alone(4),
  '!=': alone(4),
  '<': alone(4),
  '<=': alone(4),
  '>': alone(4),
  '>=': alone(4),
  in: alone(4),
  '+': leftAssociative(5),
  '-': leftAssociative(5),
  '*': leftAssociative(6),
  '/': leftAssociative(6),
  '%': leftAssociative(6),
  '@': { level: 8, left: postfixLevel, right: 8 },
};

/** Levels of the prefix operators: their operand binds as tightly or tighter. */
export const prefix: Readonly<Record<UnaryOperator, number>> = { not: 3, '-': 7 };

export function isInfix(text: string): text is BinaryOperator {
  return Object.hasOwn(infix, text);
}

export function isPrefix(text: string): text is UnaryOperator {
  return Object.hasOwn(prefix, text);
}
