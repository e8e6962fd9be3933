import { writeString } from '../language/literals.js';
import { parseExpression } from '../language/parser.js';
import type { Expression } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import { nearest } from '../model/suggest.js';
import type { ColumnProfile } from '../data/profile.js';
import { presentText, type LabelPlan } from './label.js';
import { columnText, nameText } from './names.js';

export interface Wrong {
  readonly wrong: string;
  readonly help?: string;
}

/** `liked=rating >= 4`: a name for the label, and what it is. */
export const namedLabel = (text: string): { readonly name: string; readonly is: string } | undefined => {
  const [, name, is] = /^\s*([A-Za-z_]\w*)\s*=(?!=)(.+)$/s.exec(text) ?? [];
  return name === undefined || is === undefined ? undefined : { name, is: is.trim() };
};

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or']);

/** The label that an expression over columns gives; one that compares is binary, another one a number. */
export function expressionLabel(name: string, text: string, columns: readonly ColumnProfile[]): LabelPlan | Wrong {
  const { expression, problems } = parseExpression({ path: '--label', text });
  if (!expression || problems.length > 0) {
    const called = withColumns(text, columns);
    return {
      wrong: `--label: ${text} is no expression`,
      help: called ? `--label '${name}=${called}'` : "for instance --label 'liked=rating >= 4'",
    };
  }
  const read = [...new Set(columnsIn(expression))];
  const known = columns.map((column) => column.name);
  const unknown = read.find((column) => !known.includes(column));
  if (unknown !== undefined) return unknownColumn(unknown, known);
  if (read.length === 0) {
    const called = withColumns(text, columns);
    return { wrong: `--label: ${text} reads no column`, ...(called && { help: `--label '${name}=${called}'` }) };
  }
  const root = unwrapped(expression);
  const isBinary =
    (root.kind === 'binary' && comparisons.has(root.operator)) || (root.kind === 'unary' && root.operator === 'not');
  const keep = columns.filter((column) => read.includes(column.name) && column.missing > 0).map(presentText);
  return {
    name,
    type: isBinary ? 'binary' : 'number',
    expression: text,
    columns: read,
    metrics: isBinary ? ['auc', 'log_loss'] : ['rmse', 'mae'],
    ...(keep.length > 0 && { keep: keep.join(' and ') }),
  };
}

/** The text with `column("…")` where it has the name of a column that is no name of the language. */
function withColumns(text: string, columns: readonly ColumnProfile[]): string | undefined {
  const named = columns
    .map(({ name }) => name)
    .filter((name) => name !== '' && columnText(name) !== name && text.includes(name))
    .toSorted((a, b) => b.length - a.length)[0];
  if (named === undefined) return undefined;
  const quoted = writeString(named);
  return text.replaceAll(text.includes(quoted) ? quoted : named, () => columnText(named));
}

export function unknownColumn(name: string, known: readonly string[]): Wrong {
  const near = nearest(name, known);
  const shown =
    known.slice(0, 12).map(nameText).join(', ') + (known.length > 12 ? `, and ${String(known.length - 12)} more` : '');
  return {
    wrong: `there is no column ${writeString(name)}`,
    help: near === undefined ? `the file has ${shown}` : `did you mean ${nameText(near)}?`,
  };
}

const unwrapped = (expression: Expression): Expression =>
  expression.kind === 'group' ? unwrapped(expression.inner) : expression;

function columnsIn(expression: Expression): readonly string[] {
  if (expression.kind === 'name') return [expression.text];
  if (expression.kind !== 'call') return inside(expression).flatMap(columnsIn);
  const values = expression.arguments.map(({ value }) => value);
  const isColumn = expression.callee.kind === 'name' && expression.callee.text === 'column';
  return values.flatMap((value) => (isColumn && value.kind === 'string' ? [value.value] : columnsIn(value)));
}
