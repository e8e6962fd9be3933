import type { MemberAssign, Statement } from '../../language/syntax.js';
import { meant } from '../suggest.js';
import { below, childScope, fail, findBinding, inner, type Place, type Scope } from './context.js';
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

/** A weight's path begins with the network's name for what it is part of, then the turns; within a block only a weight itself takes the name. */
function named(place: Place, name: Name): Place {
  const target = name.text;
  if (place.frame) return { ...place, target };
  const { names, root } = place.context;
  const own = names.get(target) ?? below(root, target);
  names.set(target, own);
  return { ...place, target, path: (place.turns ?? []).reduce((path, turn) => below(path, String(turn)), own) };
}

export function runStatement(place: Place, s: Exclude<Statement, { kind: 'return' }>): void {
  switch (s.kind) {
    case 'assign': {
      const [only, ...more] = s.targets;
      if (!only) return;
      if (more.length === 0) {
        assign(place, only, evaluate(named(place, only), s.value));
        return;
      }
      const value = evaluate(inner(named(place, only)), s.value);
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
      assignLoss(place, s);
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

/** `liked.loss = e`: the loss of a row, in place of the label's own. */
function assignLoss(place: Place, { target, member, value }: MemberAssign): void {
  const { labels, losses } = place.context;
  if (member.text !== 'loss')
    fail(place, 'unknown-name', member.span, { name: `.${member.text}` }, { help: 'a label has `.loss`, the loss of a row' });
  if (place.frame || !labels.some((l) => l.name === target.text)) {
    fail(
      place,
      'wrong-operand',
      target.span,
      { what: '`.loss`', wanted: 'a label, in its network', found: `\`${target.text}\`` },
      meant(
        target.span,
        labels.map((l) => l.name),
      ),
    );
  }
  if (losses.has(target.text)) fail(place, 'duplicate-name', target.span, { what: 'losses', name: `${target.text}.loss` });
  const name = { ...target, text: `${target.text}_loss` };
  losses.set(target.text, element(named(place, name), value));
}

function loop(place: Place, over: Expression, variable: Name | undefined, statements: readonly Statement[]): void {
  iterate(place, over).forEach(({ value, span }, turn) => {
    countCall(place, over.span);
    const scope = childScope(place.scope);
    if (variable) scope.values.set(variable.text, { value, fixed: 'a loop variable', from: span });
    const at = place.frame ? { path: below(place.path, String(turn)) } : { turns: [...(place.turns ?? []), turn] };
    runBody({ ...inner(place), scope, ...at }, statements);
  });
}

/** Rebinds the name where it is, or makes it here. */
export function assign(place: Place, name: Name, value: Value): void {
  if (place.context.observe && !place.context.isStd(name.span)) place.context.observe(name, value);
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

/** The names that a statement says. */
export function assignedNames(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'assign':
      return statement.targets.map((t) => t.text);
    case 'indexed-assign':
      return [statement.target.text];
    case 'repeat':
    case 'for':
      return statement.body.statements.flatMap(assignedNames);
    case 'member-assign':
    case 'return':
      return [];
    default:
      return statement satisfies never;
  }
}
