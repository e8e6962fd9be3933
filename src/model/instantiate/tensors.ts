import type { Span } from '../../language/source.js';
import type { Feature } from '../model.js';
import type { BinaryFunction, Index, NodeId, Reduction, TensorNode, UnaryFunction } from '../network.js';
import { fail, Stop, type Place } from './context.js';
import { shapeText, valueText, type TensorValue, type Value } from './values.js';

const mostElements = 2 ** 31;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

type Kind = TensorNode['kind'];
type Detail<K extends Kind> = Omit<Extract<TensorNode, { kind: K }>, 'id' | 'shape' | 'indices' | 'rows' | 'span' | 'kind'>;

/** Appends a node. */
export function make<K extends Kind>(
  place: Place,
  span: Span,
  kind: K,
  detail: Detail<K>,
  like: { readonly shape: readonly number[]; readonly indices: readonly Index[]; readonly rows: boolean },
): TensorValue {
  const { nodes } = place.context;
  const { shape, indices, rows } = like;
  if (sizeOf(shape) * sizeOf(indices.map((i) => i.size)) >= mostElements) {
    fail(place, 'too-large', span, { what: `a ${shapeText(shape)}`, limit: 'two thousand million numbers' });
  }
  const id: NodeId = nodes.length;
  nodes.push({ id, kind, shape, indices, rows, span, ...detail } as unknown as TensorNode);
  return { kind: 'tensor', node: id, shape, indices, rows };
}

export function united(...values: readonly TensorValue[]): { readonly indices: readonly Index[]; readonly rows: boolean } {
  const all = new Map<number, Index>();
  for (const v of values) for (const i of v.indices) all.set(i.id, i);
  return { indices: [...all.values()].sort((a, b) => a.id - b.id), rows: values.some((v) => v.rows) };
}

export const constant = (place: Place, span: Span, value: number, shape: readonly number[] = []): TensorValue =>
  make(place, span, 'constant', { value }, { shape, indices: [], rows: false });

export const reshape = (place: Place, span: Span, x: TensorValue, shape: readonly number[]): TensorValue =>
  shape.length === x.shape.length && shape.every((s, i) => s === x.shape[i])
    ? x
    : make(place, span, 'reshape', { x: x.node }, { ...x, shape });

export const unary = (place: Place, span: Span, name: UnaryFunction, x: TensorValue): TensorValue =>
  make(place, span, 'unary', { function: name, x: x.node }, x);

/** Size of a feature's vector. */
export function featureWidth(place: Place, feature: Feature): number | undefined {
  switch (feature.kind) {
    case 'category':
      return place.context.tables.get(feature.table)?.dim;
    case 'number':
      return 1;
    case 'vector':
      return feature.size;
    case 'time':
      return 2 * feature.cycles.length;
    default:
      return feature satisfies never;
  }
}

/** A feature's vector, a number's scalar, or the tensor itself. A feature whose table could not be made is reported already. */
export function asTensor(place: Place, value: Value, span: Span, what: string): TensorValue {
  switch (value.kind) {
    case 'tensor':
      return value;
    case 'number':
      return constant(place, span, value.value);
    case 'feature': {
      const { context } = place;
      const width = featureWidth(place, value.feature);
      if (width === undefined) throw new Stop();
      const name = value.feature.name;
      const known = context.featureNodes.get(name);
      if (known !== undefined) return { kind: 'tensor', node: known, shape: [width], indices: [], rows: true, name };
      const made = make(place, span, 'feature', { feature: name }, { shape: [width], indices: [], rows: true });
      context.featureNodes.set(name, made.node);
      return { ...made, name };
    }
    case 'boolean':
    case 'text':
    case 'list':
    case 'function':
    case 'initializer':
      return fail(place, 'wrong-operand', span, { what, wanted: 'a tensor', found: valueText(value) });
    case 'poison':
      return fail(place, 'wrong-operand', span, { what, wanted: 'a tensor', found: valueText(value) });
    default:
      return value satisfies never;
  }
}

const isOne = (x: TensorValue): boolean => x.shape.length === 1 && x.shape[0] === 1;
const sameShape = (a: TensorValue, b: TensorValue): boolean =>
  a.shape.length === b.shape.length && a.shape.every((s, i) => s === b.shape[i]);

/** Elementwise over equal shapes; a scalar goes with any shape, and vector[1] is a scalar. */
export function binary(
  place: Place,
  span: Span,
  name: BinaryFunction,
  operator: string,
  left: TensorValue,
  right: TensorValue,
): TensorValue {
  let [a, b] = [left, right];
  if (!sameShape(a, b) && a.shape.length > 0 && b.shape.length > 0) {
    if (isOne(a)) a = reshape(place, span, a, []);
    else if (isOne(b)) b = reshape(place, span, b, []);
  }
  if (!sameShape(a, b) && a.shape.length > 0 && b.shape.length > 0) {
    return fail(
      place,
      'shape-mismatch',
      span,
      { operator, a: valueText(a), b: valueText(b) },
      {
        help: 'operators work on equal shapes, or on one and a scalar; an index lifts one of them',
      },
    );
  }
  return make(
    place,
    span,
    'binary',
    { function: name, a: a.node, b: b.node },
    { shape: a.shape.length > 0 ? a.shape : b.shape, ...united(a, b) },
  );
}

