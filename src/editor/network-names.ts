import type { Span } from '../language/source.js';
import {
  isMissing,
  type Block,
  type Body,
  type Call,
  type Expression,
  type Name,
  type Network,
  type Range,
  type Statement,
  type TypeExpression,
} from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Declared, ModelNames, Occurrence, Symbol } from './symbols.js';

interface Locals {
  readonly outer?: Locals;
  readonly own: Map<string, Symbol>;
}

/** Where a walk stands. */
export interface Walk {
  readonly function: (name: string) => Symbol | undefined;
  readonly found: (occurrence: Occurrence) => void;
  readonly within: Network | Block | undefined;
}

const lists = {
  features: 'All features, in the order of the spec.',
  categories: 'The features that are categories.',
  numbers: 'The features that are no categories.',
};

const find = (locals: Locals | undefined, name: string): Symbol | undefined =>
  locals && (locals.own.get(name) ?? find(locals.outer, name));

const below = (outer: Locals): Locals => ({ outer, own: new Map() });

/** The names of the features, labels and lists that a network begins with. */
export function localsOfModel(model: ModelNames): Locals {
  const own = new Map<string, Symbol>(Object.entries(lists).map(([name, doc]) => [name, { kind: 'word', name, doc }]));
  for (const [name, symbol] of [...model.labels, ...model.features]) own.set(name, symbol);
  return { own };
}

/** Finds every name of a network's or block's body. */
export function walkBody(walk: Walk, { statements }: Body, locals: Locals): void {
  for (const statement of statements) walkStatement(walk, statement, locals);
}

/** Finds every name of a block. */
export function walkBlock(walk: Walk, block: Block): void {
  const locals: Locals = { own: new Map() };
  for (const parameter of block.parameters) {
    walkType(walk, parameter.type, locals);
    if (parameter.default) walkExpression(walk, parameter.default, locals);
    if (isMissing(parameter.name)) continue;
    declare(walk, locals, {
      kind: 'parameter',
      name: parameter.name.text,
      declaration: parameter.name,
      whole: parameter.span,
      parameter,
      block,
      ...(parameter.doc !== undefined && { doc: parameter.doc }),
    });
  }
  if (block.result) walkType(walk, block.result, locals);
  walkBody(walk, block.body, locals);
}

/** A size that has no meaning yet is declared where it stands first. */
function walkType(walk: Walk, type: TypeExpression, locals: Locals): void {
  if (!isMissing(type.name)) walk.found({ span: type.name.span, role: 'reads', symbol: { kind: 'type', name: type.name.text } });
  for (const size of type.brackets.flat()) {
    if (size.kind === 'name' && !isMissing(size) && !find(locals, size.text)) declareLocal(walk, locals, 'size', size);
    else walkExpression(walk, size, locals);
  }
}

function declare(walk: Walk, locals: Locals, symbol: Declared): void {
  locals.own.set(symbol.name, symbol);
  walk.found({ span: symbol.declaration.span, role: 'declares', symbol });
}

function declareLocal(walk: Walk, locals: Locals, kind: 'size' | 'index' | 'variable', name: Name): void {
  if (isMissing(name)) return;
  declare(walk, locals, { kind, name: name.text, declaration: name, whole: name.span, within: walk.within });
}

function assign(walk: Walk, name: Name, whole: Span, doc: string | undefined, locals: Locals): void {
  if (isMissing(name)) return;
  const before = find(locals, name.text);
  if (before) walk.found({ span: name.span, role: 'writes', symbol: before });
  else if (walk.within) {
    const { within } = walk;
    declare(walk, locals, {
      kind: 'tensor',
      name: name.text,
      declaration: name,
      whole,
      within,
      ...(doc !== undefined && { doc }),
    });
  }
}

function walkStatement(walk: Walk, s: Statement, locals: Locals): void {
  switch (s.kind) {
    case 'assign':
      walkExpression(walk, s.value, locals);
      for (const target of s.targets) assign(walk, target, s.span, s.doc, locals);
      return;
    case 'indexed-assign': {
      const inner = below(locals);
      for (const index of s.indices) declareLocal(walk, inner, 'index', index);
      walkExpression(walk, s.value, inner);
      assign(walk, s.target, s.span, s.doc, locals);
      return;
    }
    case 'member-assign':
      read(walk, s.target, locals);
      if (!isMissing(s.member)) walk.found({ span: s.member.span, role: 'reads', symbol: memberWord(s.member.text) });
      walkExpression(walk, s.value, locals);
      return;
    case 'repeat':
      walkExpression(walk, s.count, locals);
      walkBody(walk, s.body, below(locals));
      return;
    case 'for': {
      walkExpression(walk, s.over, locals);
      const inner = below(locals);
      declareLocal(walk, inner, 'variable', s.variable);
      walkBody(walk, s.body, inner);
      return;
    }
    case 'return':
      walkExpression(walk, s.value, locals);
      return;
    default:
      s satisfies never;
  }
}

