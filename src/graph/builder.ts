import type { Span } from '../language/source.js';
import type { DType, Graph, Node, NodeId, OpAttributes, OpName, Shape } from './graph.js';
import { opOf } from './ops/index.js';
import { numberText } from './ops/numbers.js';
import { sameShape, shapeError } from './shapes.js';

export type UnaryKind = 'negate' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sign' | 'sigmoid' | 'tanh' | 'relu' | 'softplus';
export type BinaryKind = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'greater';

export interface Bag {
  readonly offsets: NodeId;
  readonly pool: 'mean' | 'sum';
}

/** Appends nodes; equal nodes (same kind, inputs, attributes, shape) are one node. Shapes come from the ops' own rules. */
export interface Builder {
  readonly node: (id: NodeId) => Node;
  readonly shape: (id: NodeId) => Shape;
  /** Span, and part that costs are booked on, given to the nodes made until the next call. */
  readonly at: (span: Span | undefined, part?: string) => void;

  readonly input: (name: string, shape: Shape, dtype?: DType) => NodeId;
  readonly parameter: (name: string, shape: Shape) => NodeId;
  readonly state: (name: string, shape: Shape) => NodeId;
  readonly noise: (name: string, shape: Shape) => NodeId;
  /** One number that is not finite is a division by 0: no code can be relied on to write it. */
  readonly constant: (value: number | readonly number[], shape?: Shape) => NodeId;

  readonly unary: (kind: UnaryKind, x: NodeId) => NodeId;
  readonly binary: (kind: BinaryKind, a: NodeId, b: NodeId) => NodeId;
  readonly select: (condition: NodeId, a: NodeId, b: NodeId) => NodeId;
  readonly sum: (x: NodeId, axes: readonly number[], keepDims?: boolean) => NodeId;
  readonly max: (x: NodeId, axes: readonly number[], keepDims?: boolean) => NodeId;
  readonly softmax: (x: NodeId, axis: number) => NodeId;
  readonly logSoftmax: (x: NodeId, axis: number) => NodeId;
  readonly matmul: (a: NodeId, b: NodeId, flags?: { readonly transposeA?: boolean; readonly transposeB?: boolean }) => NodeId;
  readonly transpose: (x: NodeId, permutation: readonly number[]) => NodeId;
  readonly reshape: (x: NodeId, shape: Shape) => NodeId;
  readonly broadcast: (x: NodeId, shape: Shape) => NodeId;
  readonly concat: (xs: readonly NodeId[], axis: number) => NodeId;
  readonly slice: (x: NodeId, axis: number, from: number, to: number) => NodeId;
  readonly pad: (x: NodeId, axis: number, before: number, after: number) => NodeId;
  readonly take: (x: NodeId, axis: number, at: readonly number[]) => NodeId;
  readonly place: (x: NodeId, axis: number, at: readonly number[], size: number) => NodeId;
  readonly lookup: (site: string, table: NodeId, ids: NodeId, bag?: Bag) => NodeId;
  readonly scatterRows: (site: string, table: NodeId, ids: NodeId, gradient: NodeId, bag?: Bag) => NodeId;

  /** A node of another graph over inputs of this one, with its span and part. */
  readonly copy: (node: Node, inputs: readonly NodeId[]) => NodeId;
  readonly finish: (outputs: Readonly<Record<string, NodeId>>) => Graph;
}

