import type { BinaryKind, Builder, UnaryKind } from './builder.js';
import type { Dim, NodeId } from './graph.js';
import { dimAt, elementsOf, NOMINAL_ROWS, shapeError } from './shapes.js';

/** Name of an axis: `rows`, a free index, a position of the value's own shape. Equal names are the same axis. */
export type Label = string;

/**
 * A node whose axes have names. Their order in memory is free, and a value may lack an axis along which it is constant:
 * indices are lifted and bound by renaming, without an op.
 */
export interface Labelled {
  readonly node: NodeId;
  readonly labels: readonly Label[];
}

export function dimOf(b: Builder, x: Labelled, label: Label): Dim {
  return dimAt(b.shape(x.node), x.labels.indexOf(label));
}

/** Elements for a nominal batch. */
export function weightOf(b: Builder, x: Labelled): number {
  return elementsOf(b.shape(x.node), NOMINAL_ROWS);
}

export function rename(x: Labelled, to: (label: Label) => Label): Labelled {
  return { node: x.node, labels: x.labels.map(to) };
}

export function sameOrder(a: readonly Label[], b: readonly Label[]): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i]);
}

/** The axes in another order: a transpose, or nothing. */
export function permute(b: Builder, x: Labelled, order: readonly Label[]): Labelled {
  if (sameOrder(x.labels, order)) return x;
  const permutation = order.map((label) => x.labels.indexOf(label));
  if (permutation.includes(-1) || order.length !== x.labels.length)
    throw shapeError(`axes ${x.labels.join()} as ${order.join()}`);
  return { node: b.transpose(x.node, permutation), labels: order };
}

/** The axes of `order` that `x` has, in that order, and 1 for the others between them: ready to broadcast against them all. */
export function align(b: Builder, x: Labelled, order: readonly Label[]): NodeId {
  const own = permute(
    b,
    x,
    order.filter((label) => x.labels.includes(label)),
  );
  const first = order.findIndex((label) => own.labels.includes(label));
  if (first < 0) return b.reshape(own.node, []);
  return b.reshape(
    own.node,
    order.slice(first).map((label) => (own.labels.includes(label) ? dimOf(b, own, label) : 1)),
  );
}

/** Every axis of `order`, in that order; those that `x` lacks take their size from `dim` and repeat. */
export function materialize(b: Builder, x: Labelled, order: readonly Label[], dim: (label: Label) => Dim): Labelled {
  if (sameOrder(x.labels, order)) return x;
  const shape = order.map((label) => (x.labels.includes(label) ? dimOf(b, x, label) : dim(label)));
  return { node: b.broadcast(align(b, x, order), shape), labels: order };
}

/**
 * An order for the union of their axes that moves few elements: that of the largest, where the axes it lacks come in
 * before the first that ranks higher (the batch, then indices, then the value's own shape).
 */
export function commonOrder(b: Builder, xs: readonly Labelled[]): Label[] {
  const [largest, ...others] = [...xs].sort((x, y) => weightOf(b, y) - weightOf(b, x));
  const order: Label[] = [...(largest?.labels ?? [])];
  for (const label of others.flatMap((x) => x.labels)) {
    if (order.includes(label)) continue;
    const at = order.findIndex((other) => rankOf(other) > rankOf(label));
    order.splice(at < 0 ? order.length : at, 0, label);
  }
  return order;
}

function rankOf(label: Label): number {
  if (label === 'rows') return 0;
  return /^c\d+$/.test(label) ? 2 + Number(label.slice(1)) : 1;
}

/** An elementwise op over the union of the axes. */
export function binary(b: Builder, kind: BinaryKind, x: Labelled, y: Labelled): Labelled {
  const order = commonOrder(b, [x, y]);
  return { node: b.binary(kind, align(b, x, order), align(b, y, order)), labels: order };
}

/** `x` where the condition is not 0, else `y`, over the union of the axes. */
export function select(b: Builder, condition: Labelled, x: Labelled, y: Labelled): Labelled {
  const order = commonOrder(b, [condition, x, y]);
  const [c, p, q] = [align(b, condition, order), align(b, x, order), align(b, y, order)];
  return { node: b.select(c, p, q), labels: order };
}

/** An op of one tensor, element by element. */
export function unary(b: Builder, kind: UnaryKind, x: Labelled): Labelled {
  return { node: b.unary(kind, x.node), labels: x.labels };
}

function axesOf(x: Labelled, labels: ReadonlySet<Label>): number[] {
  return x.labels.flatMap((label, axis) => (labels.has(label) ? [axis] : []));
}

/** Maximum over axes that `x` has. */
export function maxOver(b: Builder, x: Labelled, labels: ReadonlySet<Label>): Labelled {
  const axes = axesOf(x, labels);
  return axes.length === 0 ? x : { node: b.max(x.node, axes), labels: x.labels.filter((label) => !labels.has(label)) };
}

/** Sum over axes that `x` has. */
export function sumOver(b: Builder, x: Labelled, labels: ReadonlySet<Label>): Labelled {
  const axes = axesOf(x, labels);
  return axes.length === 0 ? x : { node: b.sum(x.node, axes), labels: x.labels.filter((label) => !labels.has(label)) };
}
