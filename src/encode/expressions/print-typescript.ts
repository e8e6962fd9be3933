import type { RowExpression } from '../../model/row-expression.js';
import { typeScriptString } from '../escape.js';
import { columnReads, mustBeFinite, ruleOf, type ColumnRead } from './columns.js';

/**
 * An expression as TypeScript source, of type `T | null`. `column` gives the source of a column already read as its type, which
 * is `T | null` too; it is repeated, so an identifier is best.
 */
export function printTypeScript(expression: RowExpression, column: (column: ColumnRead) => string): string {
  const print = (e: RowExpression): string => {
    switch (e.kind) {
      case 'column':
        return column({ name: e.name, type: e.type });
      case 'literal':
        return printLiteral(e.value);
      case 'operation':
        return ruleOf(e.operator).typeScript(...e.operands.map(print));
      case 'in':
        return `[${e.values.map(printLiteral).join(', ')}].includes(${print(e.operand)})`;
      default:
        return e satisfies never;
    }
  };
  if (expression.kind === 'column') return print(expression);
  const guards = [
    ...columnReads(expression).map((read) => `${column(read)} === null`),
    ...mustBeFinite(expression).map((e) => `!Number.isFinite(${print(e)})`),
  ];
  return guards.length === 0 ? print(expression) : `(${guards.join(' || ')} ? null : ${print(expression)})`;
}

function printLiteral(value: string | number | boolean): string {
  switch (typeof value) {
    case 'string':
      return typeScriptString(value);
    case 'number':
      return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : String(value)})` : String(value);
    case 'boolean':
      return String(value);
    default:
      return value satisfies never;
  }
}
