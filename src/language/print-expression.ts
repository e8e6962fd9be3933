import { all, breakHere, group, hardLine, ifBroken, indent, join, line, suffix, type Layout } from './layout.js';
import { stringText } from './literals.js';
import { conditionalLevel, infix, postfixLevel, prefix } from './operators.js';
import { blankBetween, breaksAfterBrace, innerComments, leadingComments } from './spacing.js';
import type * as s from './syntax.js';

const comma = all(',', line(' '));

/** An expression where operands must bind at least as tightly as `least`: in parentheses if it does not. */
export function expressionLayout(expression: s.Expression, least = conditionalLevel): Layout {
  return withComments(expression, bare(expression, least));
}

function bare(expression: s.Expression, least: number): Layout {
  return levelOf(expression) < least ? all('(', core(expression), ')') : core(expression);
}

function levelOf(expression: s.Expression): number {
  switch (expression.kind) {
    case 'if':
      return conditionalLevel;
    case 'binary':
      return infix[expression.operator].level;
    case 'unary':
      return prefix[expression.operator];
    case 'number':
      return expression.text.startsWith('-') ? prefix['-'] : postfixLevel;
    default:
      return postfixLevel;
  }
}

function core(expression: s.Expression): Layout {
  switch (expression.kind) {
    case 'number':
    case 'name':
      return expression.text;
    case 'string':
      return stringText(expression);
    case 'boolean':
      return String(expression.value);
    case 'hole':
      return '_';
    case 'group':
      return parenthesized(expression);
    case 'list':
      return bracketed(
        '[',
        expression.elements.map((element) => expressionLayout(element)),
        ']',
        expression.trivia,
      );
    case 'comprehension':
      return comprehension(expression);
    case 'record':
      return recordLayout(expression);
    case 'call':
      return all(expressionLayout(expression.callee, postfixLevel), argumentList(expression));
    case 'subscript':
      return all(expressionLayout(expression.target, postfixLevel), subscripts(expression.subscripts, expression.trivia));
    case 'member':
      return all(expressionLayout(expression.target, postfixLevel), '.', expression.name.text);
    case 'unary': {
      const sign = expression.operator === 'not' ? 'not ' : expression.operator;
      return all(sign, expressionLayout(expression.operand, prefix[expression.operator]));
    }
    case 'binary':
      return operation(expression);
    case 'if':
      return conditional(expression);
    default:
      return expression satisfies never;
  }
}

/** What was written around a node; what goes to the end of its line breaks the groups around. */
export function withComments(node: { readonly trivia?: s.Trivia }, content: Layout): Layout {
  if (!node.trivia) return content;
  return all(leadingComments(node.trivia.leading), content, trailingComments(node.trivia));
}

export function trailingComments(trivia: s.Trivia | undefined): Layout {
  return endOfLine(trivia?.trailing ?? []);
}

function endOfLine(comments: readonly s.Comment[]): Layout {
  return all(...comments.map((comment) => suffix(`  //${comment.text}`)));
}

/** Elements with commas between them, on one line or one a line; there the last has a comma too, as another may follow. */
export function bracketed(open: string, elements: readonly Layout[], close: string, trivia?: s.Trivia, pad = ''): Layout {
  const isEmpty = elements.length === 0;
  return container(open, all(join(comma, elements), isEmpty ? '' : ifBroken(',')), isEmpty, close, trivia, pad);
}

/** Brackets around what has its own separators. */
export function container(open: string, content: Layout, isEmpty: boolean, close: string, trivia?: s.Trivia, pad = ' '): Layout {
  const { opening = [], inner = [] } = trivia ?? {};
  if (isEmpty && inner.length === 0) return `${open}${close}`;
  const comments = inner.length > 0 ? [innerComments(inner, isEmpty), breakHere] : [];
  return group(open, endOfLine(opening), indent(line(pad), content, ...comments), line(pad), close);
}

/** What has comments stands on lines of its own, so that they do not hide the closing parenthesis. */
function parenthesized({ inner, trivia }: s.Group): Layout {
  const content = expressionLayout(inner);
  return inner.trivia || trivia ? container('(', content, false, ')', trivia, '') : all('(', content, ')');
}

function comprehension({ element, variable, over, trivia }: s.Comprehension): Layout {
  const loop = all(`for ${variable.text} in `, expressionLayout(over));
  const content = all(expressionLayout(element), line(' '), loop);
  return container('[', content, false, ']', trivia, '');
}

