import type { Builder } from '../builder.js';
import type { NodeId, Shape } from '../graph.js';

/** Undoes a broadcast from `shape`: the sum over the axes that repeat. */
export function sumTo(builder: Builder, x: NodeId, shape: Shape): NodeId {
  const from = builder.shape(x);
  const missing = from.length - shape.length;
  const axes = from.flatMap((dim, axis) => (axis < missing || (shape[axis - missing] === 1 && dim !== 1) ? [axis] : []));
  return builder.reshape(axes.length > 0 ? builder.sum(x, axes) : x, shape);
}

/** Repeats a reduced tensor along the axes that a reduction of `shape` took. */
export function repeatAlong(builder: Builder, x: NodeId, axes: readonly number[], shape: Shape): NodeId {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return builder.broadcast(builder.reshape(x, kept), shape);
}
