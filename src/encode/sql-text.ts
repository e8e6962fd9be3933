import type { RowExpression } from '../model/row-expression.js';
import { withoutSpans } from './compile.js';
import { sqlIdentifier } from './escape.js';
import type { ColumnRead } from './expressions/columns.js';
import { printSql } from './expressions/print-sql.js';
import { readSql } from './expressions/read-sql.js';
import type { EncoderProgram } from './program.js';

/**
 * What is asked of DuckDB for a program over columns of text, for people to read: each feature's and label's value before it is
 * encoded. Codes, buckets, cycles and statistics are not SQL; crossed features have no column.
 */
export function printEncoderSql(program: EncoderProgram, keep?: RowExpression): string {
  const read = ({ name, type }: ColumnRead): string => readSql[type](sqlIdentifier(name));
  const values = [...program.features, ...program.labels].flatMap(({ name, value }) =>
    value ? [`  ${printSql(value, read)} AS ${sqlIdentifier(name)}`] : [],
  );
  return ['SELECT', values.join(',\n'), 'FROM rows', ...(keep ? [`WHERE ${printSql(withoutSpans(keep), read)}`] : []), ''].join(
    '\n',
  );
}
