import type { Block, Expression, Statement, TypeExpression } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Report } from './diagnostics.js';
import type { FunctionValue } from './instantiate/values.js';
import { nearest } from './suggest.js';

const types = ['int', 'float', 'bool', 'feature', 'function', 'scalar', 'vector', 'matrix', 'fields', 'sequence', 'tensor'];

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

/** Checks the names of a block that may never be called: types, values and functions. */
export function checkNames(block: Block, functions: ReadonlyMap<string, FunctionValue>, report: Report): void {
  const near = (name: string, candidates: Iterable<string>): { readonly help?: string } => {
    const found = nearest(name, candidates);
    return found === undefined ? {} : { help: `did you mean \`${found}\`?` };
  };
  const isFunction = (name: string): boolean => functions.has(name) || name === 'weight' || name === 'bias';
  const names: Names = { own: new Set() };
  const parameters = new Set<string>();
  for (const { name, type, default: value } of block.parameters) {
    if (parameters.has(name.text))
      report('duplicate-name', name.span, { what: `parameters of \`${block.name.text}\``, name: name.text });
    parameters.add(name.text);
    checkType(type);
    for (const size of type.brackets.flat()) {
      if (size.kind === 'name') names.own.add(size.text);
      else visit(size, names);
    }
    if (value) visit(value, names);
    names.own.add(name.text);
  }
  if (block.result) {
    checkType(block.result);
    for (const size of block.result.brackets.flat()) visit(size, names);
  }
  visitBody(block.body.statements, names);
  if (block.body.statements.at(-1)?.kind !== 'return') report('missing-return', block.name.span, { block: block.name.text });

  function checkType({ name }: TypeExpression): void {
    if (!types.includes(name.text)) report('unknown-type', name.span, { name: name.text }, near(name.text, types));
  }

  function visitBody(statements: readonly Statement[], scope: Names): void {
    for (const s of statements) {
      switch (s.kind) {
        case 'assign':
          visit(s.value, scope);
          for (const t of s.targets) scope.own.add(t.text);
          break;
        case 'indexed-assign':
          visit(
            s.value,
            within(
              scope,
              s.indices.map((i) => i.text),
            ),
          );
          scope.own.add(s.target.text);
          break;
        case 'member-assign':
        case 'return':
          visit(s.value, scope);
          break;
        case 'repeat':
          visit(s.count, scope);
          visitBody(s.body.statements, within(scope));
          break;
        case 'for':
          visit(s.over, scope);
          visitBody(s.body.statements, within(scope, [s.variable.text]));
          break;
        default:
          s satisfies never;
      }
    }
  }

  function visitCallee(e: Expression, scope: Names): void {
    if (e.kind !== 'name') visit(e, scope);
    else if (!has(scope, e.text) && !isFunction(e.text)) {
      report('unknown-function', e.span, { name: e.text }, near(e.text, [...all(scope), ...functions.keys()]));
    }
  }

  function visit(e: Expression, scope: Names): void {
    switch (e.kind) {
      case 'name':
        if (!has(scope, e.text) && !isFunction(e.text)) {
          report('unknown-name', e.span, { name: e.text }, near(e.text, [...all(scope), ...functions.keys()]));
        }
        return;
      case 'comprehension':
        visit(e.over, scope);
        visit(e.element, within(scope, [e.variable.text]));
        return;
      case 'call': {
        const indices = boundBy(e.callee);
        const inner = indices.length > 0 ? within(scope, indices) : scope;
        visitCallee(e.callee, inner);
        for (const a of e.arguments) visit(a.value, inner);
        return;
      }
      case 'subscript': {
        const [, ...subscripts] = inside(e);
        visitCallee(e.target, scope);
        for (const s of subscripts) visit(s, scope);
        return;
      }
      default:
        for (const child of inside(e)) visit(child, scope);
    }
  }

  /** `sum[i](…)` binds `i`, `weight[n](…)` nothing. */
  function boundBy(callee: Expression): readonly string[] {
    if (callee.kind !== 'subscript' || callee.target.kind !== 'name' || !functions.has(callee.target.text)) return [];
    return callee.subscripts.flatMap((s) => (s.kind === 'name' ? [s.text] : []));
  }
}
