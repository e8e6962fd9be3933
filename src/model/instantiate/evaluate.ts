import type { Span } from '../../language/source.js';
import type { Call, Expression, Name, Subscript } from '../../language/syntax.js';
import { listed } from '../messages.js';
import { meant } from '../suggest.js';
import { makePartial, type GivenArgument } from './arguments.js';
import { known } from './given.js';
import { applyFunction } from './calls.js';
import {
  below,
  childScope,
  fail,
  findBinding,
  findIndex,
  inner,
  Stop,
  visibleNames,
  type OpenIndex,
  type Place,
  type Scope,
} from './context.js';
import { countCall, countSteps, mostCalls } from './limits.js';
import { evaluateBinary } from './operators.js';
import { evaluateSubscript } from './subscripts.js';
import { asTensor, bind, transpose, unary } from './tensors.js';
import {
  functionName,
  numberValue,
  valueText,
  type Element,
  type FunctionValue,
  type TensorValue,
  type Value,
} from './values.js';
import { evaluateWeight } from './weights.js';

/** Evaluates an expression of a network or block. Errors are reported and thrown as `Stop`. */
export function evaluate(place: Place, e: Expression): Value {
  countSteps(place, e.span);
  switch (e.kind) {
    case 'number':
      return numberValue(e.value);
    case 'string':
      return { kind: 'text', value: e.value };
    case 'boolean':
      return { kind: 'boolean', value: e.value };
    case 'name':
      return evaluateName(place, e);
    case 'hole':
      return fail(place, 'misplaced-hole', e.span, {});
    case 'group':
      return evaluate(place, e.inner);
    case 'list':
      return { kind: 'list', elements: e.elements.map((x) => element(place, x)) };
    case 'comprehension': {
      const items = iterate(place, e.over);
      return {
        kind: 'list',
        elements: items.map(({ value, span }, turn) => {
          countCall(place, e.span);
          const scope = childScope(place.scope);
          scope.values.set(e.variable.text, { value, fixed: 'a loop variable', from: span });
          return element({ ...inner(place), scope, path: below(place.path, String(turn)) }, e.element);
        }),
      };
    }
    case 'record':
      return fail(place, 'wrong-operand', e.span, {
        what: 'a network',
        wanted: 'tensors, numbers and functions',
        found: 'a record',
      });
    case 'call':
      return evaluateCall(place, e);
    case 'subscript':
      return evaluateSubscript(place, e);
    case 'member': {
      if (e.name.text !== 'T')
        return fail(
          place,
          'unknown-name',
          e.name.span,
          { name: `.${e.name.text}` },
          { help: 'a matrix has `.T`, its transpose' },
        );
      return transpose(place, e.span, operand(place, e.target, '`.T`'));
    }
    case 'unary': {
      if (e.operator === 'not') return { kind: 'boolean', value: !condition(place, e.operand, '`not`') };
      const value = evaluate(inner(place), e.operand);
      if (value.kind === 'number') return numberValue(-value.value);
      return unary(place, e.span, 'negate', asTensor(place, value, e.operand.span, '`-`'));
    }
    case 'binary':
      return evaluateBinary(inner(place), e);
    case 'if':
      return condition(place, e.condition, '`if`') ? evaluate(place, e.then) : evaluate(place, e.else);
    default:
      return e satisfies never;
  }
}

export function element(place: Place, e: Expression): Element {
  return { value: evaluate(inner(place), e), span: e.span };
}

function operand(place: Place, e: Expression, what: string): TensorValue {
  return asTensor(place, evaluate(inner(place), e), e.span, what);
}

export function condition(place: Place, e: Expression, what: string): boolean {
  const value = evaluate(inner(place), e);
  if (value.kind === 'boolean') return value.value;
  return fail(place, 'wrong-operand', e.span, { what, wanted: 'a condition known while compiling', found: valueText(value) });
}

/** Values of a loop: the elements of a list, or 0 … n - 1. */
export function iterate(place: Place, e: Expression): readonly Element[] {
  const value = evaluate(inner(place), e);
  if (value.kind === 'list') return value.elements;
  const n = known(place, { value, span: e.span }, e.span, 'a loop', true);
  if (n < 0)
    fail(place, 'out-of-range', e.span, { where: 'the count of a loop', wanted: 'a whole number ≥ 0', found: String(n) });
  if (n > mostCalls) fail(place, 'too-many-calls', e.span, { limit: mostCalls });
  return Array.from({ length: n }, (_, i) => ({ value: numberValue(i), span: e.span }));
}

function evaluateName(place: Place, e: Name): Value {
  const bound = findBinding(place.scope, e.text);
  if (bound) {
    if (bound.value.kind === 'poison') throw new Stop();
    return bound.value.kind === 'tensor' && bound.value.name === undefined ? { ...bound.value, name: e.text } : bound.value;
  }
  if (findIndex(place.scope, e.text)) {
    return fail(place, 'wrong-operand', e.span, { what: `index \`${e.text}\``, wanted: 'used as a subscript', found: 'a value' });
  }
  const own = findFunction(place, e);
  if (own) return own;
  const names = [...visibleNames(place.scope), ...place.context.functions.names(e.span)];
  const known = listed(visibleNames(place.scope));
  const otherwise = known === '' ? undefined : `there is ${known}; a column is declared in \`features\``;
  return fail(place, 'unknown-name', e.span, { name: e.text }, meant(e.span, names, otherwise));
}

