import type { Span } from '../language/source.js';
import type {
  Argument,
  Block,
  Body,
  Declaration,
  Entry,
  Expression,
  File,
  Item,
  Parameter,
  Range,
  Statement,
  TypeExpression,
} from '../language/syntax.js';
import { inside } from '../language/walk.js';

/** Anything of the tree that has a place. */
export type Node =
  | File
  | Declaration
  | Item
  | Entry
  | Parameter
  | TypeExpression
  | Statement
  | Expression
  | Argument
  | Range
  | (Body & { readonly kind?: undefined });

const present = <T>(values: readonly (T | undefined)[]): readonly T[] => values.filter((value) => value !== undefined);

/** What is directly inside a node, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case undefined:
      return node.statements;
    case 'file':
      return [...present([node.edition]), ...node.items];
    case 'import':
      return [...node.names, node.from];
    case 'model':
      return [node.name, ...present([node.extends]), ...node.items];
    case 'block':
      return [node.name, ...node.parameters, ...present([node.result]), node.body];
    case 'label':
      return [node.entry];
    case 'network':
      return [node.body];
    case 'section':
      return [node.name, node.record];
    case 'property':
      return [node.name, node.value];
    case 'entry':
      return [node.name, node.value, ...present([node.from])];
    case 'parameter':
      return [node.name, node.type, ...present([node.default])];
    case 'type':
      return [node.name, ...node.brackets.flat()];
    case 'assign':
      return [...node.targets, node.value];
    case 'indexed-assign':
      return [node.target, ...node.indices, node.value];
    case 'member-assign':
      return [node.target, node.member, node.value];
    case 'repeat':
      return [node.count, node.body];
    case 'for':
      return [node.variable, node.over, node.body];
    case 'return':
      return [node.value];
    case 'number':
    case 'string':
    case 'boolean':
    case 'name':
    case 'hole':
    case 'group':
    case 'list':
    case 'unary':
    case 'binary':
    case 'if':
      return inside(node);
    case 'comprehension':
      return [node.element, node.variable, node.over];
    case 'record':
      return node.entries;
    case 'call':
      return [node.callee, ...node.arguments];
    case 'argument':
      return [...present([node.name]), node.value];
    case 'subscript':
      return [node.target, ...node.subscripts];
    case 'range':
      return present([node.from, node.to]);
    case 'member':
      return [node.target, node.name];
    default:
      return node satisfies never;
  }
}

const holds = ({ start, end }: Span, offset: number): boolean => start <= offset && offset <= end;

/** The nodes around an offset, the file first. */
export function pathTo(file: File, offset: number): readonly Node[] {
  const path: Node[] = [];
  for (let at: Node | undefined = file; at; at = childrenOf(at).findLast((child) => holds(child.span, offset))) path.push(at);
  return path;
}

export const blocksOf = (file: File): readonly Block[] => file.items.filter((item) => item.kind === 'block');
