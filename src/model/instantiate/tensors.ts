import { widthOf } from '../feature-width.js';
import type { Span } from '../../language/source.js';
import type { CategoryFeature, Feature, NumberEmbedding } from '../model.js';
import {
  isSequence,
  sameSize,
  type BinaryFunction,
  type Comparison,
  type Index,
  type NodeId,
  type Reduction,
  type Site,
  type Size,
  type TensorNode,
  type UnaryFunction,
} from '../network.js';
import { fail, Stop, userSpan, type Place } from './context.js';
import { shapeText, valueText, type TensorValue, type Value } from './values.js';

const mostElements = 2 ** 31;

/** Rows that a batch counts where the size of a tensor is weighed. */
const nominalBatch = 1024;

const places = (size: Size): number => (typeof size === 'number' ? size : size.ragged === 'batch' ? nominalBatch : size.length);

/** Number of elements, the most that a ragged axis can have taken for its size. */
export const sizeOf = (shape: readonly Size[]): number => shape.reduce<number>((all, size) => all * places(size), 1);

/** Why no size can be said. */
export const raggedText = (size: Size | undefined): string =>
  isSequence(size) ? 'how many values there are differs by row' : 'how many rows a batch has is not known';

/** The shape in numbers; an axis that differs by row is refused. */
export function fixedShape(place: Place, span: Span, x: TensorValue, what: string): readonly number[] {
  return x.shape.map((size) =>
    typeof size === 'number'
      ? size
      : fail(
          place,
          'ragged-axis',
          span,
          { what, found: valueText(x), why: raggedText(size) },
          { help: 'index it and reduce it: `sum[t](x[t])`; or keep it under an index: `y[t] = f(x[t])`' },
        ),
  );
}

type Kind = TensorNode['kind'];
type Detail<K extends Kind> = Omit<Extract<TensorNode, { kind: K }>, 'id' | 'shape' | 'indices' | 'rows' | 'span' | 'kind'>;