const members: Readonly<Record<string, string>> = {
  T: 'The transposed matrix.',
  loss: 'The loss of a row, in place of the one that the kind of label has.',
};
const memberWord = (name: string): Symbol => ({
  kind: 'word',
  name,
  ...(members[name] !== undefined && { doc: members[name] }),
});

/** Finds every name of an expression. */
export function walkExpression(walk: Walk, e: Expression, locals: Locals): void {
  switch (e.kind) {
    case 'name':
      read(walk, e, locals);
      return;
    case 'comprehension': {
      walkExpression(walk, e.over, locals);
      const inner = below(locals);
      declareLocal(walk, inner, 'variable', e.variable);
      walkExpression(walk, e.element, inner);
      return;
    }
    case 'call':
      walkCall(walk, e, locals);
      return;
    case 'subscript': {
      const [, ...subscripts] = inside(e);
      walkCallee(walk, e.target, locals);
      for (const subscript of subscripts) walkExpression(walk, subscript, locals);
      return;
    }
    case 'member':
      walkExpression(walk, e.target, locals);
      if (!isMissing(e.name)) walk.found({ span: e.name.span, role: 'reads', symbol: memberWord(e.name.text) });
      return;
    case 'number':
    case 'string':
    case 'boolean':
    case 'hole':
    case 'group':
    case 'list':
    case 'record':
    case 'unary':
    case 'binary':
    case 'if':
      for (const child of inside(e)) walkExpression(walk, child, locals);
      return;
    default:
      e satisfies never;
  }
}

/** What stands before `(` or `[` is a function first. */
function walkCallee(walk: Walk, e: Expression, locals: Locals): Symbol | undefined {
  if (e.kind !== 'name') {
    walkExpression(walk, e, locals);
    return undefined;
  }
  const symbol = walk.function(e.text);
  if (!symbol || find(locals, e.text)) return read(walk, e, locals);
  walk.found({ span: e.span, role: 'reads', symbol });
  return symbol;
}

/** `sum[i](…)` makes the index i, `weight[n](…)` none. */
function walkCall(walk: Walk, call: Call, locals: Locals): void {
  const { callee } = call;
  const target = callee.kind === 'subscript' ? callee.target : callee;
  const called = walkCallee(walk, target, locals);
  const inner = below(locals);
  if (callee.kind === 'subscript') {
    for (const subscript of callee.subscripts) {
      const isNew =
        subscript.kind === 'name' && called?.kind === 'builtin' && !isWeight(called.name) && !find(locals, subscript.text);
      if (isNew) declareLocal(walk, inner, 'index', subscript);
      else for (const part of partsOf(subscript)) walkExpression(walk, part, locals);
    }
  }
  for (const { name, value } of call.arguments) {
    if (name && !isMissing(name)) {
      const symbol = parameterOf(called, name.text);
      if (symbol) walk.found({ span: name.span, role: 'reads', symbol });
    }
    walkExpression(walk, value, inner);
  }
}

const partsOf = (subscript: Expression | Range): readonly Expression[] =>
  subscript.kind === 'range' ? [subscript.from, subscript.to].filter((end) => end !== undefined) : [subscript];

const isWeight = (name: string): boolean => name === 'weight' || name === 'bias';

/** The parameter that a named argument is for. */
export function parameterOf(called: Symbol | undefined, name: string): Symbol | undefined {
  if (called?.kind === 'builtin')
    return called.builtin.parameters.some((p) => p.name === name) ? { kind: 'word', name } : undefined;
  if (called?.kind !== 'block') return undefined;
  const { block } = called;
  const parameter = block.parameters.find((p) => p.name.text === name);
  return (
    parameter && {
      kind: 'parameter',
      name,
      declaration: parameter.name,
      whole: parameter.span,
      parameter,
      block,
      ...(parameter.doc !== undefined && { doc: parameter.doc }),
    }
  );
}

function read(walk: Walk, name: Name, locals: Locals): Symbol | undefined {
  if (isMissing(name)) return undefined;
  const symbol = find(locals, name.text) ?? walk.function(name.text);
  if (symbol) walk.found({ span: name.span, role: 'reads', symbol });
  return symbol;
}
