import { isWithin, type Span } from '../../language/source.js';
import { oneOf } from '../messages.js';
import { meant } from '../suggest.js';
import { fail, type Place } from './context.js';
import { countSteps, deepest } from './limits.js';
import { functionName, type Element, type FunctionValue, type PartialArgument, type Value } from './values.js';

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
  const depth = f.is === 'partial' || f.is === 'shared' ? f.depth + 1 : 0;
  if (depth > deepest) fail(place, 'nesting-too-deep', span, {});
  return { kind: 'function', is: 'partial', of: f, depth, arguments: given satisfies readonly PartialArgument[], span };
}

/** What a call of any block accepts besides its parameters, for the weights within it. */
export const weightOptionNames: readonly string[] = ['init', 'l2', 'frozen'];

function namedParameters(f: FunctionValue): readonly string[] | undefined {
  switch (f.is) {
    case 'block':
      return [...f.block.parameters.map((p) => p.name.text), ...weightOptionNames];
    case 'builtin':
      return f.builtin.parameters.map((p) => p.name);
    case 'partial':
    case 'shared':
      return undefined;
    default:
      return f satisfies never;
  }
}

function unknownArgument(place: Place, f: FunctionValue, name: string, span: Span, known: readonly string[]): never {
  const own = f.is === 'builtin' ? known : known.filter((k) => !weightOptionNames.includes(k));
  return fail(
    place,
    'unknown-argument',
    span,
    { name, block: functionName(f) },
    meant(span, known, own.length > 0 ? `it has ${oneOf(own.map((k) => `\`${k}\``))}` : undefined),
  );
}

export function fillHoles(
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
export function placeArguments(
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
      const spliced = a.value.kind === 'list' ? a.value.elements : [own];
      countSteps(place, a.span, spliced.length);
      // What a named list holds is written elsewhere: this call is what it is about.
      for (const element of spliced) elements.push(isWithin(element.span, a.span) ? element : { ...element, span: a.span });
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
