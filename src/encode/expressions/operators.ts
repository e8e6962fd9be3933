import type { RowOperator } from '../../model/row-expression.js';
import type { ColumnValue } from '../values.js';

/**
 * What an operator is in each language. Operands are never missing here: a guard around the whole expression sees to that, so
 * that a missing operand makes any result missing.
 */
export interface OperatorRule {
  readonly evaluate: (operands: readonly ColumnValue[]) => ColumnValue;
  readonly sql: (...operands: readonly string[]) => string;
  readonly typeScript: (...operands: readonly string[]) => string;
  /** Whether finite operands may give a number that is not finite, which is missing. */
  readonly partial: boolean;
  /** Operands whose not being finite the result may hide: `1 / (1 / 0)` would be 0, `(1 / 0) > 1` true. */
  readonly hides: readonly number[];
  /** Whether SQL and JavaScript give the same bits; else both are right to about one unit in the last place. */
  readonly exact: boolean;
}

type Arithmetic = (a: number, b: number) => ColumnValue;

const arithmetic = (symbol: string, f: Arithmetic, hides: readonly number[] = []): OperatorRule => ({
  evaluate: ([a, b]) => f(a as number, b as number),
  sql: (a, b) => `(${a} ${symbol} ${b})`,
  typeScript: (a, b) => `(${a} ${symbol} ${b})`,
  partial: true,
  hides,
  exact: true,
});

const comparison = (sql: string, typeScript: string, f: (a: ColumnValue, b: ColumnValue) => boolean): OperatorRule => ({
  evaluate: ([a, b]) => f(a!, b!),
  sql: (a, b) => `(${a} ${sql} ${b})`,
  typeScript: (a, b) => `(${a} ${typeScript} ${b})`,
  partial: false,
  hides: [0, 1],
  exact: true,
});

const unary = (
  f: (a: number) => number,
  sql: (a: string) => string,
  typeScript: string,
  rest: Partial<Pick<OperatorRule, 'partial' | 'hides' | 'exact'>> = {},
): OperatorRule => ({
  evaluate: ([a]) => f(a as number),
  sql: (a = '') => sql(a),
  typeScript: (a) => `${typeScript}(${a})`,
  partial: false,
  hides: [],
  exact: true,
  ...rest,
});

const letters = (from: 'A-Z' | 'a-z', sqlFrom: string, sqlTo: string, method: 'toLowerCase' | 'toUpperCase'): OperatorRule => {
  const pattern = new RegExp(`[${from}]`, 'g');
  return {
    evaluate: ([a]) => (a as string).replace(pattern, (letter) => letter[method]()),
    sql: (a) => `translate(${a}, '${sqlFrom}', '${sqlTo}')`,
    typeScript: (a) => `${a}.replace(/[${from}]/g, (letter) => letter.${method}())`,
    partial: false,
    hides: [],
    exact: true,
  };
};

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const small = capitals.toLowerCase();

export const operatorRules = {
  add: arithmetic('+', (a, b) => a + b),
  subtract: arithmetic('-', (a, b) => a - b),
  multiply: arithmetic('*', (a, b) => a * b),
  divide: arithmetic('/', (a, b) => a / b, [1]),
  remainder: arithmetic('%', (a, b) => a % b, [1]),
  negate: unary(
    (a) => -a,
    (a) => `(-${a})`,
    '-',
  ),
  equal: comparison('=', '===', (a, b) => a === b),
  not_equal: comparison('<>', '!==', (a, b) => a !== b),
  less: comparison('<', '<', (a, b) => a < b),
  less_equal: comparison('<=', '<=', (a, b) => a <= b),
  greater: comparison('>', '>', (a, b) => a > b),
  greater_equal: comparison('>=', '>=', (a, b) => a >= b),
  and: comparison('AND', '&&', (a, b) => a === true && b === true),
  or: comparison('OR', '||', (a, b) => a === true || b === true),
  not: {
    evaluate: ([a]) => a !== true,
    sql: (a) => `(NOT ${a})`,
    typeScript: (a) => `!(${a})`,
    partial: false,
    hides: [],
    exact: true,
  },
  abs: unary(Math.abs, (a) => `abs(${a})`, 'Math.abs'),
  // DuckDB raises an error for ln(0) and sqrt(-1); TRY makes it NULL.
  log: unary(Math.log, (a) => `TRY(ln(${a}))`, 'Math.log', { partial: true, exact: false }),
  exp: unary(Math.exp, (a) => `exp(${a})`, 'Math.exp', { partial: true, hides: [0], exact: false }),
  sqrt: unary(Math.sqrt, (a) => `TRY(sqrt(${a}))`, 'Math.sqrt', { partial: true }),
  floor: unary(Math.floor, (a) => `floor(${a})`, 'Math.floor'),
  ceil: unary(Math.ceil, (a) => `ceil(${a})`, 'Math.ceil'),
  lower: letters('A-Z', capitals, small, 'toLowerCase'),
  upper: letters('a-z', small, capitals, 'toUpperCase'),
} as const satisfies Record<RowOperator, OperatorRule>;