export function recordLayout(record: s.RecordExpression): Layout {
  const { entries } = record;
  const parts = entries.flatMap((entry, index): Layout[] => {
    const before = entries[index - 1];
    if (!before) return [entryLayout(entry)];
    const blank = blankBetween(before.span, entry.span) ?? false;
    return [...(blank ? [hardLine, hardLine] : [line(', ')]), entryLayout(entry)];
  });
  const [first] = entries;
  const broken = first && breaksAfterBrace(record.span, first.span);
  return container('{', all(...(broken ? [breakHere] : []), ...parts), entries.length === 0, '}', record.trivia);
}

function entryLayout(entry: s.Entry): Layout {
  return documented(entry, bareEntry(entry));
}

export function bareEntry({ name, value, from }: s.Entry): Layout {
  const source = from ? [' = ', expressionLayout(from)] : [];
  return all(`${name.text}: `, expressionLayout(value), ...source);
}

/** A node with the comments and the documentation before it. */
export function documented(node: s.Documented, content: Layout): Layout {
  const docs = node.doc === undefined ? [] : node.doc.split('\n').flatMap((text) => [`/// ${text}`.trimEnd(), hardLine]);
  return all(leadingComments(node.trivia?.leading ?? []), ...docs, content, trailingComments(node.trivia));
}

/** A single list or record stays on the line of its call. */
function argumentList({ arguments: args, trivia }: s.Call): Layout {
  const [only] = args;
  const hugs = ['list', 'record', 'comprehension'];
  if (only && args.length === 1 && !only.trivia && !only.name && !trivia && hugs.includes(only.value.kind)) {
    return all('(', argumentLayout(only), ')');
  }
  return bracketed('(', args.map(argumentLayout), ')', trivia);
}

function argumentLayout(argument: s.Argument): Layout {
  const name = argument.name ? [`${argument.name.text}: `] : [];
  return withComments(argument, all(...name, expressionLayout(argument.value)));
}

export function subscripts(list: readonly (s.Expression | s.Range)[], trivia?: s.Trivia): Layout {
  const elements = list.map((sub) => (sub.kind === 'range' ? withComments(sub, range(sub)) : expressionLayout(sub)));
  return container('[', join(comma, elements), elements.length === 0, ']', trivia, '');
}

function range({ from, to }: s.Range): Layout {
  return all(from ? expressionLayout(from) : '', '..', to ? expressionLayout(to) : '');
}

/** Operands of one level side by side, or one a line with its operator before it. */
function operation(expression: s.Binary): Layout {
  const binding = infix[expression.operator];
  const parts = chain(expression);
  const last = parts.length - 1;
  const isRight = binding.right === binding.level;
  const layouts = parts.map(({ operator, operand }, index): Layout => {
    if (operator === undefined) return expressionLayout(operand, binding.left);
    const least = isRight && index < last ? binding.left : binding.right;
    const comments = leadingComments(operand.trivia?.leading ?? []);
    return all(line(' '), comments, `${operator} `, bare(operand, least), trailingComments(operand.trivia));
  });
  const [first = '', ...others] = layouts;
  return group(first, indent(...others));
}

interface Link {
  readonly operator?: s.BinaryOperator;
  readonly operand: s.Expression;
}

/** The operands of a chain such as `a + b - c` or `a @ b @ c`, each with the operator before it. */
function chain(expression: s.Binary): readonly Link[] {
  const { level, left, right } = infix[expression.operator];
  const continues = (next: s.Expression): next is s.Binary => {
    return next.kind === 'binary' && infix[next.operator].level === level && !next.trivia;
  };
  const links: Link[] = [];
  let at: s.Expression = expression;
  if (right === level) {
    let operator: s.BinaryOperator | undefined;
    do {
      links.push({ ...(operator && { operator }), operand: at.left });
      ({ operator, right: at } = at);
    } while (continues(at));
    return [...links, { operator, operand: at }];
  }
  do {
    links.unshift({ operator: at.operator, operand: at.right });
    at = at.left;
  } while (left === level && continues(at));
  return [{ operand: at }, ...links];
}

/** On one line, or each branch on its own; comments before a branch stay before its `then` or `else`. */
function conditional(expression: s.If): Layout {
  const branch = (word: string, value: s.Expression): Layout =>
    all(leadingComments(value.trivia?.leading ?? []), `${word} `, bare(value, conditionalLevel), trailingComments(value.trivia));
  const parts: Layout[] = [];
  let at: s.Expression = expression;
  do {
    const { condition, then }: s.If = at;
    const test = all('if ', expressionLayout(condition));
    parts.push(at === expression ? test : all(leadingComments(at.trivia?.leading ?? []), 'else ', test), branch('then', then));
    at = at.else;
  } while (at.kind === 'if');
  parts.push(branch('else', at));
  const [first = '', ...others] = parts;
  return group(first, indent(...others.map((part) => all(line(' '), part))));
}
