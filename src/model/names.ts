import type { Block, Expression, Range, Statement } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import type { FunctionValue } from './instantiate/values.js';
import { nearest } from './suggest.js';

const types = ['int', 'float', 'bool', 'feature', 'function', 'scalar', 'vector', 'matrix', 'fields', 'sequence', 'tensor'];

/** Checks the names of a block that may never be called: types, values and functions. */
export function checkNames(block: Block, functions: ReadonlyMap<string, FunctionValue>, report: Report): void {
  const names = new Set<string>();
  const near = (name: string, all: Iterable<string>): string | undefined => {
    const found = nearest(name, all);
    return found === undefined ? undefined : `did you mean \`${found}\`?`;
  };
  const seen = new Set<string>();
  for (const p of block.parameters) {
    if (seen.has(p.name.text))
      report('duplicate-name', p.name.span, { what: `parameters of \`${block.name.text}\``, name: p.name.text });
    seen.add(p.name.text);
    if (!types.includes(p.type.name.text))
      report('unknown-type', p.type.name.span, { name: p.type.name.text }, { help: near(p.type.name.text, types) });
    for (const size of p.type.brackets.flat()) {
      if (size.kind === 'name') names.add(size.text);
      else visit(size, names);
    }
    if (p.default) visit(p.default, names);
    names.add(p.name.text);
  }
  if (block.result && !types.includes(block.result.name.text)) {
    report(
      'unknown-type',
      block.result.name.span,
      { name: block.result.name.text },
      { help: near(block.result.name.text, types) },
    );
  }
  visitBody(block.body.statements, names);
  if (block.body.statements.at(-1)?.kind !== 'return') report('missing-return', block.name.span, { block: block.name.text });

  function visitBody(statements: readonly Statement[], scope: Set<string>): void {
    for (const s of statements) {
      switch (s.kind) {
        case 'assign':
          visit(s.value, scope);
          for (const t of s.targets) scope.add(t.text);
          break;
        case 'indexed-assign':
          visit(s.value, new Set([...scope, ...s.indices.map((i) => i.text)]));
          scope.add(s.target.text);
          break;
        case 'member-assign':
        case 'return':
          visit(s.value, scope);
          break;
        case 'repeat':
          visit(s.count, scope);
          visitBody(s.body.statements, new Set(scope));
          break;
        case 'for':
          visit(s.over, scope);
          visitBody(s.body.statements, new Set([...scope, s.variable.text]));
          break;
        default:
          s satisfies never;
      }
    }
  }

  function isFunction(name: string): boolean {
    return functions.has(name) || name === 'weight' || name === 'bias';
  }

  function visitCallee(e: Expression, scope: Set<string>): void {
    if (e.kind !== 'name') visit(e, scope);
    else if (!scope.has(e.text) && !isFunction(e.text)) {
      report('unknown-function', e.span, { name: e.text }, { help: near(e.text, [...scope, ...functions.keys()]) });
    }
  }

  function visit(e: Expression | Range, scope: Set<string>): void {
    switch (e.kind) {
      case 'number':
      case 'string':
      case 'boolean':
      case 'hole':
        return;
      case 'name':
        if (!scope.has(e.text) && !isFunction(e.text)) {
          report('unknown-name', e.span, { name: e.text }, { help: near(e.text, [...scope, ...functions.keys()]) });
        }
        return;
      case 'group':
        visit(e.inner, scope);
        return;
      case 'list':
        for (const x of e.elements) visit(x, scope);
        return;
      case 'comprehension':
        visit(e.over, scope);
        visit(e.element, new Set([...scope, e.variable.text]));
        return;
      case 'record':
        for (const entry of e.entries) visit(entry.value, scope);
        return;
      case 'call': {
        const { callee } = e;
        const head = callee.kind === 'subscript' && callee.target.kind === 'name' ? callee.target.text : undefined;
        const indexed = callee.kind === 'subscript' && head !== undefined && isFunction(head) ? callee.subscripts : undefined;
        const makesIndices = indexed && head !== 'weight' && head !== 'bias';
        const indices = makesIndices ? indexed.flatMap((s) => (s.kind === 'name' ? [s.text] : [])) : [];
        const within = indices.length > 0 ? new Set([...scope, ...indices]) : scope;
        if (indexed) for (const s of indexed) visit(s, within);
        else visitCallee(callee, scope);
        for (const a of e.arguments) visit(a.value, within);
        return;
      }
      case 'subscript':
        visitCallee(e.target, scope);
        for (const s of e.subscripts) visit(s, scope);
        return;
      case 'range':
        if (e.from) visit(e.from, scope);
        if (e.to) visit(e.to, scope);
        return;
      case 'member':
        visit(e.target, scope);
        return;
      case 'unary':
        visit(e.operand, scope);
        return;
      case 'binary':
        visit(e.left, scope);
        visit(e.right, scope);
        return;
      case 'if':
        visit(e.condition, scope);
        visit(e.then, scope);
        visit(e.else, scope);
        return;
      default:
        e satisfies never;
    }
  }
}
