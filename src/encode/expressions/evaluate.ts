import type { RowExpression } from '../../model/row-expression.js';
import { isInvalid, type ColumnValue, type Reading } from '../values.js';
import { columnReads, ruleOf, type ColumnRead } from './columns.js';

type Values = readonly (ColumnValue | null)[];

/** An expression as a function of the values of its columns. */
export interface Evaluator {
  /** The columns whose values `evaluate` takes, in order. */
  readonly columns: readonly ColumnRead[];
  readonly evaluate: (values: Values) => ColumnValue | null;
}

export function createEvaluator(expression: RowExpression): Evaluator {
  const columns = columnReads(expression);
  const compiled = compile(expression, columns);
  return { columns, evaluate: (values) => (values.includes(null) ? null : compiled(values)) };
}

/**
 * Evaluates over a row. One column that cannot be read makes the whole invalid, even where its value would not matter.
 *
 * @param by what the value is for: the reason names a column unless it is of that name
 */
export function evaluateRow(
  evaluator: Evaluator,
  read: (column: ColumnRead) => Reading<ColumnValue>,
  by?: string,
): Reading<ColumnValue> {
  const values: (ColumnValue | null)[] = [];
  for (const column of evaluator.columns) {
    const value = read(column);
    if (isInvalid(value))
      return column.name === by ? value : { invalid: `column ${JSON.stringify(column.name)}: ${value.invalid}` };
    values.push(value);
  }
  return evaluator.evaluate(values);
}

function compile(expression: RowExpression, columns: readonly ColumnRead[]): (values: Values) => ColumnValue | null {
  switch (expression.kind) {
    case 'column': {
      const slot = columns.findIndex((column) => column.name === expression.name && column.type === expression.type);
      return (values) => values[slot] ?? null;
    }
    case 'literal':
      return () => expression.value;
    case 'operation': {
      const { evaluate } = ruleOf(expression.operator);
      const operands = expression.operands.map((operand) => compile(operand, columns));
      return (values) => {
        const given: ColumnValue[] = [];
        for (const operand of operands) {
          const value = operand(values);
          if (value === null) return null;
          given.push(value);
        }
        const result = evaluate(given);
        return typeof result === 'number' && !Number.isFinite(result) ? null : result;
      };
    }
    case 'in': {
      const operand = compile(expression.operand, columns);
      const members = new Set<ColumnValue>(expression.values);
      return (values) => {
        const value = operand(values);
        return value === null ? null : members.has(value);
      };
    }
    default:
      return expression satisfies never;
  }
}
