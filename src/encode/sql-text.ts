import type { CheckedModel, FileSource } from '../model/model.js';
import { encoderProgram, withoutSpans } from './compile.js';
import { sqlIdentifier, sqlString } from './escape.js';
import { printSql } from './expressions/print-sql.js';

/** What is computed over the joined columns, as one statement to read: each column's type is the one it is used as. */
export function sqlText(model: CheckedModel): string {
  const { data } = model;
  const program = encoderProgram(model);
  const values = [...program.features, ...program.labels].flatMap(({ name, value }) =>
    value ? [`  ${printSql(value, columnText)} AS ${sqlIdentifier(name)}`] : [],
  );
  const lines = [`-- ${model.name.replaceAll(/\s+/g, ' ')}`, 'SELECT', values.join(',\n')];
  if (data) {
    lines.push(`FROM ${sourceText(data.source)} AS source`);
    for (const join of data.joins) {
      lines.push(
        `${join.required ? 'INNER' : 'LEFT'} JOIN ${sourceText(join.source)} AS ${sqlIdentifier(join.name)} USING (${sqlIdentifier(join.on)})`,
      );
    }
    if (data.keep) lines.push(`WHERE ${printSql(withoutSpans(data.keep), columnText)}`);
  }
  return `${lines.join('\n')};\n`;
}

const columnText = ({ name, type }: { readonly name: string; readonly type: string }): string =>
  type === 'text'
    ? sqlIdentifier(name)
    : `TRY_CAST(${sqlIdentifier(name)} AS ${type === 'number' ? 'DOUBLE' : type === 'time' ? 'TIMESTAMP' : 'BOOLEAN'})`;

const sourceText = ({ format, path }: FileSource): string => `read_${format === 'jsonl' ? 'json' : format}(${sqlString(path)})`;
