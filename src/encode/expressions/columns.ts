import type { ColumnType, RowExpression, RowOperator } from '../../model/row-expression.js';
import { operatorRules, type OperatorRule } from './operators.js';

/** A column as an expression reads it. One column may be read as several types. */
export interface ColumnRead {
  readonly name: string;
  readonly type: ColumnType;
}

export const ruleOf = (operator: RowOperator): OperatorRule => operatorRules[operator];

export function operandsOf(expression: RowExpression): readonly RowExpression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'operation':
      return expression.operands;
    case 'in':
      return [expression.operand];
    default:
      return expression satisfies never;
  }
}

/** Every expression in it, itself last. */
export function parts(expression: RowExpression): readonly RowExpression[] {
  return [...operandsOf(expression).flatMap(parts), expression];
}

/** The columns it reads, each once, in order. */
export function columnReads(expression: RowExpression): readonly ColumnRead[] {
  const reads = new Map<string, ColumnRead>();
  for (const part of parts(expression)) {
    if (part.kind === 'column') reads.set(`${part.type} ${part.name}`, { name: part.name, type: part.type });
  }
  return [...reads.values()];
}

/** Whether SQL gives the same bits as JavaScript. */
export function isExact(expression: RowExpression): boolean {
  return parts(expression).every((part) => part.kind !== 'operation' || ruleOf(part.operator).exact);
}

/**
 * Subexpressions that must be finite for the whole not to be missing: where a number that may not be finite would go unnoticed,
 * and the whole itself if it is such a number. Operands come before what they stand in.
 */
export function mustBeFinite(expression: RowExpression): readonly RowExpression[] {
  const hidden = parts(expression).flatMap((part) => hiddenOperands(part).filter(mayOverflow));
  return mayOverflow(expression) ? [...hidden, expression] : hidden;
}

function hiddenOperands(expression: RowExpression): readonly RowExpression[] {
  if (expression.kind === 'operation') {
    const { hides } = ruleOf(expression.operator);
    return expression.operands.filter((_, i) => hides.includes(i));
  }
  return expression.kind === 'in' ? [expression.operand] : [];
}

function mayOverflow(expression: RowExpression): boolean {
  return (
    expression.type === 'number' && parts(expression).some((part) => part.kind === 'operation' && ruleOf(part.operator).partial)
  );
}