/** Appends a node. */
export function make<K extends Kind>(
  place: Place,
  span: Span,
  kind: K,
  detail: Detail<K>,
  like: { readonly shape: readonly Size[]; readonly indices: readonly Index[]; readonly rows: boolean },
): TensorValue {
  const { nodes } = place.context;
  const { shape, indices, rows } = like;
  if (shape.some((size, axis) => axis > 0 && typeof size !== 'number')) {
    fail(place, 'ragged-axis', span, {
      what: 'an axis after the first',
      found: 'a length that differs',
      why: 'only the first can',
    });
  }
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
  sameSizes(shape, x.shape) ? x : make(place, span, 'reshape', { x: x.node }, { ...x, shape });

export const unary = (place: Place, span: Span, name: UnaryFunction, x: TensorValue): TensorValue =>
  make(place, span, 'unary', { function: name, x: x.node }, x);

type NumericFeature = Exclude<Feature, CategoryFeature>;

/** The numbers of a feature, without the vector that the embeddings section may give them. */
export const numbersOf = (place: Place, span: Span, feature: NumericFeature): TensorValue =>
  make(place, span, 'feature', { feature: feature.name }, { shape: [widthOf(feature)], indices: [], rows: true });

/** The tensor of a lookup; equal sites are one node. */
export function lookup(place: Place, span: Span, site: Site): TensorValue {
  const { context } = place;
  const known = context.featureNodes.get(`site ${site.name}`);
  const same = context.sites.get(site.name);
  if (known && same) {
    if (same.table !== site.table || same.feature !== site.feature) throw new Error(`two lookups are called ${site.name}`);
    return known;
  }
  const root = context.features.find((f) => f.name === site.feature);
  const feature = (root?.kind === 'category' ? root.many?.parallel : undefined) ?? site.feature;
  const first: readonly Size[] = site.length === undefined ? [] : [{ ragged: 'sequence', feature, length: site.length }];
  context.sites.set(site.name, site);
  const made = make(place, span, 'lookup', { site: site.name }, { shape: [...first, site.dim], indices: [], rows: true });
  context.featureNodes.set(`site ${site.name}`, made);
  return made;
}

/** What a feature is where a tensor is needed. A feature whose table could not be made is reported already. */
function featureTensor(place: Place, feature: Feature, span: Span): TensorValue {
  const { context } = place;
  const { name } = feature;
  if (feature.kind === 'category') {
    const dim = context.tables.get(feature.table)?.dim;
    if (dim === undefined) {
      context.embeddings.unsized.get(feature.table)?.();
      throw new Stop();
    }
    const form = feature.many?.pool ?? 'row';
    return { ...lookup(place, span, { name, feature: name, table: feature.table, dim, form }), name };
  }
  const known = context.featureNodes.get(name);
  if (known) return known;
  const embedding = feature.kind === 'number' ? context.embeddings.numbers.get(name) : undefined;
  const own = numbersOf(place, span, feature);
  const made = { ...(embedding ? embedded(place, span, feature, own, embedding) : own), name };
  context.featureNodes.set(name, made);
  return made;
}

/** The number times a learned vector. */
function embedded(place: Place, span: Span, { name }: Feature, x: TensorValue, embedding: NumberEmbedding): TensorValue {
  const weight = `embeddings.${name}`;
  const { dim, initializer, l2, frozen } = embedding;
  place.context.weights.set(weight, {
    name: weight,
    shape: [dim],
    isBias: false,
    span: userSpan(place, embedding.span),
    initializer,
    l2,
    ...(frozen && { frozen }),
  });
  const vector = make(place, span, 'weight', { weight }, { shape: [dim], indices: [], rows: false });
  return binary(place, span, 'multiply', '*', reshape(place, span, x, []), vector);
}

/** A feature's vector, a number's scalar, or the tensor itself. */
export function asTensor(place: Place, value: Value, span: Span, what: string): TensorValue {
  switch (value.kind) {
    case 'tensor':
      return value;
    case 'number':
      return constant(place, span, value.value);
    case 'feature':
      return featureTensor(place, value.feature, span);
    case 'ragged':
    case 'boolean':
    case 'text':
    case 'list':
    case 'function':
    case 'initializer':
    case 'poison':
      return fail(place, 'wrong-operand', span, { what, wanted: 'a tensor', found: valueText(value) });
    default:
      return value satisfies never;
  }
}

const isOne = (x: TensorValue): boolean => x.shape.length === 1 && x.shape[0] === 1;

/** vector[1] is a scalar; anything else stays. */
export const asScalar = (place: Place, span: Span, x: TensorValue): TensorValue => (isOne(x) ? reshape(place, span, x, []) : x);

const sameSizes = (a: readonly Size[], b: readonly Size[]): boolean =>
  a.length === b.length && a.every((s, i) => sameSize(s, b[i]));
const sameShape = (a: TensorValue, b: TensorValue): boolean => sameSizes(a.shape, b.shape);

/** Equal shapes, or one of the two a scalar; vector[1] is a scalar. */
function fitted(
  place: Place,
  span: Span,
  operator: string,
  left: TensorValue,
  right: TensorValue,
): readonly [TensorValue, TensorValue] {
  let [a, b] = [left, right];
  if (!sameShape(a, b) && a.shape.length > 0 && b.shape.length > 0) {
    if (isOne(a)) a = asScalar(place, span, a);
    else b = asScalar(place, span, b);
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
  return [a, b];
}

const larger = (a: TensorValue, b: TensorValue): readonly Size[] => (a.shape.length > 0 ? a.shape : b.shape);

/** Elementwise over equal shapes; a scalar goes with any shape, and vector[1] is a scalar. */
export function binary(
  place: Place,
  span: Span,
  name: BinaryFunction,
  operator: string,
  left: TensorValue,
  right: TensorValue,
): TensorValue {
  const [a, b] = fitted(place, span, operator, left, right);
  return make(place, span, 'binary', { function: name, a: a.node, b: b.node }, { shape: larger(a, b), ...united(a, b) });
}

/** 1 where it holds, else 0; shapes as for `binary`. */
export function compare(place: Place, span: Span, comparison: Comparison, left: TensorValue, right: TensorValue): TensorValue {
  const [a, b] = fitted(place, span, comparison, left, right);
  return make(place, span, 'compare', { comparison, a: a.node, b: b.node }, { shape: larger(a, b), ...united(a, b) });
}

/** a where the condition is not 0, else b; equal shapes, or scalars among them. */
export function where(place: Place, span: Span, condition: TensorValue, left: TensorValue, right: TensorValue): TensorValue {
  const given = [condition, left, right];
  const isLarge = given.some((x) => x.shape.length > 0 && !isOne(x));
  const [c, a, b] = given.map((x) => (isLarge ? asScalar(place, span, x) : x));
  if (!c || !a || !b) return condition;
  fitted(place, span, 'where', a, b);
  fitted(place, span, 'where', c, a.shape.length > 0 ? a : b);
  return make(
    place,
    span,
    'where',
    { condition: c.node, a: a.node, b: b.node },
    { shape: c.shape.length > 0 ? c.shape : larger(a, b), ...united(c, a, b) },
  );
}

/** matrix[n, m] @ vector[m] or @ matrix[m, k] */
export function matmul(place: Place, span: Span, a: TensorValue, b: TensorValue): TensorValue {
  const [n, m] = a.shape;
  for (const side of [a, b]) fixedShape(place, span, side, '`@`');
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
  const [n, m] = fixedShape(place, span, x, '`.T`');
  if (x.shape.length !== 2 || n === undefined || m === undefined) {
    return fail(place, 'wrong-operand', span, { what: '`.T`', wanted: 'a matrix', found: valueText(x) });
  }
  return make(place, span, 'transpose', { x: x.node }, { ...x, shape: [m, n] });
}

/** Over an index, which stays free. */
export const softmaxOver = (place: Place, span: Span, x: TensorValue, index: Index): TensorValue =>
  make(
    place,
    span,
    'softmax',
    { x: x.node, over: index },
    {
      shape: x.shape,
      rows: x.rows || isSequence(index.size),
      indices: [...x.indices.filter((i) => i.id !== index.id), index].sort((a, b) => a.id - b.id),
    },
  );

/** Over the axis of a vector. */
export const softmaxOf = (place: Place, span: Span, x: TensorValue): TensorValue =>
  make(place, span, 'softmax', { x: x.node, over: 'vector' }, { ...x, rows: x.rows || isSequence(x.shape[0]) });

export function reduce(place: Place, span: Span, reduction: Reduction, x: TensorValue, over: Index | 'all'): TensorValue {
  if (over === 'all') {
    const rows = x.rows || isSequence(x.shape[0]);
    return x.shape.length === 0 ? x : make(place, span, 'reduce', { reduction, x: x.node, over }, { ...x, shape: [], rows });
  }
  return make(
    place,
    span,
    'reduce',
    { reduction, x: x.node, over },
    { ...x, indices: x.indices.filter((i) => i.id !== over.id), rows: x.rows || isSequence(over.size) },
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

/** x[i]: the leading axis becomes a free index; of one that x has already, x[i, i], the diagonal does. */
export function lift(place: Place, span: Span, x: TensorValue, index: Index): TensorValue {
  if (x.indices.some((i) => i.id === index.id)) return lift(place, span, diagonal(place, span, x, index), index);
  return make(
    place,
    span,
    'lift',
    { x: x.node, index },
    { shape: x.shape.slice(1), rows: x.rows, indices: [...x.indices, index].sort((a, b) => a.id - b.id) },
  );
}

/** Elements k of the leading axis where the index is k. */
function diagonal(place: Place, span: Span, x: TensorValue, index: Index): TensorValue {
  const sizes = [index.size, ...x.shape].filter((size) => typeof size === 'number');
  const [size = 1, ...own] = sizes;
  if (sizes.length <= x.shape.length)
    return fail(place, 'not-yet', span, { what: `\`${index.name}\` twice over one tensor (its diagonal) with a sequence` });
  const flat = reshape(place, span, bind(place, span, x, index), [size * size, ...own.slice(1)]);
  return take(
    place,
    span,
    flat,
    Array.from({ length: size }, (_, k) => k * (size + 1)),
  );
}

/** Elements `at` of the leading axis. */
export const take = (place: Place, span: Span, x: TensorValue, at: readonly number[]): TensorValue =>
  make(place, span, 'take', { x: x.node, at }, { ...x, shape: [at.length, ...x.shape.slice(1)] });

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
    fixedShape(place, span, x, '`concat`');
    if (!sameSizes([0, ...rest], [0, ...x.shape.slice(1)]) || x.shape.length === 0) {
      return fail(
        place,
        'shape-mismatch',
        span,
        { operator: 'concat', a: valueText(first), b: valueText(x) },
        {
          help: helpToConcat(first, x),
        },
      );
    }
  }
  const length = xs.reduce((n, { shape: [lead = 0] }) => n + (typeof lead === 'number' ? lead : 0), 0);
  return make(place, span, 'concat', { xs: xs.map((x) => x.node) }, { shape: [length, ...rest], ...united(...xs) });
}

function helpToConcat(a: TensorValue, b: TensorValue): string {
  const matrix = [a, b].find(({ shape }) => shape.length === 2);
  const vector = [a, b].find(({ shape }) => shape.length === 1);
  if (!matrix || !vector) return 'they are joined along the first axis; the others are equal';
  return `\`flatten(${matrix.name ?? '…'})\` makes one vector of the matrix`;
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
