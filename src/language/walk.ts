import type { Expression } from './syntax.js';

/** The trees of expressions may be this high: chains such as `a + b + …` grow them without brackets. */
export const maxHeight = 200;

/** The expressions directly inside an expression, in the order of the text. */
export function inside(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'boolean':
    case 'name':
    case 'hole':
      return [];
    case 'group':
      return [expression.inner];
    case 'list':
      return expression.elements;
    case 'comprehension':
      return [expression.element, expression.over];
    case 'record':
      return expression.entries.flatMap(({ value, from }) => (from ? [value, from] : [value]));
    case 'call':
      return [expression.callee, ...expression.arguments.map((argument) => argument.value)];
    case 'subscript':
      return [expression.target, ...expression.subscripts.flatMap((sub) => (sub.kind === 'range' ? ends(sub) : [sub]))];
    case 'member':
      return [expression.target];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'if':
      return [expression.condition, expression.then, expression.else];
    default:
      return expression satisfies never;
  }
}

function ends({ from, to }: { readonly from?: Expression; readonly to?: Expression }): readonly Expression[] {
  return [from, to].filter((end) => end !== undefined);
}

/** The first expression that lies deeper than `most` levels below another, without recursion. */
export function deeperThan(expression: Expression, most: number): Expression | undefined {
  const open = [{ expression, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const depth = next.depth + 1;
    if (next.depth > most) return next.expression;
    for (const child of inside(next.expression)) open.push({ expression: child, depth });
  }
  return undefined;
}
