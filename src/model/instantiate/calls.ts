import type { Span } from '../../language/source.js';
import type { Block, Parameter, TypeExpression } from '../../language/syntax.js';
import type { Marked } from '../diagnostics.js';
import { oneOf } from '../messages.js';
import { nearest } from '../suggest.js';
import { runBody } from './body.js';
import { below, childScope, fail, findBinding, type Frame, type Place, type Scope, type WeightOptions } from './context.js';
import { countCall, evaluate, toInitializer, toL2 } from './evaluate.js';
import { asTensor, reshape } from './tensors.js';
import {
  functionName,
  numberValue,
  shapeText,
  valueText,
  type Element,
  type FunctionValue,
  type PartialArgument,
  type TensorValue,
  type Value,
} from './values.js';

const deepest = 200;

/** An argument at a call; without a value it is a hole. */
export interface GivenArgument {
  readonly name?: string;
  readonly nameSpan?: Span;
  readonly value?: Value;
  readonly span: Span;
}

/** A call with holes is a function; its other arguments are checked where it is called. */
export function makePartial(place: Place, f: FunctionValue, given: readonly GivenArgument[], span: Span): FunctionValue {
  const known = namedParameters(f);
  for (const a of given) {
    if (a.name !== undefined && known && !known.includes(a.name)) unknownArgument(place, f, a.name, a.nameSpan ?? a.span, known);
  }
  return { kind: 'function', is: 'partial', of: f, arguments: given satisfies readonly PartialArgument[], span };
}

function namedParameters(f: FunctionValue): readonly string[] | undefined {
  switch (f.is) {
    case 'block':
      return [...f.block.parameters.map((p) => p.name.text), 'init', 'l2', 'frozen'];
    case 'builtin':
      return f.builtin.parameters.map((p) => p.name);
    case 'partial':
      return undefined;
    default:
      return f satisfies never;
  }
}

function unknownArgument(place: Place, f: FunctionValue, name: string, span: Span, known: readonly string[]): never {
  const own = known.filter((k) => !['init', 'l2', 'frozen'].includes(k));
  const near = nearest(name, known);
  return fail(
    place,
    'unknown-argument',
    span,
    { name, block: functionName(f) },
    {
      help: near ? `did you mean \`${near}\`?` : own.length > 0 ? `it has ${oneOf(own.map((k) => `\`${k}\``))}` : undefined,
      fix: near ? { span, text: near } : undefined,
    },
  );
}

/** Calls a function; `span` is the call's place. */
export function applyFunction(place: Place, f: FunctionValue, given: readonly GivenArgument[], span: Span): Value {
  switch (f.is) {
    case 'partial':
      return applyFunction(place, f.of, fillHoles(place, f, given, span), span);
    case 'builtin':
      return applyBuiltin(place, f, given, span);
    case 'block':
      return applyBlock(place, f, given, span);
    default:
      return f satisfies never;
  }
}

function fillHoles(
  place: Place,
  f: Extract<FunctionValue, { is: 'partial' }>,
  given: readonly GivenArgument[],
  span: Span,
): readonly GivenArgument[] {
  const named = new Map(given.flatMap((a) => (a.name === undefined ? [] : [[a.name, a] as const])));
  const positional = given.filter((a) => a.name === undefined);
  let next = 0;
  const filled = f.arguments.map((a): GivenArgument => {
    if (a.value !== undefined) return a;
    const own = a.name === undefined ? undefined : named.get(a.name);
    if (own) {
      named.delete(own.name ?? '');
      return own;
    }
    const value = positional[next];
    next += 1;
    if (!value) {
      return fail(
        place,
        'missing-argument',
        span,
        { parameter: '_', block: functionName(f) },
        { notes: [{ span: f.span, text: 'the hole is here' }] },
      );
    }
    return a.name === undefined ? value : { ...value, name: a.name };
  });
  if (next < positional.length) {
    return fail(
      place,
      'too-many-arguments',
      positional[next]?.span ?? span,
      { block: functionName(f), most: next, found: positional.length },
      {
        notes: [{ span: f.span, text: `this has ${String(next)} hole${next === 1 ? '' : 's'}` }],
      },
    );
  }
  return [...filled, ...named.values()];
}

/** Arguments by parameter name; the first list parameter takes all positional ones, lists among them spliced. */
function placeArguments(
  place: Place,
  f: FunctionValue,
  parameters: readonly { readonly name: string }[],
  list: boolean,
  given: readonly GivenArgument[],
  span: Span,
): ReadonlyMap<string, Element> {
  const block = functionName(f);
  const placed = new Map<string, Element>();
  const elements: Element[] = [];
  let position = 0;
  for (const a of given) {
    if (a.value === undefined) fail(place, 'misplaced-hole', a.span, {});
    const own: Element = { value: a.value, span: a.span };
    if (a.name === undefined && list) {
      elements.push(...(a.value.kind === 'list' ? a.value.elements : [own]));
      continue;
    }
    const parameter = a.name === undefined ? parameters[position] : parameters.find((p) => p.name === a.name);
    if (a.name === undefined) position += 1;
    if (!parameter) {
      if (a.name !== undefined)
        unknownArgument(
          place,
          f,
          a.name,
          a.nameSpan ?? a.span,
          parameters.map((p) => p.name),
        );
      return fail(place, 'too-many-arguments', a.span, {
        block,
        most: parameters.length,
        found: given.filter((g) => g.name === undefined).length,
      });
    }
    if (placed.has(parameter.name)) {
      return fail(place, 'duplicate-name', a.nameSpan ?? a.span, { what: `arguments of ${block}`, name: parameter.name });
    }
    placed.set(parameter.name, own);
  }
  const [first] = parameters;
  if (list && first && (elements.length > 0 || (!placed.has(first.name) && given.some((a) => a.name === undefined)))) {
    if (placed.has(first.name)) return fail(place, 'duplicate-name', span, { what: `arguments of ${block}`, name: first.name });
    placed.set(first.name, { value: { kind: 'list', elements }, span: elements[0]?.span ?? span });
  }
  return placed;
}

function applyBuiltin(
  place: Place,
  f: Extract<FunctionValue, { is: 'builtin' }>,
  given: readonly GivenArgument[],
  span: Span,
): Value {
  const { builtin, name } = f;
  if (!builtin.run) return fail(place, 'not-yet', span, { what: `\`${name}\`` });
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

