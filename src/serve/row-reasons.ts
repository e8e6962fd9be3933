import { columnsOf } from '../encode/compile.js';
import type { RowProblem } from '../encode/columns.js';
import type { EncoderProgram } from '../encode/program.js';
import type { RawRow } from '../encode/row.js';

/** Says what is wrong with a row, once for each column: the encoder knows features, a user knows columns. */
export function rowReasons(program: EncoderProgram): (row: RawRow, problems: readonly RowProblem[]) => readonly string[] {
  const columns = columnsOf(program);
  return (row, problems) => {
    const told = problems.flatMap(({ name, reason }) => {
      const missing = columns.filter((c) => c.usedBy.some((user) => user.name === name) && isMissing(row, c.name));
      if (missing.length > 0) return missing.map((column) => `${column.name} is missing`);
      const [, column, why] = /^column ("(?:[^"\\]|\\.)*"): (.*)$/s.exec(reason) ?? [];
      return column === undefined ? [`${name}: ${reason}`] : [`${String(JSON.parse(column))}: ${why ?? ''}`];
    });
    return [...new Set(told)];
  };
}

/** Whether a row says nothing of a column. */
export const isMissing = (row: RawRow, column: string): boolean => {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return value === undefined || value === null || value === '' || (typeof value === 'number' && !Number.isFinite(value));
};
