import type { Span } from '../../language/source.js';
import type { Block, Parameter } from '../../language/syntax.js';
import { oneOf } from '../messages.js';
import { fillHoles, placeArguments, weightOptionNames, type GivenArgument } from './arguments.js';
import { runBody } from './body.js';
import { below, childScope, fail, inner, type Frame, type Place, type WeightOptions } from './context.js';
import { evaluate } from './evaluate.js';
import { truth } from './given.js';
import { pathName } from './functions.js';
import { countCall, deepest } from './limits.js';
import { checkResult, isList, match } from './types.js';
import { functionName, type Element, type FunctionValue, type Value } from './values.js';
import { toInitializer, toL2 } from './weights.js';

/** Calls a function; `span` is the call's place. */
export function applyFunction(place: Place, f: FunctionValue, given: readonly GivenArgument[], span: Span): Value {
  switch (f.is) {
    case 'partial':
      return applyFunction(place, f.of, fillHoles(place, f, given, span), span);
    case 'builtin':
      return applyBuiltin(place, f, given, span);
    case 'block':
      return applyBlock(place, f, given, span);
    case 'shared':
      return applyShared(place, f, given, span);
    default:
      return f satisfies never;
  }
}

/** Later calls stand, for the names of weights, where the first stood. */
function applyShared(
  place: Place,
  f: Extract<FunctionValue, { is: 'shared' }>,
  given: readonly GivenArgument[],
  span: Span,
): Value {
  const rest = inner(place);
  const { first } = f.made;
  if (first) {
    const path = { text: first.text, used: new Map(first.used) };
    return applyFunction({ ...rest, path, reuse: true }, f.of, given, span);
  }
  f.made.first = { text: place.path.text, used: new Map(place.path.used) };
  return applyFunction(rest, f.of, given, span);
}

function applyBuiltin(
  place: Place,
  f: Extract<FunctionValue, { is: 'builtin' }>,
  given: readonly GivenArgument[],
  span: Span,
): Value {
  const { builtin, name } = f;
  countCall(place, span);
  const spread = given.flatMap((a) => (a.value === undefined ? [] : [{ value: a.value, span: a.span }]));
  const asList = builtin.list === true && spread.some((e) => e.value.kind === 'list');
  const placed = placeArguments(place, f, builtin.parameters, builtin.list === true, given, span);
  for (const p of builtin.parameters) {
    if (!p.optional && !builtin.list && !placed.has(p.name))
      fail(place, 'missing-argument', span, { parameter: p.name, block: `\`${name}\`` });
  }
  const first = builtin.list ? placed.get(builtin.parameters[0]?.name ?? '') : undefined;
  const elements = first?.value.kind === 'list' ? first.value.elements : first ? [first] : [];
  const byName = Object.fromEntries(
    [...placed].filter(([key]) => !builtin.list || key !== builtin.parameters[0]?.name || asList),
  );
  return builtin.run(place, byName, span, elements);
}

function applyBlock(
  place: Place,
  f: Extract<FunctionValue, { is: 'block' }>,
  given: readonly GivenArgument[],
  span: Span,
): Value {
  const { block } = f;
  const { context } = place;
  countCall(place, span);
  if (context.active.includes(block)) return fail(place, 'recursion', span, { name: block.name.text });
  if (context.active.length >= deepest) return fail(place, 'nesting-too-deep', span, {});
  const [firstParameter] = block.parameters;
  const list = firstParameter !== undefined && isList(firstParameter.type);
  const own = new Set(block.parameters.map((p) => p.name.text));
  const options = weightOptions(place, given, own);
  const passed = given.filter((a) => a.name === undefined || own.has(a.name) || !weightOptionNames.includes(a.name));
  const placed = placeArguments(
    place,
    f,
    block.parameters.map((p) => ({ name: p.name.text })),
    list,
    passed,
    span,
  );
  const frame: Frame = {
    block: block.name.text,
    call: span,
    isStd: f.isStd,
    scope: place.scope,
    ...(place.frame && { parent: place.frame }),
  };
  const scope = childScope();
  const inside: Place = {
    context,
    scope,
    frame,
    path: place.target === undefined || place.frame ? below(place.path, pathName(block.name.text)) : place.path,
    options,
    ...(place.reuse === true && { reuse: true }),
  };
  for (const parameter of block.parameters) {
    const element = placed.get(parameter.name.text) ?? defaultOf(inside, parameter);
    if (!element) {
      return fail(
        place,
        'missing-argument',
        span,
        { parameter: parameter.name.text, block: functionName(f) },
        {
          notes: f.isStd ? [] : [{ span: parameter.span, text: 'it is declared here' }],
        },
      );
    }
    const value = match(inside, place, parameter.type, element, {
      parameter: parameter.name.text,
      of: f,
      ...(list && parameter === firstParameter && othersByName(block)),
    });
    const from = placed.get(parameter.name.text)?.span;
    scope.values.set(parameter.name.text, { value: named(value, element.value), fixed: 'a parameter', ...(from && { from }) });
  }
  context.active.push(block);
  try {
    const result = runBody(inside, block.body.statements);
    if (!result) return fail(inside, 'missing-return', block.name.span, { block: block.name.text });
    if (!block.result) return result.value;
    return checkResult(inside, block, block.result, result);
  } finally {
    context.active.pop();
  }
}

const othersByName = ({ parameters: [first, ...others] }: Block): { readonly hint?: string } =>
  first && others.length > 0
    ? {
        hint: `\`${first.name.text}\` takes every argument without a name; the others are named: ${oneOf(others.map((p) => `\`${p.name.text}: …\``))}`,
      }
    : {};

/** A tensor parameter is called by its own name in messages, a feature by the feature's. */
const named = (value: Value, given: Value): Value =>
  value.kind === 'tensor' && given.kind === 'feature' ? { ...value, name: given.feature.name } : value;

function weightOptions(place: Place, given: readonly GivenArgument[], own: ReadonlySet<string>): WeightOptions {
  const found = (name: string): Element | undefined => {
    const a = own.has(name) ? undefined : given.find((g) => g.name === name);
    return a?.value === undefined ? undefined : { value: a.value, span: a.span };
  };
  const [init, l2, frozen] = [found('init'), found('l2'), found('frozen')];
  return {
    ...place.options,
    ...(frozen && { frozen: truth(place, frozen, '`frozen`') }),
    ...(init && { init: toInitializer(place, init) }),
    ...(l2 && { l2: toL2(place, l2) }),
  };
}

function defaultOf(inside: Place, parameter: Parameter): Element | undefined {
  return parameter.default && { value: evaluate(inside, parameter.default), span: parameter.default.span };
}
