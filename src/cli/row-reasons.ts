import type { ErrorObject } from 'ajv';
import { columnsOf } from '../encode/compile.js';
import type { RowProblem } from '../encode/columns.js';
import type { EncoderProgram } from '../encode/program.js';
import type { RawRow } from '../encode/row.js';

/** Says what is wrong with a row, once for each column. */
export type RowReasons = (row: RawRow, problems: readonly RowProblem[], refused: readonly ErrorObject[]) => string;

/**
 * The encoder knows features, the schema columns; a user knows columns. The encoder's reasons are in a user's words, so that those of
 * the schema are told only where it is alone.
 */
export function rowReasons(program: EncoderProgram): RowReasons {
  const columns = columnsOf(program);
  return (row, problems, refused) => {
    const told = problems.flatMap(({ name, reason }) => {
      const missing = columns.filter((c) => c.usedBy.some((user) => user.name === name) && isMissing(row, c.name));
      if (missing.length > 0) return missing.map((column) => `${column.name} is missing`);
      const [, column, why] = /^column ("(?:[^"\\]|\\.)*"): (.*)$/s.exec(reason) ?? [];
      return column === undefined ? [`${name}: ${reason}`] : [`${String(JSON.parse(column))}: ${why ?? ''}`];
    });
    return [...new Set(told.length > 0 ? told : refused.map(schemaReason))].join('; ');
  };
}

/** Whether a row says nothing of a column. */
export const isMissing = (row: RawRow, column: string): boolean => {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return value === undefined || value === null || value === '' || (typeof value === 'number' && !Number.isFinite(value));
};

/** An error of the schema without its patterns, which are for machines. */
function schemaReason({ instancePath, keyword, params }: ErrorObject): string {
  const column = instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  switch (keyword) {
    case 'required':
      return `${String((params as { missingProperty?: unknown }).missingProperty)} is missing`;
    case 'type':
      return `${column} is of another type than the model reads`;
    default:
      return `${column} is not of the form that the model reads`;
  }
}
