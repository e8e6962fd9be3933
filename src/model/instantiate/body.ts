import type { Statement } from '../../language/syntax.js';
import { below, childScope, fail, findBinding, type Place, type Scope } from './context.js';
import { bindIndices, element, evaluate, iterate, withIndices } from './evaluate.js';
import { countCall } from './limits.js';
import { asTensor } from './tensors.js';
import { valueText, type Element, type Value } from './values.js';
import type { Expression, Name } from '../../language/syntax.js';

/** Runs statements; the value of `return`, if one was reached. */
export function runBody(place: Place, statements: readonly Statement[]): Element | undefined {
  for (const s of statements) {
    if (s.kind === 'return') return element(place, s.value);
    runStatement(place, s);
  }
  return undefined;
}

/** A weight's path begins with the network's name for what it is part of; within a block only a weight itself takes the name. */
const named = (place: Place, name: Name): Place =>
  place.frame ? { ...place, target: name.text } : { ...place, target: name.text, path: below(place.path, name.text) };

export function runStatement(place: Place, s: Exclude<Statement, { kind: 'return' }>): void {
  switch (s.kind) {
    case 'assign': {
      const [only, ...more] = s.targets;
      if (!only) return;
      if (more.length === 0) {
        assign(place, only, evaluate(named(place, only), s.value));
        return;
      }
      const { target: _, ...apart } = named(place, only);
      const value = evaluate(apart, s.value);
      if (value.kind !== 'list' || value.elements.length !== s.targets.length) {
        fail(place, 'wrong-operand', s.value.span, {
          what: `taking apart into ${String(s.targets.length)} names`,
          wanted: `a list of ${String(s.targets.length)}`,
          found: valueText(value),
        });
      }
      s.targets.forEach((t, i) => {
        const part = value.elements[i];
        if (part) assign(place, t, part.value);
      });
      return;
    }
    case 'indexed-assign': {
      const value = withIndices(named(place, s.target), s.indices, (within, open) => {
        const x = asTensor(within, evaluate(within, s.value), s.value.span, `\`${s.target.text}[…]\``);
        return bindIndices(within, x, open, s.span);
      });
      assign(place, s.target, value);
      return;
    }
    case 'member-assign':
      fail(place, 'not-yet', s.span, { what: `\`${s.target.text}.${s.member.text}\`` });
      return;
    case 'repeat':
      loop(place, s.count, undefined, s.body.statements);
      return;
    case 'for':
      loop(place, s.over, s.variable, s.body.statements);
      return;
    default:
      s satisfies never;
  }
}

function loop(place: Place, over: Expression, variable: Name | undefined, statements: readonly Statement[]): void {
  iterate(place, over).forEach(({ value, span }, turn) => {
    countCall(place, over.span);
    const scope = childScope(place.scope);
    if (variable) scope.values.set(variable.text, { value, fixed: 'a loop variable', from: span });
    const { target: _, ...rest } = place;
    runBody({ ...rest, scope, path: below(place.path, String(turn)) }, statements);
  });
}

/** Rebinds the name where it is, or makes it here. */
export function assign(place: Place, name: Name, value: Value): void {
  const before = findBinding(place.scope, name.text);
  if (before?.fixed) fail(place, 'cannot-rebind', name.span, { name: name.text, what: before.fixed });
  if (before) before.value = unnamed(value);
  else (place.scope satisfies Scope).values.set(name.text, { value: unnamed(value) });
}

function unnamed(value: Value): Value {
  if (value.kind !== 'tensor' || value.name === undefined) return value;
  const { name: _, ...rest } = value;
  return rest;
}
