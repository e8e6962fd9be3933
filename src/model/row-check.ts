import type { BinaryOperator, Expression } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { listed } from './messages.js';
import { describe, isColumn, literal } from './reading.js';
import { rowOperators, type ColumnType, type RowExpression, type RowOperator } from './row-expression.js';
import { meant } from './suggest.js';

export interface Columns {
  /** Every column of the joined data, where the spec lists them all; absent: known only when data are read. */
  readonly known?: ReadonlySet<string>;
  readonly report: Report;
}

const binaryOperators: Readonly<Partial<Record<BinaryOperator, RowOperator>>> = {
  or: 'or',
  and: 'and',
  '==': 'equal',
  '!=': 'not_equal',
  '<': 'less',
  '<=': 'less_equal',
  '>': 'greater',
  '>=': 'greater_equal',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'remainder',
};

export const functions = new Set<RowOperator>(['abs', 'log', 'exp', 'sqrt', 'floor', 'ceil', 'lower', 'upper']);
const typeNames: Readonly<Record<ColumnType, string>> = {
  text: 'a text',
  number: 'a number',
  boolean: 'a yes or no',
  time: 'a time',
};

/** Checks an expression over columns. A bare column takes the first of `wanted` as its type; the result has one of them. */
export function checkRow(
  e: Expression,
  wanted: readonly ColumnType[],
  what: string,
  columns: Columns,
): RowExpression | undefined {
  const [first = 'text'] = wanted;
  const checked = typed(e, first, columns);
  if (!checked || wanted.includes(checked.type)) return checked;
  const found = typeNames[checked.type];
  columns.report('column-type', e.span, { what, wanted: wanted.map((t) => typeNames[t]).join(' or '), found }, quotedHelp(e));
  return undefined;
}

/** A text where none is wanted may be the name of a column. */
const quotedHelp = (e: Expression | undefined): { readonly help?: string } =>
  e?.kind !== 'string' || e.value.trim() === ''
    ? {}
    : Number.isFinite(Number(e.value))
      ? { help: `a number stands without quotes: \`${e.value}\`` }
      : { help: `a column of this name is \`column(${JSON.stringify(e.value)})\`` };

function typed(e: Expression, hint: ColumnType, columns: Columns): RowExpression | undefined {
  switch (e.kind) {
    case 'group':
      return typed(e.inner, hint, columns);
    case 'name':
      return column(e.text, hint, e, columns);
    case 'number':
      return { kind: 'literal', value: e.value, type: 'number', span: e.span };
    case 'string':
      return { kind: 'literal', value: e.value, type: 'text', span: e.span };
    case 'boolean':
      return { kind: 'literal', value: e.value, type: 'boolean', span: e.span };
    case 'unary':
      if (e.operator === '-' && e.operand.kind === 'number')
        return { kind: 'literal', value: -e.operand.value, type: 'number', span: e.span };
      return apply(e.operator === '-' ? 'negate' : 'not', e.operator, [e.operand], e, columns);
    case 'binary': {
      if (e.operator === 'in') return membership(e.left, e.right, e, columns);
      const operator = binaryOperators[e.operator];
      if (operator) return apply(operator, e.operator, [e.left, e.right], e, columns);
      break;
    }
    case 'call': {
      const name = e.callee.kind === 'name' ? e.callee.text : undefined;
      if (name === 'column')
        return quotedColumn(
          e.arguments.map((a) => a.value),
          hint,
          e,
          columns,
        );
      const operator = [...functions].find((f) => f === name);
      if (operator && e.arguments.every((a) => a.name === undefined)) {
        return apply(
          operator,
          operator,
          e.arguments.map((a) => a.value),
          e,
          columns,
        );
      }
      if (name !== undefined && !operator) {
        const all = [...functions, 'column'];
        const details = meant(e.callee.span, all, `over columns there are ${all.join(', ')}`);
        columns.report('unknown-function', e.callee.span, { name }, details);
        return undefined;
      }
      break;
    }
    case 'hole':
    case 'list':
    case 'comprehension':
    case 'record':
    case 'subscript':
    case 'member':
    case 'if':
      break;
    default:
      return e satisfies never;
  }
  columns.report('not-over-columns', e.span, { what: describe(e) });
  return undefined;
}

function column(name: string, type: ColumnType, e: Expression, columns: Columns): RowExpression | undefined {
  if (columns.known && !columns.known.has(name)) {
    columns.report('unknown-column', e.span, { name }, meant(e.span, columns.known, `they have ${listed(columns.known)}`));
    return undefined;
  }
  return { kind: 'column', name, type, span: e.span };
}

