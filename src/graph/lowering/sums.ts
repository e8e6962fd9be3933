import type { NodeId, TensorNode } from '../../model/network.js';
import { operandsOf } from '../../model/network.js';
import type { Label, Labelled } from '../labelled.js';
import { coreLabel, indexLabel, onCore, type Context, type NodeOf } from './context.js';
import { bound, lifted, swapped } from './indices.js';
import { countOf, masksOf, type Axis } from './masks.js';
import { factor, multiplyProducts, renameProduct, scaled, withFactor, type Product } from './products.js';

/** A sum of products is taken as one up to so many factors, and so many nodes deep: an order for hundreds would take minutes to find. */
const mostFactors = 32;
const deepestProduct = 32;

/** Where a node stands in the sum of products that it is part of. */
interface Place {
  readonly sum: NodeId;
  readonly depth: number;
}

/**
 * The nodes that are computed as part of the sum of products that uses them: products, sums and renamings of axes with one
 * use, below a sum. Of a network whose `results` are wanted by themselves.
 */
export function absorbedBy(nodes: readonly TensorNode[], results: ReadonlySet<NodeId>): ReadonlySet<NodeId> {
  const node = new Map(nodes.map((one) => [one.id, one]));
  const users = new Map<NodeId, TensorNode[]>();
  for (const one of nodes) {
    for (const id of operandsOf(one)) {
      const before = users.get(id);
      if (before) before.push(one);
      else users.set(id, [one]);
    }
  }
  const places = new Map<NodeId, Place>();
  const factors = new Map<NodeId, number>();
  for (const one of nodes.toReversed()) {
    const [user, second] = users.get(one.id) ?? [];
    if (!user || second || results.has(one.id) || !isProduct((id) => node.get(id) ?? one, one)) continue;
    const place = places.get(user.id) ?? (isSum(user) ? { sum: user.id, depth: 0 } : undefined);
    if (!place || place.depth === deepestProduct) continue;
    const count = (factors.get(place.sum) ?? 1) + operandsOf(one).length - 1;
    if (count > mostFactors) continue;
    factors.set(place.sum, count);
    places.set(one.id, { sum: place.sum, depth: place.depth + 1 });
  }
  return new Set(places.keys());
}

function isSum(node: TensorNode): boolean {
  return node.kind === 'reduce' && (node.reduction === 'sum' || node.reduction === 'mean');
}

function isProduct(at: Context['node'], node: TensorNode): boolean {
  switch (node.kind) {
    case 'binary':
      return node.function === 'multiply' || (node.function === 'divide' && inverseOf(at(node.b)) !== undefined);
    case 'unary':
      return node.function === 'negate';
    case 'lift':
    case 'matmul':
    case 'bind':
    case 'transpose':
      return true;
    default:
      return isSum(node);
  }
}

/** 1 / c of a constant c, where that is a number. */
function inverseOf(node: TensorNode): number | undefined {
  const inverse = node.kind === 'constant' ? 1 / node.value : NaN;
  return Number.isFinite(inverse) ? inverse : undefined;
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
      const inverse = node.function === 'divide' ? inverseOf(context.node(node.b)) : undefined;
      if (inverse !== undefined) return scaled(of(node.a), inverse);
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
export function matmulProduct(context: Context, node: NodeOf<'matmul'>, a: Product, c: Product): Product {
  const inner = context.freshLabel();
  const size = Number(context.node(node.b).shape[0] ?? 1);
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

/** A sum or mean. Along a ragged axis the mask is one more factor, and a mean divides by the row's own count. */
export function sumProduct(context: Context, node: NodeOf<'reduce'>): Product {
  const axes = reducedAxes(context, node);
  const fresh = new Map(axes.map(({ label }): [Label, Label] => [label, context.freshLabel()]));
  const renamed = (label: Label) => fresh.get(label) ?? label;
  const product = renameProduct(productOf(context, node.x), renamed);
  const contracted = new Map(product.contracted);
  for (const { label, size } of axes) contracted.set(renamed(label), typeof size === 'number' ? size : 1);
  const masks = masksOf(
    context,
    axes.map(({ label, size }) => ({ label: renamed(label), size })),
  );
  const sum = masks.reduce<Product>((all, { present }) => withFactor(all, present), { ...product, contracted });
  if (node.reduction !== 'mean') return sum;
  const count = axes.reduce((all, { size }) => (typeof size === 'number' ? all * size : all), 1);
  return masks.reduce((all, mask) => withFactor(all, oneOver(context, countOf(context, mask))), scaled(sum, 1 / count));
}

function oneOver({ b }: Context, x: Labelled): Labelled {
  return { node: b.binary('divide', b.constant(1), x.node), labels: x.labels };
}

export function reducedAxes(context: Context, { over, x }: NodeOf<'reduce'>): Axis[] {
  if (over !== 'all') return [{ label: indexLabel(over), size: over.size }];
  return context.node(x).shape.map((size, axis) => ({ label: coreLabel(axis), size }));
}
