import type { RowExpression } from '../../model/row-expression.js';
import { sqlNumber, sqlString } from '../escape.js';
import { columnReads, mustBeFinite, parts, ruleOf, type ColumnRead } from './columns.js';

/**
 * An expression as SQL (DuckDB). `column` gives the SQL of a column already read as its type: VARCHAR, DOUBLE (finite),
 * BOOLEAN, or for a time DOUBLE seconds since 1970; NULL where it is missing.
 */
export function printSql(expression: RowExpression, column: (column: ColumnRead) => string): string {
  const print = (e: RowExpression): string => {
    switch (e.kind) {
      case 'column':
        return column({ name: e.name, type: e.type });
      case 'literal':
        return printLiteral(e.value);
      case 'operation':
        return ruleOf(e.operator).sql(...e.operands.map(print));
      case 'in':
        return e.values.length === 0
          ? `(${print(e.operand)} <> ${print(e.operand)})`
          : `(${print(e.operand)} IN (${e.values.map(printLiteral).join(', ')}))`;
      default:
        return e satisfies never;
    }
  };
  // SQL's own rule is the strict one for all but AND and OR: NULL AND FALSE is FALSE.
  const strict = parts(expression).every((e) => e.kind !== 'operation' || (e.operator !== 'and' && e.operator !== 'or'));
  const guards = [
    ...(strict ? [] : columnReads(expression).map((read) => `${column(read)} IS NOT NULL`)),
    ...mustBeFinite(expression).map((e) => `isfinite(${print(e)})`),
  ];
  return guards.length === 0 ? print(expression) : `CASE WHEN ${guards.join(' AND ')} THEN ${print(expression)} END`;
}

function printLiteral(value: string | number | boolean): string {
  switch (typeof value) {
    case 'string':
      return sqlString(value);
    case 'number':
      return sqlNumber(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    default:
      return value satisfies never;
  }
}
