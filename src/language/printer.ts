import { all, breakHere, hardLine, render, type Layout } from './layout.js';
import {
  bareEntry,
  bracketed,
  container,
  documented,
  expressionLayout,
  recordLayout,
  subscripts,
  withComments,
} from './print-expression.js';
import { blankBetween, breaksAfterBrace, innerComments } from './spacing.js';
import { stringText } from './literals.js';
import type * as s from './syntax.js';

/** Characters that a line has room for, unless the caller says otherwise. */
export const usualWidth = 120;

/**
 * Prints a file in its canonical form: two spaces of indentation, short records, lists and bodies on one line if they were
 * written so, blank lines as they were but never two. Keeps documentation and comments; prints no parentheses but those
 * that were written or that are needed.
 */
export function print(file: s.File, width = usualWidth): string {
  const parts: Layout[] = [];
  const { edition, items, trivia } = file;
  if (edition) parts.push(withComments(edition, `edition ${edition.text}`));
  items.forEach((item, index) => {
    const before = items[index - 1] ?? edition;
    if (before) {
      const usual = !(before.kind === 'import' && item.kind === 'import');
      parts.push(...separator(before, item, usual));
    }
    parts.push(documented(item, declaration(item)));
  });
  const inner = trivia?.inner ?? [];
  if (inner.length > 0) parts.push(innerComments(inner, parts.length === 0));
  return parts.length === 0 ? '' : `${render(all(...parts), width)}\n`;
}

/** Prints an expression on one line; comments in it, which end a line, break it. */
export function printExpression(expression: s.Expression): string {
  return render(expressionLayout(expression), Infinity);
}

/** The line break between two elements, or two for a blank line: as the author had it, else as is usual. */
function separator(
  before: { readonly span: s.Name['span'] },
  after: { readonly span: s.Name['span'] },
  usual: boolean,
): Layout[] {
  return (blankBetween(before.span, after.span) ?? usual) ? [hardLine, hardLine] : [hardLine];
}

function declaration(node: s.Declaration): Layout {
  switch (node.kind) {
    case 'import': {
      const names = node.names.map((name) => withComments(name, name.text));
      return all('import ', bracketed('{', names, '}', node.trivia, ' '), ` from ${stringText(node.from)}`);
    }
    case 'model': {
      const base = node.extends ? ` extends ${node.extends.text}` : '';
      return all(`model ${node.name.text}${base} `, items(node));
    }
    case 'block': {
      const parameters = node.parameters.map((parameter) => documented(parameter, parameterLayout(parameter)));
      const result = node.result ? [' -> ', typeLayout(node.result)] : [];
      const list = bracketed('(', parameters, ')', node.trivia);
      return all(`${node.overrides ? 'override ' : ''}block ${node.name.text}`, list, ...result, ' ', bodyLayout(node.body));
    }
    default:
      return node satisfies never;
  }
}

function items({ items, trivia }: s.Model): Layout {
  const isLarge = (item: s.Item): boolean => item.kind === 'section' || item.kind === 'network';
  const parts = items.flatMap((item, index) => {
    const before = items[index - 1];
    const between = before ? separator(before, item, isLarge(before) || isLarge(item)) : [];
    return [...between, documented(item, itemLayout(item))];
  });
  return container('{', all(breakHere, ...parts), items.length === 0, '}', trivia);
}

function itemLayout(item: s.Item): Layout {
  switch (item.kind) {
    case 'label':
      return all('label ', bareEntry(item.entry));
    case 'network':
      return all('network ', bodyLayout(item.body, true));
    case 'section':
      return all(`${item.name.text} `, recordLayout(item.record));
    case 'property':
      return all(`${item.name.text}: `, expressionLayout(item.value));
    default:
      return item satisfies never;
  }
}

function parameterLayout({ name, type, default: value }: s.Parameter): Layout {
  return all(`${name.text}: `, typeLayout(type), ...(value ? [' = ', expressionLayout(value)] : []));
}

function typeLayout({ name, brackets }: s.TypeExpression): Layout {
  return all(name.text, ...brackets.map((sizes) => subscripts(sizes)));
}

/**
 * Statements, one a line; a single one may stay on the line of its braces.
 * @param usual whether the compiler's own begins a line
 */
function bodyLayout({ statements, span, trivia }: s.Body, usual = false): Layout {
  const parts = statements.flatMap((statement, index) => {
    const before = statements[index - 1];
    return [...(before ? separator(before, statement, false) : []), documented(statement, statementLayout(statement))];
  });
  const [first] = statements;
  const broken = statements.length > 1 || (first && (breaksAfterBrace(span, first.span) ?? usual));
  return container('{', all(...(broken ? [breakHere] : []), ...parts), statements.length === 0, '}', trivia);
}

function statementLayout(statement: s.Statement): Layout {
  const assigned = (target: string, value: s.Expression): Layout => all(`${target} = `, expressionLayout(value));
  switch (statement.kind) {
    case 'assign':
      return assigned(names(statement.targets), statement.value);
    case 'indexed-assign':
      return assigned(`${statement.target.text}[${names(statement.indices)}]`, statement.value);
    case 'member-assign':
      return assigned(`${statement.target.text}.${statement.member.text}`, statement.value);
    case 'repeat':
      return all('repeat ', expressionLayout(statement.count), ' ', bodyLayout(statement.body));
    case 'for':
      return all(`for ${statement.variable.text} in `, expressionLayout(statement.over), ' ', bodyLayout(statement.body));
    case 'return':
      return all('return ', expressionLayout(statement.value));
    default:
      return statement satisfies never;
  }
}

function names(list: readonly s.Name[]): string {
  return list.map((name) => name.text).join(', ');
}