interface SizeOrigin extends Marked {
  readonly size: number;
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
  const passed = given.filter((a) => a.name === undefined || own.has(a.name) || !['init', 'l2', 'frozen'].includes(a.name));
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
    given: new Map([...placed].map(([name, e]) => [name, e.span])),
    ...(place.frame && { parent: place.frame }),
  };
  const scope = childScope();
  const inside: Place = {
    context,
    scope,
    frame,
    path: place.target === undefined || place.frame ? below(place.path, block.name.text) : below(place.path, place.target),
    options,
  };
  const origins = new Map<string, SizeOrigin>();
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
    const value = match(
      inside,
      place,
      parameter.type,
      element,
      `\`${parameter.name.text}\` of ${functionName(f)}`,
      parameter.name.text,
      functionName(f),
      origins,
    );
    scope.values.set(parameter.name.text, { value: named(value, element.value), fixed: 'a parameter' });
  }
  context.active.push(block);
  try {
    const result = runBody(inside, block.body.statements);
    if (!result) return fail(inside, 'missing-return', block.name.span, { block: block.name.text });
    if (!block.result) return result.value;
    return checkResult(inside, block, block.result, result, origins);
  } finally {
    context.active.pop();
  }
}

/** A tensor parameter is called by its own name in messages, a feature by the feature's. */
const named = (value: Value, given: Value): Value =>
  value.kind === 'tensor' && given.kind === 'feature' ? { ...value, name: given.feature.name } : value;

function weightOptions(place: Place, given: readonly GivenArgument[], own: ReadonlySet<string>): WeightOptions {
  const found = (name: string): Element | undefined => {
    const a = own.has(name) ? undefined : given.find((g) => g.name === name);
    return a?.value === undefined ? undefined : { value: a.value, span: a.span };
  };
  const frozen = found('frozen');
  if (frozen) fail(place, 'not-yet', frozen.span, { what: '`frozen`' });
  const [init, l2] = [found('init'), found('l2')];
  return {
    ...place.options,
    ...(init && { init: toInitializer(place, init) }),
    ...(l2 && { l2: toL2(place, l2) }),
  };
}

function defaultOf(inside: Place, parameter: Parameter): Element | undefined {
  return parameter.default && { value: evaluate(inside, parameter.default), span: parameter.default.span };
}

export const isList = (type: TypeExpression): boolean => type.brackets.at(-1)?.length === 0;

