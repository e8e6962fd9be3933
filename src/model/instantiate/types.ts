import type { Block, TypeExpression } from '../../language/syntax.js';
import type { Marked } from '../diagnostics.js';
import type { Feature } from '../model.js';
import type { Span } from '../../language/source.js';
import { sameSize, type Size } from '../network.js';
import { childScope, fail, findBinding, type Place, type Scope } from './context.js';
import { evaluate } from './evaluate.js';
import { countSteps } from './limits.js';
import { asScalar, asTensor, reshape } from './tensors.js';
import {
  functionName,
  numberValue,
  shapeText,
  sizeText,
  valueText,
  type Element,
  type FunctionValue,
  type TensorValue,
  type Value,
} from './values.js';

/** The parameter that a value is for. */
export interface Slot {
  readonly parameter: string;
  readonly of: FunctionValue;
  /** What may have been meant by an argument that does not fit. */
  readonly hint?: string;
}

const slotText = ({ parameter, of }: Slot): string => `\`${parameter}\` of ${functionName(of)}`;

export const isList = (type: TypeExpression): boolean => type.brackets.at(-1)?.length === 0;

/** Fits a value to a parameter's type: bare names in it take the sizes they meet, everything else is compared. */
export function match(inside: Place, caller: Place, type: TypeExpression, element: Element, slot: Slot): Value {
  const { value, span } = element;
  const wrong = (wanted: string, help?: string): never =>
    fail(
      caller,
      'wrong-argument',
      span,
      { parameter: slot.parameter, block: functionName(slot.of), wanted, found: valueText(value) },
      { help: help ?? slot.hint },
    );
  if (isList(type)) {
    if (value.kind !== 'list') return wrong('a list', 'put it in [ ]');
    countSteps(caller, span, value.elements.length);
    const of = { ...type, brackets: type.brackets.slice(0, -1) };
    checkEqualSizes(inside, caller, of, value.elements, slot);
    return {
      kind: 'list',
      elements: value.elements.map((e) => ({
        span: e.span,
        value: match(inside, caller, of, e, slot),
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
    case 'sequence': {
      if (value.kind === 'tensor' && typeof value.shape[0] === 'object')
        return matchTensor(inside, caller, type, sizes, { value, span }, slot);
      return wrong(
        'a sequence',
        value.kind === 'feature' ? `\`sequence(${value.feature.name})\` gives its rows one by one` : undefined,
      );
    }
    case 'scalar':
    case 'vector':
    case 'matrix':
    case 'fields':
    case 'tensor': {
      if (value.kind !== 'tensor' && value.kind !== 'feature' && value.kind !== 'number') return wrong(`a ${type.name.text}`);
      if (type.name.text === 'fields' && value.kind === 'tensor' && typeof value.shape[0] === 'object') return wrong('fields');
      return matchTensor(inside, caller, type, sizes, { value: asTensor(caller, value, span, 'an argument'), span }, slot);
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
  { value: given, span }: { readonly value: TensorValue; readonly span: Span },
  slot: Slot,
): TensorValue {
  let x = given;
  if (sizes.length === 0) x = asScalar(caller, span, x);
  if (sizes.length === 1 && x.shape.length === 0) x = reshape(caller, span, x, [1]);
  if (x.shape.length !== sizes.length) {
    return fail(
      caller,
      'size-mismatch',
      span,
      { what: slotText(slot), wanted: typeText(type), found: valueText(x) },
      {
        help: x.shape.length === 2 && sizes.length === 1 ? 'flatten(…) makes one vector of a matrix' : undefined,
      },
    );
  }
  sizes.forEach((size, axis) => {
    const found = x.shape[axis] ?? 0;
    const wanted = sizeOfType(inside, size, found, span);
    if (wanted === undefined || sameSize(wanted, found)) return;
    const from = size.kind === 'name' ? findBinding(inside.scope, size.text)?.from : undefined;
    const expected = shapeText(x.shape.map((s, i) => (i === axis ? wanted : s)));
    fail(
      caller,
      'size-mismatch',
      span,
      { what: slotText(slot), wanted: expected, found: valueText(x) },
      {
        ...(from &&
          size.kind === 'name' && {
            notes: [{ span: from, text: `\`${size.text}\` is ${sizeText(wanted)} because of this` }],
          }),
      },
    );
  });
  return x;
}

/** The size that a type asks for: undefined for `_`; a bare new name takes the size it meets. */
function sizeOfType(inside: Place, size: TypeExpression['brackets'][number][number], found: Size, from: Span): Size | undefined {
  if (size.kind === 'hole') return undefined;
  if (size.kind === 'name' && !findBinding(inside.scope, size.text)) {
    const value: Value = typeof found === 'number' ? numberValue(found) : { kind: 'ragged', size: found };
    inside.scope.values.set(size.text, { value, fixed: 'a size', from });
    return found;
  }
  const value = evaluate(inside, size);
  if (value.kind === 'ragged') return value.size;
  if (value.kind !== 'number')
    return fail(inside, 'wrong-operand', size.span, { what: 'a size', wanted: 'a whole number', found: valueText(value) });
  return Number.isSafeInteger(value.value) ? value.value : fail(inside, 'not-whole', size.span, { value: String(value.value) });
}

/** Lists of vectors of one size name every feature whose size differs. */
function checkEqualSizes(inside: Place, caller: Place, of: TypeExpression, elements: readonly Element[], slot: Slot): void {
  const [sizes = []] = of.brackets;
  if (
    isList(of) ||
    sizes.length !== 1 ||
    sizes[0]?.kind !== 'name' ||
    of.name.text !== 'vector' ||
    findBinding(inside.scope, sizes[0].text)
  )
    return;
  const vectors = elements.flatMap((e): readonly SizedVector[] => {
    if (e.value.kind !== 'tensor' && e.value.kind !== 'feature') return [];
    const x = asTensor(caller, e.value, e.span, slotText(slot));
    const [size] = x.shape;
    return x.shape.length === 1 && typeof size === 'number' ? [{ size, element: e }] : [];
  });
  const bySize = new Map<number, SizedVector[]>();
  for (const v of vectors) bySize.set(v.size, [...(bySize.get(v.size) ?? []), v]);
  if (bySize.size < 2) return;
  const groups = [...bySize].sort(([, a], [, b]) => b.length - a.length);
  const places = groups.flatMap(([size, [one, ...more]]) =>
    one
      ? [{ span: one.element.span, text: `size ${String(size)}${more.length > 0 ? `, and ${String(more.length)} more` : ''}` }]
      : [],
  );
  const [first, ...others] = places.toSorted((a, b) => a.span.start - b.span.start);
  const areApart = new Set(places.map(({ span }) => span.start)).size === places.length;
  fail(
    caller,
    'unequal-embedding-dims',
    first?.span ?? of.span,
    { what: functionName(slot.of), sizes: groups.map(([size, ones]) => `${String(size)} (${namesOf(ones)})`).join(' and ') },
    {
      ...(first && areApart && { label: first.text, labels: others }),
      notes: groups.flatMap(([, ones]) => tablesOf(caller, ones)),
      help: helpFor(groups),
    },
  );
}

interface SizedVector {
  readonly size: number;
  readonly element: Element;
}

const featureOfVector = ({ element: { value } }: SizedVector): Feature | undefined =>
  value.kind === 'feature' ? value.feature : undefined;

/** Names of features, the first few; vectors without a name are counted. */
function namesOf(vectors: readonly SizedVector[]): string {
  const names = vectors.flatMap((v) => featureOfVector(v)?.name ?? []);
  const unnamed = vectors.length - names.length;
  const shown = names.slice(0, 4).map((name) => `\`${name}\``);
  const rest = names.length - shown.length + unnamed;
  if (shown.length === 0) return rest === 1 ? 'a vector' : `${String(rest)} vectors`;
  return rest > 0 ? `${shown.join(', ')} and ${String(rest)} more` : shown.join(', ');
}

/** Where the size of the first table among them is said. */
function tablesOf({ context }: Place, vectors: readonly SizedVector[]): readonly Marked[] {
  for (const v of vectors) {
    const feature = featureOfVector(v);
    const table = feature?.kind === 'category' ? context.tables.get(feature.table) : undefined;
    if (feature && table) return [{ span: table.span, text: `the size of \`${feature.name}\` is set here` }];
  }
  return [];
}

/** The fewer are fitted to the more. */
function helpFor(groups: readonly (readonly [number, readonly SizedVector[]])[]): string {
  const [most, ...others] = groups;
  const odd = others
    .flatMap(([, vectors]) => vectors.flatMap((v) => featureOfVector(v) ?? []))
    .find((f) => f.kind !== 'category');
  const size = String(most?.[0] ?? 1);
  if (odd?.kind === 'number')
    return `\`embeddings { ${odd.name}: { dim: ${size} } }\` makes a number a vector; concat(…) accepts any sizes`;
  if (odd) return `\`embed(${odd.name}, ${size})\` makes a vector of that size; concat(…) accepts any sizes`;
  return 'concat(…) accepts any sizes; or set one dim for all';
}

export const typeText = (type: TypeExpression): string =>
  `${type.name.text}${type.brackets.map((b) => `[${b.map((s) => (s.kind === 'name' ? s.text : s.kind === 'number' ? s.text : '…')).join(', ')}]`).join('')}`;

export function checkResult(inside: Place, block: Block, type: TypeExpression, result: Element): Value {
  const name = `\`${block.name.text}\``;
  const { value, span } = result;
  if (isList(type)) {
    if (value.kind !== 'list')
      return fail(inside, 'wrong-result', span, { block: name, wanted: 'a list', found: valueText(value) });
    countSteps(inside, span, value.elements.length);
    const of = { ...type, brackets: type.brackets.slice(0, -1) };
    return {
      kind: 'list',
      elements: value.elements.map((e) => ({ span: e.span, value: checkResult(inside, block, of, e) })),
    };
  }
  const scope: Scope = childScope(inside.scope);
  const place: Place = { ...inside, scope };
  switch (type.name.text) {
    case 'scalar':
    case 'vector':
    case 'matrix':
    case 'fields':
    case 'sequence':
    case 'tensor': {
      const given = asTensor(inside, value, span, `the result of ${name}`);
      const [sizes = []] = type.brackets;
      let x = given;
      if (sizes.length === 0) x = asScalar(inside, span, x);
      if (sizes.length === 1 && x.shape.length === 0) x = reshape(inside, span, x, [1]);
      const wanted = sizes.map((s, i) => sizeOfType(place, s, x.shape[i] ?? 0, span) ?? x.shape[i] ?? 0);
      if (wanted.length !== x.shape.length || wanted.some((w, i) => !sameSize(w, x.shape[i]))) {
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