/** A builder without nodes. Throws a ShapeError where the inputs of a node do not fit. */
export function createBuilder(): Builder {
  const nodes: Node[] = [];
  const numbering = new Map<string, NodeId>();
  const leaves = new Set<string>();
  let span: Span | undefined;
  let part: string | undefined;

  const node = (id: NodeId): Node => {
    const found = nodes[id];
    if (!found) throw shapeError(`the graph has no node ${id}`);
    return found;
  };
  const shape = (id: NodeId): Shape => node(id).shape;

  const make = <K extends OpName>(kind: K, inputs: readonly NodeId[], attributes: OpAttributes[K], declared?: Shape): NodeId => {
    const result = opOf(kind).shape(inputs.map(shape), attributes, declared);
    const key = keyOf(kind, inputs, attributes, result);
    const known = numbering.get(key);
    if (known !== undefined) return known;
    const id = nodes.length;
    const place = { ...(span && { span }), ...(part !== undefined && { part }) };
    // The compiler cannot see that a kind and its own attributes make a member of the union.
    const made = { id, kind, inputs, shape: result, ...attributes, ...place } as unknown as Node;
    if ('name' in made) {
      if (leaves.has(`${kind} ${made.name}`)) throw shapeError(`two shapes of ${kind} ${made.name}`);
      leaves.add(`${kind} ${made.name}`);
    }
    nodes.push(made);
    numbering.set(key, id);
    return id;
  };

  const uniform = (value: number, declared: Shape): NodeId => {
    if (Number.isFinite(value)) return make('constant', [], { value }, declared);
    const infinite = make('divide', [uniform(Math.sign(value) || 0, []), uniform(0, [])], {});
    return declared.length === 0 ? infinite : make('broadcast', [infinite], {}, declared);
  };
  const pooled = (bag: Bag | undefined) => (bag ? { pool: bag.pool } : {});
  const offsets = (bag: Bag | undefined) => (bag ? [bag.offsets] : []);

  return {
    node,
    shape,
    at: (newSpan, newPart) => {
      span = newSpan;
      part = newPart;
    },
    input: (name, declared, dtype = 'float') => make('input', [], { name, dtype }, declared),
    parameter: (name, declared) => make('parameter', [], { name }, declared),
    state: (name, declared) => make('state', [], { name }, declared),
    noise: (name, declared) => make('noise', [], { name }, declared),
    constant: (value, declared) => {
      if (typeof value === 'number') return uniform(value, declared ?? []);
      const [first = 0] = value;
      const full = declared ?? [value.length];
      const isUniform = value.length > 0 && value.every((one) => Object.is(one, first));
      return isUniform ? uniform(first, full) : make('constant', [], { value }, full);
    },
    unary: (kind, x) => make(kind, [x], {}),
    binary: (kind, a, b) => make(kind, [a, b], {}),
    select: (condition, a, b) => make('select', [condition, a, b], {}),
    sum: (x, axes, keepDims = false) => make('sum', [x], { axes, keepDims }),
    max: (x, axes, keepDims = false) => make('max', [x], { axes, keepDims }),
    softmax: (x, axis) => make('softmax', [x], { axis }),
    logSoftmax: (x, axis) => make('log_softmax', [x], { axis }),
    matmul: (a, b, { transposeA = false, transposeB = false } = {}) => make('matmul', [a, b], { transposeA, transposeB }),
    transpose: (x, permutation) => make('transpose', [x], { permutation }),
    reshape: (x, declared) => (sameShape(shape(x), declared) ? x : make('reshape', [x], {}, declared)),
    broadcast: (x, declared) => (sameShape(shape(x), declared) ? x : make('broadcast', [x], {}, declared)),
    concat: (xs, axis) => make('concat', xs, { axis }),
    slice: (x, axis, from, to) => make('slice', [x], { axis, from, to }),
    pad: (x, axis, before, after) => make('pad', [x], { axis, before, after }),
    take: (x, axis, at) => make('take', [x], { axis, at }),
    place: (x, axis, at, size) => make('place', [x], { axis, at, size }),
    lookup: (site, table, ids, bag) => make('lookup', [table, ids, ...offsets(bag)], { site, ...pooled(bag) }),
    scatterRows: (site, table, ids, gradient, bag) =>
      make('scatter_rows', [table, ids, ...offsets(bag), gradient], { site, ...pooled(bag) }),
    copy: (original, inputs) => {
      const { kind, shape: declared, span: itsSpan, part: itsPart, id: _id, inputs: _inputs, ...attributes } = original;
      const before = [span, part] as const;
      [span, part] = [itsSpan, itsPart];
      const made = make<OpName>(kind, inputs, attributes, declared);
      [span, part] = before;
      return made;
    },
    finish: (outputs) => ({ nodes: [...nodes], outputs: { ...outputs } }),
  };
}

/** Equal for nodes that have the same value. The order of an addition's operands is no difference. */
function keyOf(kind: OpName, inputs: readonly NodeId[], attributes: object, shape: Shape): string {
  const operands = COMMUTATIVE.has(kind) ? [...inputs].sort((a, b) => a - b) : inputs;
  let key = `${kind} ${operands.join()} ${shape.join()}`;
  for (const [name, value] of Object.entries(attributes)) key += ` ${name} ${attributeText(value)}`;
  return key;
}

function attributeText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return isNumbers(value) ? listText(value) : JSON.stringify(value);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value);
}

/** Passes copy lists of thousands of numbers as they are, again and again. */
const listTexts = new WeakMap<readonly number[], string>();

function listText(values: readonly number[]): string {
  const known = listTexts.get(values);
  if (known !== undefined) return known;
  const made = values.map(numberText).join();
  listTexts.set(values, made);
  return made;
}

const COMMUTATIVE: ReadonlySet<OpName> = new Set<OpName>(['add', 'multiply', 'maximum', 'minimum']);