/** Fits a value to a parameter's type: bare names in it take the sizes they meet, everything else is compared. */
function match(
  inside: Place,
  caller: Place,
  type: TypeExpression,
  element: Element,
  what: string,
  parameter: string,
  block: string,
  origins: Map<string, SizeOrigin>,
): Value {
  const { value, span } = element;
  const wrong = (wanted: string, help?: string): never =>
    fail(caller, 'wrong-argument', span, { parameter, block, wanted, found: valueText(value) }, { help });
  if (isList(type)) {
    if (value.kind !== 'list') return wrong('a list', 'put it in [ ]');
    const of = { ...type, brackets: type.brackets.slice(0, -1) };
    checkEqualSizes(inside, caller, of, value.elements, block);
    return {
      kind: 'list',
      elements: value.elements.map((e) => ({
        span: e.span,
        value: match(inside, caller, of, e, what, parameter, block, origins),
      })),
    };
  }
  const [sizes = []] = type.brackets;
  switch (type.name.text) {
    case 'int':
      if (value.kind !== 'number') return wrong('a whole number');
      return Number.isSafeInteger(value.value) ? value : fail(caller, 'not-whole', span, { value: String(value.value) });
    case 'float':
      return value.kind === 'number' ? value : wrong('a number');
    case 'bool':
      return value.kind === 'boolean' ? value : wrong('`true` or `false`');
    case 'feature':
      return value.kind === 'feature' ? value : wrong('a feature');
    case 'function':
      return value.kind === 'function' ? value : wrong('a function');
    case 'sequence':
      return fail(inside, 'not-yet', type.span, { what: 'a sequence' });
    case 'scalar':
    case 'vector':
    case 'matrix':
    case 'fields':
    case 'tensor': {
      if (value.kind !== 'tensor' && value.kind !== 'feature' && value.kind !== 'number') return wrong(`a ${type.name.text}`);
      return matchTensor(inside, caller, type, sizes, asTensor(caller, value, span, what), span, what, origins);
    }
    default:
      return fail(inside, 'unknown-type', type.name.span, { name: type.name.text });
  }
}

function matchTensor(
  inside: Place,
  caller: Place,
  type: TypeExpression,
  sizes: TypeExpression['brackets'][number],
  given: TensorValue,
  span: Span,
  what: string,
  origins: Map<string, SizeOrigin>,
): TensorValue {
  let x = given;
  if (sizes.length === 0 && x.shape.length === 1 && x.shape[0] === 1) x = reshape(caller, span, x, []);
  if (sizes.length === 1 && x.shape.length === 0) x = reshape(caller, span, x, [1]);
  if (x.shape.length !== sizes.length) {
    return fail(
      caller,
      'size-mismatch',
      span,
      { what, wanted: typeText(type), found: valueText(x) },
      {
        help: x.shape.length === 2 && sizes.length === 1 ? 'flatten(…) makes one vector of a matrix' : undefined,
      },
    );
  }
  sizes.forEach((size, axis) => {
    const found = x.shape[axis] ?? 0;
    const wanted = sizeOfType(inside, size, found, { span, text: '', size: found }, origins);
    if (wanted === undefined || wanted === found) return;
    const origin = size.kind === 'name' ? origins.get(size.text) : undefined;
    const expected = shapeText(x.shape.map((s, i) => (i === axis ? wanted : s)));
    fail(
      caller,
      'size-mismatch',
      span,
      { what, wanted: expected, found: valueText(x) },
      {
        ...(origin &&
          size.kind === 'name' && {
            notes: [{ span: origin.span, text: `\`${size.text}\` is ${String(wanted)} because of this` }],
          }),
      },
    );
  });
  return x;
}

/** The size that a type asks for: undefined for `_`; a bare new name takes the size it meets. */
function sizeOfType(
  inside: Place,
  size: TypeExpression['brackets'][number][number],
  found: number,
  origin: SizeOrigin,
  origins: Map<string, SizeOrigin>,
): number | undefined {
  if (size.kind === 'hole') return undefined;
  if (size.kind === 'name' && !findBinding(inside.scope, size.text)) {
    inside.scope.values.set(size.text, { value: numberValue(found), fixed: 'a size' });
    origins.set(size.text, origin);
    return found;
  }
  const value = evaluate(inside, size);
  if (value.kind !== 'number')
    return fail(inside, 'wrong-operand', size.span, { what: 'a size', wanted: 'a whole number', found: valueText(value) });
  return Number.isSafeInteger(value.value) ? value.value : fail(inside, 'not-whole', size.span, { value: String(value.value) });
}

