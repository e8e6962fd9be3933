import type { Span } from '../language/source.js';

/** Type of an expression over columns. A missing operand makes any result missing. */
export type ColumnType = 'text' | 'number' | 'boolean' | 'time';

export interface OperatorSignature {
  readonly operands: readonly ColumnType[];
  readonly result: ColumnType;
}

/**
 * Every operator and function that may stand in an expression over columns, with its types.
 * `encode/` has a SQL and a TypeScript printer for each. Comparisons exist for each type of operand.
 */
export const rowOperators = {
  add: [{ operands: ['number', 'number'], result: 'number' }],
  subtract: [{ operands: ['number', 'number'], result: 'number' }],
  multiply: [{ operands: ['number', 'number'], result: 'number' }],
  /** Real division; by zero: missing. */
  divide: [{ operands: ['number', 'number'], result: 'number' }],
  /** Sign of the dividend, as JavaScript's and SQL's `%`; by zero: missing. */
  remainder: [{ operands: ['number', 'number'], result: 'number' }],
  negate: [{ operands: ['number'], result: 'number' }],
  equal: [
    { operands: ['number', 'number'], result: 'boolean' },
    { operands: ['text', 'text'], result: 'boolean' },
    { operands: ['boolean', 'boolean'], result: 'boolean' },
  ],
  not_equal: [
    { operands: ['number', 'number'], result: 'boolean' },
    { operands: ['text', 'text'], result: 'boolean' },
    { operands: ['boolean', 'boolean'], result: 'boolean' },
  ],
  less: [{ operands: ['number', 'number'], result: 'boolean' }],
  less_equal: [{ operands: ['number', 'number'], result: 'boolean' }],
  greater: [{ operands: ['number', 'number'], result: 'boolean' }],
  greater_equal: [{ operands: ['number', 'number'], result: 'boolean' }],
  /** Strict, unlike SQL: a missing operand makes the result missing. */
  and: [{ operands: ['boolean', 'boolean'], result: 'boolean' }],
  or: [{ operands: ['boolean', 'boolean'], result: 'boolean' }],
  not: [{ operands: ['boolean'], result: 'boolean' }],
  abs: [{ operands: ['number'], result: 'number' }],
  /** Of a number ≤ 0: missing. */
  log: [{ operands: ['number'], result: 'number' }],
  exp: [{ operands: ['number'], result: 'number' }],
  /** Of a number < 0: missing. */
  sqrt: [{ operands: ['number'], result: 'number' }],
  floor: [{ operands: ['number'], result: 'number' }],
  ceil: [{ operands: ['number'], result: 'number' }],
  /** ASCII letters only, so that SQL and TypeScript agree. */
  lower: [{ operands: ['text'], result: 'text' }],
  upper: [{ operands: ['text'], result: 'text' }],
} as const satisfies Record<string, readonly OperatorSignature[]>;

export type RowOperator = keyof typeof rowOperators;

/** A checked expression over the columns of the joined data. */
export type RowExpression =
  /** A column read as `type`: text as written, number and time by strict conversion. */
  | { readonly kind: 'column'; readonly name: string; readonly type: ColumnType; readonly span?: Span }
  | { readonly kind: 'literal'; readonly value: string | number | boolean; readonly type: ColumnType; readonly span?: Span }
  | {
      readonly kind: 'operation';
      readonly operator: RowOperator;
      readonly operands: readonly RowExpression[];
      readonly type: ColumnType;
      readonly span?: Span;
    }
  /** `x in ["a", "b"]` */
  | {
      readonly kind: 'in';
      readonly operand: RowExpression;
      readonly values: readonly (string | number)[];
      readonly type: 'boolean';
      readonly span?: Span;
    };
