import type { Block, Body, Expression, Name, Statement, TypeExpression } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Report } from './diagnostics.js';
import type { FunctionValue } from './instantiate/values.js';
import { meant } from './suggest.js';

export const types = [
  'int',
  'float',
  'bool',
  'feature',
  'function',
  'scalar',
  'vector',
  'matrix',
  'fields',
  'sequence',
  'tensor',
];

/** Names that are known somewhere, and those around it. */
interface Names {
  readonly own: Set<string>;
  readonly outer?: Names;
}

const within = (outer: Names, names: readonly string[] = []): Names => ({ own: new Set(names), outer });

function has(names: Names, name: string): boolean {
  for (let at: Names | undefined = names; at; at = at.outer) if (at.own.has(name)) return true;
  return false;
}

function all(names: Names): readonly string[] {
  const found: string[] = [];
  for (let at: Names | undefined = names; at; at = at.outer) found.push(...at.own);
  return found;
}

/** A name that is read: what it stands for is decided by what is around it, then by the file. */
export interface Reference {
  readonly name: Name;
  /** Before `(` a name is a function first. */
  readonly called: boolean;
  /** Whether it is a parameter, size, index, or the name of a statement before it. */
  readonly isBound: boolean;
  /** Every name that is bound here, while the walk stands here. */
  readonly around: () => readonly string[];
}

export interface Walk {
  /** Whether the file calls it a function. */
  readonly isFunction: (name: string) => boolean;
  readonly found: (reference: Reference) => void;
}

/** Checks the names of a block that may never be called: types, values and functions. */
export function checkNames(block: Block, functions: ReadonlyMap<string, FunctionValue>, report: Report): void {
  const isFunction = (name: string): boolean => functions.has(name) || name === 'weight' || name === 'bias';
  const parameters = new Set<string>();
  for (const { name, type } of block.parameters) {
    if (parameters.has(name.text))
      report('duplicate-name', name.span, { what: `parameters of \`${block.name.text}\``, name: name.text });
    parameters.add(name.text);
    checkType(type);
  }
  if (block.result) checkType(block.result);
  walkBlock(block, {
    isFunction: (name) => functions.has(name),
    found: ({ name, called, isBound, around }) => {
      if (isBound || isFunction(name.text)) return;
      const code = called ? 'unknown-function' : 'unknown-name';
      report(code, name.span, { name: name.text }, meant(name.span, [...around(), ...functions.keys()]));
    },
  });
  if (block.body.statements.at(-1)?.kind !== 'return') report('missing-return', block.name.span, { block: block.name.text });

  function checkType({ name }: TypeExpression): void {
    if (!types.includes(name.text)) report('unknown-type', name.span, { name: name.text }, meant(name.span, types));
  }
}

/** Finds the names that a block reads. */
export function walkBlock(block: Block, walk: Walk): void {
  const names: Names = { own: new Set() };
  for (const { name, type, default: value } of block.parameters) {
    for (const size of type.brackets.flat()) {
      if (size.kind === 'name') names.own.add(size.text);
      else visit(walk, size, names);
    }
    if (value) visit(walk, value, names);
    names.own.add(name.text);
  }
  for (const size of block.result?.brackets.flat() ?? []) visit(walk, size, names);
  visitBody(walk, block.body.statements, names);
}

/** Finds the names that a network reads; `bound` are its features and labels. */
export function walkNetwork({ statements }: Body, bound: readonly string[], walk: Walk): void {
  visitBody(walk, statements, { own: new Set(bound) });
}

function visitBody(walk: Walk, statements: readonly Statement[], scope: Names): void {
  for (const s of statements) {
    switch (s.kind) {
      case 'assign':
        visit(walk, s.value, scope);
        for (const t of s.targets) scope.own.add(t.text);
        break;
      case 'indexed-assign': {
        const indices = s.indices.map((i) => i.text);
        visit(walk, s.value, within(scope, indices));
        scope.own.add(s.target.text);
        break;
      }
      case 'member-assign':
      case 'return':
        visit(walk, s.value, scope);
        break;
      case 'repeat':
        visit(walk, s.count, scope);
        visitBody(walk, s.body.statements, within(scope));
        break;
      case 'for':
        visit(walk, s.over, scope);
        visitBody(walk, s.body.statements, within(scope, [s.variable.text]));
        break;
      default:
        s satisfies never;
    }
  }
}

function visit(walk: Walk, e: Expression, scope: Names): void {
  switch (e.kind) {
    case 'name':
      read(walk, e, scope, false);
      return;
    case 'comprehension':
      visit(walk, e.over, scope);
      visit(walk, e.element, within(scope, [e.variable.text]));
      return;
    case 'call': {
      const indices = boundBy(walk, e.callee);
      const inner = indices.length > 0 ? within(scope, indices) : scope;
      visitCallee(walk, e.callee, inner);
      for (const a of e.arguments) visit(walk, a.value, inner);
      return;
    }
    case 'subscript': {
      const [, ...subscripts] = inside(e);
      visitCallee(walk, e.target, scope);
      for (const s of subscripts) visit(walk, s, scope);
      return;
    }
    default:
      for (const child of inside(e)) visit(walk, child, scope);
  }
}

function visitCallee(walk: Walk, e: Expression, scope: Names): void {
  if (e.kind === 'name') read(walk, e, scope, true);
  else visit(walk, e, scope);
}

function read({ found }: Walk, name: Name, scope: Names, called: boolean): void {
  found({ name, called, isBound: has(scope, name.text), around: () => all(scope) });
}

/** `sum[i](…)` binds `i`, `weight[n](…)` nothing. */
function boundBy({ isFunction }: Walk, callee: Expression): readonly string[] {
  if (callee.kind !== 'subscript' || callee.target.kind !== 'name' || !isFunction(callee.target.text)) return [];
  return callee.subscripts.flatMap((s) => (s.kind === 'name' ? [s.text] : []));
}