function quotedColumn(
  given: readonly Expression[],
  type: ColumnType,
  e: Expression,
  columns: Columns,
): RowExpression | undefined {
  const [only] = given;
  if (given.length === 1 && only?.kind === 'string' && isColumn(only.value)) return column(only.value, type, e, columns);
  columns.report('wrong-value', e.span, {
    where: '`column(…)`',
    wanted: 'one text in quotes',
    found: only ? describe(only) : 'nothing',
  });
  return undefined;
}

function apply(
  operator: RowOperator,
  spoken: string,
  given: readonly Expression[],
  e: Expression,
  columns: Columns,
): RowExpression | undefined {
  const signatures: readonly { readonly operands: readonly ColumnType[]; readonly result: ColumnType }[] = rowOperators[operator];
  const arity = signatures[0]?.operands.length ?? 0;
  if (given.length !== arity) {
    columns.report('column-type', e.span, {
      what: `\`${spoken}\``,
      wanted: `${String(arity)} operand${arity === 1 ? '' : 's'}`,
      found: String(given.length),
    });
    return undefined;
  }
  const hint = signatures.length > 1 ? commonType(given) : signatures[0]?.operands[0];
  const constant = given.find(
    (x) => x.kind === 'name' && Object.hasOwn(constants, x.text) && columns.known?.has(x.text) !== true,
  );
  if (constant?.kind === 'name') {
    columns.report('unknown-column', constant.span, { name: constant.text }, constants[constant.text]);
    return undefined;
  }
  const operands = given.map((x) => typed(x, hint ?? 'text', columns));
  if (!operands.every((x) => x !== undefined)) return undefined;
  const signature = signatures.find((s) => s.operands.every((t, i) => operands[i]?.type === t));
  if (signature) return { kind: 'operation', operator, operands, type: signature.result, span: e.span };
  const wrong = operands.findIndex((x, i) => !signatures.some((s) => s.operands[i] === x.type));
  const at = wrong >= 0 ? wrong : 1;
  const other = operands[1 - at];
  const parameters = {
    what: `\`${spoken}\``,
    wanted:
      wrong < 0 && other
        ? `${typeNames[other.type]} on both sides`
        : [...new Set(signatures.map((s) => typeNames[s.operands[at] ?? 'text']))].join(' or '),
    found: typeNames[operands[at]?.type ?? 'text'],
  };
  columns.report('column-type', given[at]?.span ?? e.span, parameters, quotedHelp(given[at]));
  return undefined;
}

/** What other languages call truth and nothing, which nobody calls a column. */
const constants: Readonly<Record<string, { readonly help: string }>> = {
  True: { help: 'write `true`, or 1 where the column has numbers; a column of this name is `column("True")`' },
  False: { help: 'write `false`, or 0 where the column has numbers; a column of this name is `column("False")`' },
  None: { help: 'a comparison with a missing value is missing; a column of this name is `column("None")`' },
};

/** Two columns are compared as text, a column and anything else as the type of the other side. */
function commonType(given: readonly Expression[]): ColumnType {
  for (const e of given) {
    const type = ownType(e);
    if (type) return type;
  }
  return 'text';
}

function ownType(e: Expression): ColumnType | undefined {
  switch (e.kind) {
    case 'group':
      return ownType(e.inner);
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'unary':
      return e.operator === '-' ? 'number' : 'boolean';
    case 'binary': {
      const operator = binaryOperators[e.operator];
      return operator ? rowOperators[operator][0].result : 'boolean';
    }
    case 'call': {
      const operator =
        e.callee.kind === 'name' ? [...functions].find((f) => f === (e.callee as { text?: string }).text) : undefined;
      return operator && rowOperators[operator][0].result;
    }
    default:
      return undefined;
  }
}

function membership(left: Expression, right: Expression, e: Expression, columns: Columns): RowExpression | undefined {
  const values = right.kind === 'list' ? right.elements.map((x) => (x.kind === 'string' ? x.value : literal(x))) : [];
  const type = typeof values[0] === 'number' ? 'number' : 'text';
  if (values.length === 0 || !values.every((v) => v !== undefined && typeof v === typeof values[0])) {
    columns.report('wrong-value', right.span, {
      where: 'the right side of `in`',
      wanted: 'a list of texts or of numbers',
      found: describe(right),
    });
    return undefined;
  }
  const operand = checkRow(left, [type], 'the left side of `in`', columns);
  return operand && { kind: 'in', operand, values: values as (string | number)[], type: 'boolean', span: e.span };
}