/** Before `(` and `[…](` a name is looked up among functions first: those in scope, then blocks and built-ins. */
export function findFunction(place: Place, name: Name): FunctionValue | undefined {
  for (let s: Scope | undefined = place.scope; s; s = s.parent) {
    const value = s.values.get(name.text)?.value;
    if (value?.kind === 'function') return value;
  }
  return place.context.functions.find(name);
}

function callee(place: Place, e: Expression): FunctionValue {
  if (e.kind === 'name') {
    const found = findFunction(place, e);
    if (found) return found;
    const bound = findBinding(place.scope, e.text);
    if (bound?.value.kind === 'poison') throw new Stop();
    if (bound) return fail(place, 'not-a-function', e.span, { what: `\`${e.text}\`` });
    const names = [...place.context.functions.names(e.span), 'weight', 'bias'];
    return fail(place, 'unknown-function', e.span, { name: e.text }, meant(e.span, names));
  }
  const value = evaluate(inner(place), e);
  return value.kind === 'function' ? value : fail(place, 'not-a-function', e.span, { what: valueText(value) });
}

function evaluateCall(place: Place, e: Call): Value {
  const { callee: head } = e;
  if (head.kind === 'subscript' && head.target.kind === 'name') {
    const name = head.target.text;
    if (name === 'weight' || name === 'bias') return evaluateWeight(place, head, name, e.arguments);
    const f = findFunction(place, head.target);
    if (f) return evaluateIndexed(place, f, head, e);
  }
  if (head.kind === 'name' && (head.text === 'weight' || head.text === 'bias') && !findFunction(place, head)) {
    return fail(
      place,
      'missing-argument',
      head.span,
      { parameter: 'shape', block: `\`${head.text}\`` },
      { help: `its shape stands in brackets: \`${head.text}[d]\`` },
    );
  }
  const f = callee(place, head);
  // A label's name stands for its logit everywhere else.
  const takesLabel = f.is === 'builtin' && f.name === 'target';
  const given = e.arguments.map((a): GivenArgument => {
    const name = a.name === undefined ? {} : { name: a.name.text, nameSpan: a.name.span };
    if (a.value.kind === 'hole') return { ...name, span: a.value.span };
    if (takesLabel && a.value.kind === 'name')
      return { ...name, span: a.value.span, value: { kind: 'text', value: a.value.text } };
    return { ...name, span: a.value.span, value: evaluate(inner(place), a.value) };
  });
  if (given.some((a) => a.value === undefined)) return makePartial(place, f, given, e.span);
  return applyFunction(place, f, given, e.span);
}

/** `sum[i](e)`: e is computed for each i, and the axis is then reduced, bound or kept. */
function evaluateIndexed(place: Place, f: FunctionValue, head: Subscript, e: Call): Value {
  if (f.is !== 'builtin' || !f.builtin.indexed) {
    return fail(place, 'wrong-operand', head.span, {
      what: functionName(f),
      wanted: 'called without an index',
      found: 'one in brackets',
    });
  }
  const names = head.subscripts.map((s) =>
    s.kind === 'name'
      ? s
      : fail(place, 'wrong-operand', s.span, {
          what: functionName(f),
          wanted: 'names of indices in [ ]',
          found: 'something else',
        }),
  );
  const [argument, ...more] = e.arguments;
  if (!argument || more.length > 0 || argument.name) {
    return fail(place, 'too-many-arguments', e.span, { block: `\`${f.name}[…]\``, most: 1, found: e.arguments.length });
  }
  const { indexed, keepsIndex } = f.builtin;
  if (keepsIndex) {
    const open = names.map(
      (n) =>
        findIndex(place.scope, n.text) ??
        fail(
          place,
          'not-an-index',
          n.span,
          { name: n.text },
          { help: `bind it around this: \`stack[${n.text}](…)\`, or \`y[${n.text}] = …\`` },
        ),
    );
    const value = operand(place, argument.value, functionName(f));
    const early = open.find((index) => index.size === undefined);
    if (early)
      fail(
        place,
        'index-without-range',
        e.span,
        { name: early.name },
        { help: `its range comes from a subscript that stands before: write what has \`[${early.name}]\` first` },
      );
    return open.reduce((x, index) => indexed(place, x, sized(place, index), e.span), value);
  }
  return withIndices(place, names, (within, open) => {
    const value = operand(within, argument.value, functionName(f));
    return [...open].reverse().reduce((x, index) => indexed(place, x, sized(place, index), e.span), value);
  });
}

/** Opens new indices, hands them to `body`, and checks that each has a range. */
export function withIndices(
  place: Place,
  names: readonly Name[],
  body: (place: Place, open: readonly OpenIndex[]) => TensorValue,
): TensorValue {
  const indices = new Map<string, OpenIndex>();
  const scope = childScope(place.scope, indices);
  const open = names.map((n) => {
    if (findIndex(scope, n.text) ?? findBinding(scope, n.text)) fail(place, 'index-not-new', n.span, { name: n.text });
    const index: OpenIndex = { id: place.context.nextIndex, name: n.text, span: n.span, size: undefined, from: undefined };
    place.context.nextIndex += 1;
    indices.set(n.text, index);
    return index;
  });
  return body({ ...inner(place), scope }, open);
}

function sized(place: Place, open: OpenIndex): ReturnType<Place['context']['indexOf']> {
  if (open.size === undefined) return fail(place, 'index-without-range', open.span, { name: open.name });
  return place.context.indexOf(open);
}

export const bindIndices = (place: Place, x: TensorValue, open: readonly OpenIndex[], span: Span): TensorValue =>
  [...open].reverse().reduce((y, index) => bind(place, span, y, sized(place, index)), x);
