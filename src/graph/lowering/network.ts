import type { CheckedModel, Feature, Table } from '../../model/model.js';
import type { Network, NodeId, TensorNode } from '../../model/network.js';
import type { Builder } from '../builder.js';
import { contract } from '../contract.js';
import type { Dim } from '../graph.js';
import { binary, commonOrder, dimOf, materialize, rename, sumOver, type Label, type Labelled } from '../labelled.js';
import { operandsOf, partsOf } from './parts.js';
import { evaluateProduct, multiplyProducts, renameProduct, scaled, type Product } from './products.js';

export type Mode = 'train' | 'infer';

/** The value of a node of the network: its axes are `rows`, `i<index id>`, `c<position in its own shape>`. */
export type Lowered = (id: NodeId) => Labelled;

type NodeOf<K extends TensorNode['kind']> = Extract<TensorNode, { readonly kind: K }>;

interface Context {
  readonly b: Builder;
  readonly model: CheckedModel;
  readonly mode: Mode;
  readonly node: (id: NodeId) => TensorNode;
  readonly value: Lowered;
  /** Computed as part of the one sum of products that uses it. */
  readonly absorbed: ReadonlySet<NodeId>;
  readonly freshLabel: () => Label;
}

/** Adds a network to the graph. Nodes that become part of a sum of products have no value of their own. */
export function lowerNetwork(b: Builder, model: CheckedModel, mode: Mode): Lowered {
  const { network } = model;
  const parts = partsOf(network, (name) =>
    model.features.some((feature) => feature.name === name && feature.kind === 'category'),
  );
  const values = new Map<NodeId, Labelled>();
  let labels = 0;
  const context: Context = {
    b,
    model,
    mode,
    node: (id) => found(network.nodes[id], `node ${String(id)}`),
    value: (id) => found(values.get(id), `the value of node ${String(id)}`),
    absorbed: absorbedBy(network),
    freshLabel: () => `sum${String(labels++)}`,
  };
  for (const node of network.nodes) {
    if (context.absorbed.has(node.id)) continue;
    b.at(node.span, parts[node.id]);
    values.set(node.id, lowerNode(context, node));
  }
  b.at(undefined);
  return context.value;
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the network lacks ${what}`);
  return value;
}

const coreLabel = (axis: number): Label => `c${String(axis)}`;
const indexLabel = (index: { readonly id: number }): Label => `i${String(index.id)}`;

/** Position in the value's own shape, or undefined for the batch axis and indices. */
function coreAxis(label: Label): number | undefined {
  return label.startsWith('c') ? Number(label.slice(1)) : undefined;
}

/** Renames the axes of the value's own shape; undefined leaves a name. */
const onCore =
  (to: (axis: number) => Label) =>
  (label: Label): Label => {
    const axis = coreAxis(label);
    return axis === undefined ? label : to(axis);
  };

function sizeOfLabel(node: TensorNode, label: Label): Dim {
  if (label === 'rows') return 'rows';
  const axis = coreAxis(label);
  const size = axis === undefined ? node.indices.find((index) => indexLabel(index) === label)?.size : node.shape[axis];
  return found(size, `an axis ${label}`);
}

function lowerNode(context: Context, node: TensorNode): Labelled {
  const { b, value } = context;
  switch (node.kind) {
    case 'feature':
      return lowerFeature(context, node.feature, node.shape);
    case 'weight': {
      const weight = found(
        context.model.network.weights.find(({ name }) => name === node.weight),
        `the weight ${node.weight}`,
      );
      return { node: b.parameter(weight.name, weight.shape), labels: weight.shape.map((_, axis) => coreLabel(axis)) };
    }
    case 'constant':
      return { node: b.constant(node.value), labels: [] };
    case 'unary': {
      const x = value(node.x);
      return { node: b.unary(node.function, x.node), labels: x.labels };
    }
    case 'binary':
      return binary(b, binaryKinds[node.function], value(node.a), value(node.b));
    case 'matmul':
      return evaluateProduct(b, matmulProduct(context, node, factor(value(node.a)), factor(value(node.b))));
    case 'transpose':
      return rename(value(node.x), swapped);
    case 'lift':
      return lowerLift(context, node);
    case 'bind':
      return rename(value(node.x), bound(node));
    case 'reduce':
      return lowerReduction(context, node);
    case 'softmax':
      return lowerSoftmax(context, node);
    case 'pick': {
      const slice = sliceLeading(b, value(node.x), node.at, node.at + 1);
      const labels = slice.labels.filter((label) => label !== coreLabel(0));
      const shape = labels.map((label) => dimOf(b, slice, label));
      return rename(
        { node: b.reshape(slice.node, shape), labels },
        onCore((axis) => coreLabel(axis - 1)),
      );
    }
    case 'slice':
      return sliceLeading(b, value(node.x), node.from, node.to);
    case 'concat':
      return concatLeading(context, node, node.xs.map(value), (i) => context.node(node.xs[i] ?? -1).shape[0] ?? 1);
    case 'stack': {
      const below = node.xs.map((x) =>
        rename(
          value(x),
          onCore((axis) => coreLabel(axis + 1)),
        ),
      );
      return concatLeading(context, node, below, () => 1);
    }
    case 'reshape':
      return lowerReshape(context, node);
    case 'dropout':
      return lowerDropout(context, node);
    default:
      throw new Error(`unknown node ${JSON.stringify(node satisfies never)}`);
  }
}

const binaryKinds = {
  add: 'add',
  subtract: 'subtract',
  multiply: 'multiply',
  divide: 'divide',
  max: 'maximum',
  min: 'minimum',
} as const;

// ── Features ────────────────────────────────────────────────────────────────────────────────────

function lowerFeature({ b, model }: Context, name: string, shape: readonly number[]): Labelled {
  const feature = found(
    model.features.find((one) => one.name === name),
    `the feature ${name}`,
  );
  const labels = ['rows', coreLabel(0)];
  if (feature.kind !== 'category') return { node: b.input(`dense.${name}`, ['rows', ...shape]), labels };
  const table = found(
    model.tables.find((one) => one.name === feature.table),
    `the table ${feature.table}`,
  );
  return { node: lookup(b, feature, table), labels };
}

function lookup(b: Builder, feature: Feature & { readonly kind: 'category' }, table: Table) {
  const rows: Dim = table.rows.kind === 'known' ? table.rows.rows : `V(${table.rows.name})`;
  const weights = b.parameter(`table.${table.name}`, [rows, table.dim]);
  if (!feature.many) return b.lookup(feature.name, weights, b.input(`ids.${feature.name}`, ['rows'], 'int'));
  const ids = b.input(`ids.${feature.name}`, [`ids(${feature.name})`], 'int');
  const offsets = b.input(`offsets.${feature.name}`, ['rows+1'], 'int');
  return b.lookup(feature.name, weights, ids, { offsets, pool: feature.many.pool });
}

// ── Indices ─────────────────────────────────────────────────────────────────────────────────────

const swapped = onCore((axis) => coreLabel(1 - axis));

const lifted = (node: NodeOf<'lift'>) => onCore((axis) => (axis === 0 ? indexLabel(node.index) : coreLabel(axis - 1)));

const bound = (node: NodeOf<'bind'>) => (label: Label) =>
  label === indexLabel(node.index) ? coreLabel(0) : onCore((axis) => coreLabel(axis + 1))(label);

function isDiagonal(context: Context, node: NodeOf<'lift'>): boolean {
  return context.node(node.x).indices.some((index) => index.id === node.index.id);
}

function lowerLift(context: Context, node: NodeOf<'lift'>): Labelled {
  const { b, value } = context;
  const x = value(node.x);
  if (!isDiagonal(context, node) || !x.labels.includes(coreLabel(0))) return rename(x, lifted(node));
  if (!x.labels.includes(indexLabel(node.index))) return rename(x, lifted(node));
  // The diagonal: the sum over the leading axis of x times the identity matrix.
  const column = context.freshLabel();
  const { size } = node.index;
  const identity = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const matrix: Labelled = { node: b.constant(identity, [size, size]), labels: [indexLabel(node.index), column] };
  const full = rename(
    x,
    onCore((axis) => (axis === 0 ? column : coreLabel(axis - 1))),
  );
  return contract(b, full, matrix, new Set([column]));
}

// ── Sums of products ────────────────────────────────────────────────────────────────────────────

/** So many nodes deep a sum of products is taken as one: an order for hundreds of factors would take minutes to find. */
const deepestProduct = 32;

/**
 * The nodes that are computed as part of the sum of products that uses them: products, sums and renamings of axes with one
 * use, below a sum.
 */
function absorbedBy(network: Network): ReadonlySet<NodeId> {
  const users = network.nodes.map((): TensorNode[] => []);
  for (const node of network.nodes) operandsOf(node).forEach((id) => users[id]?.push(node));
  const results = new Set(network.logits.map(({ node }) => node));
  const depths = new Map<NodeId, number>();
  for (const node of network.nodes.toReversed()) {
    const [user, second] = users[node.id] ?? [];
    if (!user || second || results.has(node.id) || !isProduct(network, node)) continue;
    const depth = depths.get(user.id) ?? (isSum(user) ? 0 : deepestProduct);
    if (depth < deepestProduct) depths.set(node.id, depth + 1);
  }
  return new Set(depths.keys());
}

function isSum(node: TensorNode): boolean {
  return node.kind === 'reduce' && (node.reduction === 'sum' || node.reduction === 'mean');
}

function isProduct(network: Network, node: TensorNode): boolean {
  switch (node.kind) {
    case 'binary':
      return node.function === 'multiply' || (node.function === 'divide' && network.nodes[node.b]?.kind === 'constant');
    case 'unary':
      return node.function === 'negate';
    case 'lift':
      return !network.nodes[node.x]?.indices.some((index) => index.id === node.index.id);
    case 'matmul':
    case 'bind':
    case 'transpose':
      return true;
    default:
      return isSum(node);
  }
}

function factor(x: Labelled): Product {
  return { scale: 1, factors: [x], contracted: new Map() };
}

/** The node as a product of as many factors as it is made of, if it is absorbed; else its value. */
function productOf(context: Context, id: NodeId): Product {
  const node = context.node(id);
  if (node.kind === 'constant') return { scale: node.value, factors: [], contracted: new Map() };
  return context.absorbed.has(id) ? expand(context, node) : factor(context.value(id));
}

function expand(context: Context, node: TensorNode): Product {
  const of = (id: NodeId) => productOf(context, id);
  switch (node.kind) {
    case 'binary': {
      const divisor = context.node(node.b);
      if (node.function === 'divide' && divisor.kind === 'constant') return scaled(of(node.a), 1 / divisor.value);
      return multiplyProducts(of(node.a), of(node.b));
    }
    case 'unary':
      return scaled(of(node.x), -1);
    case 'matmul':
      return matmulProduct(context, node, of(node.a), of(node.b));
    case 'transpose':
      return renameProduct(of(node.x), swapped);
    case 'lift':
      return renameProduct(of(node.x), lifted(node));
    case 'bind':
      return renameProduct(of(node.x), bound(node));
    case 'reduce':
      return sumProduct(context, node);
    default:
      return factor(context.value(node.id));
  }
}

/** [n, m] @ [m, k]: the inner axis under a new name, summed. */
function matmulProduct(context: Context, node: NodeOf<'matmul'>, a: Product, c: Product): Product {
  const inner = context.freshLabel();
  const size = context.node(node.b).shape[0] ?? 1;
  const left = renameProduct(
    a,
    onCore((axis) => (axis === 1 ? inner : coreLabel(axis))),
  );
  const right = renameProduct(
    c,
    onCore((axis) => (axis === 0 ? inner : coreLabel(axis))),
  );
  const both = multiplyProducts(left, right);
  return { ...both, contracted: new Map([...both.contracted, [inner, size]]) };
}

function sumProduct(context: Context, node: NodeOf<'reduce'>): Product {
  const axes = reducedAxes(context, node);
  const fresh = new Map(axes.map(({ label }) => [label, context.freshLabel()]));
  const product = renameProduct(productOf(context, node.x), (label) => fresh.get(label) ?? label);
  const contracted = new Map(product.contracted);
  for (const { label, size } of axes) contracted.set(fresh.get(label) ?? label, size);
  const count = axes.reduce((all, { size }) => all * size, 1);
  return { ...product, contracted, scale: node.reduction === 'mean' ? product.scale / count : product.scale };
}

// ── Reductions ──────────────────────────────────────────────────────────────────────────────────

interface Axis {
  readonly label: Label;
  readonly size: number;
}

function reducedAxes(context: Context, { over, x }: NodeOf<'reduce'>): Axis[] {
  if (over !== 'all') return [{ label: indexLabel(over), size: over.size }];
  return context.node(x).shape.map((size, axis) => ({ label: coreLabel(axis), size }));
}

function lowerReduction(context: Context, node: NodeOf<'reduce'>): Labelled {
  const { b } = context;
  const { reduction } = node;
  if (reduction === 'sum' || reduction === 'mean') return evaluateProduct(b, sumProduct(context, node));
  const x = context.value(node.x);
  const axes = reducedAxes(context, node);
  const present = new Set(axes.flatMap(({ label }) => (x.labels.includes(label) ? [label] : [])));
  if (reduction === 'max') return maxOver(b, x, present);
  if (reduction === 'min') return negated(b, maxOver(b, negated(b, x), present));
  const copies = axes.reduce((all, { label, size }) => (present.has(label) ? all : all * size), 1);
  const result = logSumExp(b, x, present);
  return copies === 1 ? result : binary(b, 'add', result, { node: b.constant(Math.log(copies)), labels: [] });
}

function negated(b: Builder, x: Labelled): Labelled {
  return { node: b.unary('negate', x.node), labels: x.labels };
}

function axesOf(x: Labelled, labels: ReadonlySet<Label>): number[] {
  return x.labels.flatMap((label, axis) => (labels.has(label) ? [axis] : []));
}

function maxOver(b: Builder, x: Labelled, labels: ReadonlySet<Label>): Labelled {
  if (labels.size === 0) return x;
  return { node: b.max(x.node, axesOf(x, labels)), labels: x.labels.filter((label) => !labels.has(label)) };
}

/** m + log Σ exp(x - m), m the maximum. */
function logSumExp(b: Builder, x: Labelled, labels: ReadonlySet<Label>): Labelled {
  if (labels.size === 0) return x;
  const largest = maxOver(b, x, labels);
  const shifted = binary(b, 'subtract', x, largest);
  const sum = sumOver(b, { node: b.unary('exp', shifted.node), labels: shifted.labels }, labels);
  return binary(b, 'add', { node: b.unary('log', sum.node), labels: sum.labels }, largest);
}

function lowerSoftmax({ b, value, node: nodeAt }: Context, node: NodeOf<'softmax'>): Labelled {
  const x = value(node.x);
  const label = node.over === 'vector' ? coreLabel(0) : indexLabel(node.over);
  const axis = x.labels.indexOf(label);
  if (axis >= 0) return { node: b.softmax(x.node, axis), labels: x.labels };
  const size = node.over === 'vector' ? (nodeAt(node.x).shape[0] ?? 1) : node.over.size;
  return { node: b.constant(1 / size), labels: [] };
}

// ── Shapes ──────────────────────────────────────────────────────────────────────────────────────

function sliceLeading(b: Builder, x: Labelled, from: number, to: number): Labelled {
  const axis = x.labels.indexOf(coreLabel(0));
  return axis < 0 ? x : { node: b.slice(x.node, axis, from, to), labels: x.labels };
}

function concatLeading({ b }: Context, node: TensorNode, xs: readonly Labelled[], sizeAt: (i: number) => number): Labelled {
  const common = commonOrder(b, xs);
  const lead = coreLabel(0);
  const at = common.findIndex((label) => coreAxis(label) !== undefined);
  const order = common.includes(lead) ? common : common.toSpliced(at < 0 ? common.length : at, 0, lead);
  const pieces = xs.map((x, i) => {
    return materialize(b, x, order, (label) => (label === lead ? sizeAt(i) : sizeOfLabel(node, label))).node;
  });
  return { node: b.concat(pieces, order.indexOf(lead)), labels: order };
}

function lowerReshape({ b, value, node: nodeAt }: Context, node: NodeOf<'reshape'>): Labelled {
  const x = value(node.x);
  const core = nodeAt(node.x).shape.map((_, axis) => coreLabel(axis));
  if (!core.some((label) => x.labels.includes(label)) && core.length > 0) return x;
  const others = x.labels.filter((label) => coreAxis(label) === undefined);
  const full = materialize(b, x, [...others, ...core], (label) => sizeOfLabel(nodeAt(node.x), label));
  const shape = [...others.map((label) => dimOf(b, full, label)), ...node.shape];
  return { node: b.reshape(full.node, shape), labels: [...others, ...node.shape.map((_, axis) => coreLabel(axis))] };
}

/** x · m / (1 - rate), m = 1 where the noise is at least `rate`. */
function lowerDropout({ b, value, mode }: Context, node: NodeOf<'dropout'>): Labelled {
  const x = value(node.x);
  if (mode === 'infer' || node.rate === 0) return x;
  const labels = [
    ...(node.rows ? ['rows'] : []),
    ...node.indices.map(indexLabel),
    ...node.shape.map((_, axis) => coreLabel(axis)),
  ];
  const noise = b.noise(
    `noise.${node.path}`,
    labels.map((label) => sizeOfLabel(node, label)),
  );
  const dropped = b.binary('greater', b.constant(node.rate), noise);
  const mask = b.select(dropped, b.constant(0), b.constant(1 / (1 - node.rate)));
  return binary(b, 'multiply', x, { node: mask, labels });
}