/** Lists of vectors of one size name every feature whose size differs. */
function checkEqualSizes(inside: Place, caller: Place, of: TypeExpression, elements: readonly Element[], block: string): void {
  const [sizes = []] = of.brackets;
  if (
    isList(of) ||
    sizes.length !== 1 ||
    sizes[0]?.kind !== 'name' ||
    of.name.text !== 'vector' ||
    findBinding(inside.scope, sizes[0].text)
  )
    return;
  const vectors = elements.flatMap((e) => {
    if (e.value.kind !== 'tensor' && e.value.kind !== 'feature') return [];
    const x = asTensor(caller, e.value, e.span, block);
    return x.shape.length === 1 ? [{ size: x.shape[0] ?? 0, element: e }] : [];
  });
  const [first] = vectors;
  const differs = first && vectors.find((v) => v.size !== first.size);
  if (!differs) return;
  const more = vectors.filter((v) => v.size === differs.size).length - 1;
  const tableOf = ({ value }: Element): readonly Marked[] => {
    const table =
      value.kind === 'feature' && value.feature.kind === 'category' ? caller.context.tables.get(value.feature.table) : undefined;
    return table && value.kind === 'feature'
      ? [{ span: table.span, text: `the size of \`${value.feature.name}\` is set here` }]
      : [];
  };
  fail(
    caller,
    'unequal-embedding-dims',
    first.element.span,
    { what: block },
    {
      label: `size ${String(first.size)}`,
      labels: [
        {
          span: differs.element.span,
          text: `size ${String(differs.size)}${more > 0 ? `, and ${String(more)} more of ${String(differs.size)}` : ''}`,
        },
      ],
      notes: tableOf(first.element),
      help: `concat(…) accepts any sizes; or set one dim for all ${String(vectors.length)}`,
    },
  );
}

export const typeText = (type: TypeExpression): string =>
  `${type.name.text}${type.brackets.map((b) => `[${b.map((s) => (s.kind === 'name' ? s.text : s.kind === 'number' ? s.text : '…')).join(', ')}]`).join('')}`;

function checkResult(
  inside: Place,
  block: Block,
  type: TypeExpression,
  result: Element,
  origins: Map<string, SizeOrigin>,
): Value {
  const name = `\`${block.name.text}\``;
  const { value, span } = result;
  if (isList(type)) {
    if (value.kind !== 'list')
      return fail(inside, 'wrong-result', span, { block: name, wanted: 'a list', found: valueText(value) });
    const of = { ...type, brackets: type.brackets.slice(0, -1) };
    return {
      kind: 'list',
      elements: value.elements.map((e) => ({ span: e.span, value: checkResult(inside, block, of, e, origins) })),
    };
  }
  const scope: Scope = childScope(inside.scope);
  const place: Place = { ...inside, scope };
  switch (type.name.text) {
    case 'scalar':
    case 'vector':
    case 'matrix':
    case 'fields':
    case 'tensor': {
      const given = asTensor(inside, value, span, `the result of ${name}`);
      const [sizes = []] = type.brackets;
      let x = given;
      if (sizes.length === 0 && x.shape.length === 1 && x.shape[0] === 1) x = reshape(inside, span, x, []);
      if (sizes.length === 1 && x.shape.length === 0) x = reshape(inside, span, x, [1]);
      const wanted = sizes.map(
        (s, i) => sizeOfType(place, s, x.shape[i] ?? 0, { span, text: '', size: 0 }, origins) ?? x.shape[i] ?? 0,
      );
      if (wanted.length !== x.shape.length || wanted.some((w, i) => w !== x.shape[i])) {
        return fail(inside, 'wrong-result', span, {
          block: name,
          wanted: wanted.length === x.shape.length ? shapeText(wanted) : typeText(type),
          found: valueText(x),
        });
      }
      const { name: _, ...unnamed } = x;
      return unnamed;
    }
    case 'function':
      return value.kind === 'function'
        ? value
        : fail(inside, 'wrong-result', span, { block: name, wanted: 'a function', found: valueText(value) });
    case 'int':
    case 'float':
      return value.kind === 'number'
        ? value
        : fail(inside, 'wrong-result', span, { block: name, wanted: 'a number', found: valueText(value) });
    case 'bool':
      return value.kind === 'boolean'
        ? value
        : fail(inside, 'wrong-result', span, { block: name, wanted: '`true` or `false`', found: valueText(value) });
    default:
      return fail(inside, 'unknown-type', type.name.span, { name: type.name.text });
  }
}