/** matrix[n, m] @ vector[m] or @ matrix[m, k] */
export function matmul(place: Place, span: Span, a: TensorValue, b: TensorValue): TensorValue {
  const [n, m] = a.shape;
  const fits = a.shape.length === 2 && (b.shape.length === 1 || b.shape.length === 2) && m === b.shape[0];
  if (!fits || n === undefined) {
    return fail(
      place,
      'shape-mismatch',
      span,
      { operator: '@', a: valueText(a), b: valueText(b) },
      {
        help: 'matrix[n, m] @ vector[m] gives vector[n], matrix[n, m] @ matrix[m, k] gives matrix[n, k]',
      },
    );
  }
  return make(place, span, 'matmul', { a: a.node, b: b.node }, { shape: [n, ...b.shape.slice(1)], ...united(a, b) });
}

export function transpose(place: Place, span: Span, x: TensorValue): TensorValue {
  const [n, m] = x.shape;
  if (x.shape.length !== 2 || n === undefined || m === undefined) {
    return fail(place, 'wrong-operand', span, { what: '`.T`', wanted: 'a matrix', found: valueText(x) });
  }
  return make(place, span, 'transpose', { x: x.node }, { ...x, shape: [m, n] });
}

export function reduce(place: Place, span: Span, reduction: Reduction, x: TensorValue, over: Index | 'all'): TensorValue {
  if (over === 'all')
    return x.shape.length === 0 ? x : make(place, span, 'reduce', { reduction, x: x.node, over }, { ...x, shape: [] });
  return make(
    place,
    span,
    'reduce',
    { reduction, x: x.node, over },
    { ...x, indices: x.indices.filter((i) => i.id !== over.id) },
  );
}

/** The free index becomes the leading axis. */
export const bind = (place: Place, span: Span, x: TensorValue, index: Index): TensorValue =>
  make(
    place,
    span,
    'bind',
    { x: x.node, index },
    { ...x, shape: [index.size, ...x.shape], indices: x.indices.filter((i) => i.id !== index.id) },
  );

/** x[i]: the leading axis becomes a free index. */
export function lift(place: Place, span: Span, x: TensorValue, index: Index): TensorValue {
  if (x.indices.some((i) => i.id === index.id)) {
    return fail(place, 'not-yet', span, { what: `\`${index.name}\` twice over one tensor (its diagonal)` });
  }
  return make(
    place,
    span,
    'lift',
    { x: x.node, index },
    { shape: x.shape.slice(1), rows: x.rows, indices: [...x.indices, index].sort((a, b) => a.id - b.id) },
  );
}

export const pick = (place: Place, span: Span, x: TensorValue, at: number): TensorValue =>
  make(place, span, 'pick', { x: x.node, at }, { ...x, shape: x.shape.slice(1) });

export const slice = (place: Place, span: Span, x: TensorValue, from: number, to: number): TensorValue =>
  from === 0 && to === x.shape[0]
    ? x
    : make(place, span, 'slice', { x: x.node, from, to }, { ...x, shape: [to - from, ...x.shape.slice(1)] });

/** Along the leading axis; a scalar counts as vector[1]. */
export function concat(place: Place, span: Span, given: readonly TensorValue[]): TensorValue {
  const xs = given.map((x) => (x.shape.length === 0 ? reshape(place, span, x, [1]) : x));
  const [first] = xs;
  if (!first) return fail(place, 'wrong-operand', span, { what: '`concat`', wanted: 'at least one tensor', found: 'none' });
  if (xs.length === 1) return first;
  const rest = first.shape.slice(1);
  for (const x of xs) {
    if (x.shape.length !== first.shape.length || rest.some((s, i) => s !== x.shape[i + 1])) {
      return fail(
        place,
        'shape-mismatch',
        span,
        { operator: 'concat', a: valueText(first), b: valueText(x) },
        {
          help: 'they are joined along the first axis; the others are equal',
        },
      );
    }
  }
  const length = xs.reduce((n, x) => n + (x.shape[0] ?? 0), 0);
  return make(place, span, 'concat', { xs: xs.map((x) => x.node) }, { shape: [length, ...rest], ...united(...xs) });
}

/** Adds a leading axis. */
export function stack(place: Place, span: Span, xs: readonly TensorValue[]): TensorValue {
  const [first] = xs;
  if (!first) return fail(place, 'wrong-operand', span, { what: '`stack`', wanted: 'at least one tensor', found: 'none' });
  for (const x of xs) {
    if (!sameShape(first, x))
      return fail(place, 'shape-mismatch', span, { operator: 'stack', a: valueText(first), b: valueText(x) });
  }
  return make(place, span, 'stack', { xs: xs.map((x) => x.node) }, { shape: [xs.length, ...first.shape], ...united(...xs) });
}
