import type { Builder } from '../builder.js';
import type { NodeId, Shape } from '../graph.js';
import type { Op } from '../op.js';
import { elementsOf, isBatch, printShape, shapeError } from '../shapes.js';
import { at, moved } from './elementwise.js';
import { operand, reduce } from './loops.js';

/** What gradients need of a reduction. */
interface Reduced {
  readonly id: NodeId;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** sum and max: the axes are ascending and distinct. */
export function reductionOp<K extends 'sum' | 'max'>(
  kind: K,
  start: number,
  combine: (a: number, b: number) => number,
  gradient: (node: Reduced, x: NodeId, upstream: NodeId, builder: Builder) => NodeId,
): Op<K> {
  return {
    kind,
    rowLocal: ({ axes }, inputs) => !axes.some((axis) => isBatch(at(inputs, 0)[axis])),
    shape: (inputs, { axes, keepDims }) => {
      const shape = at(inputs, 0);
      const ascending = axes.every((axis, i) => axis >= 0 && axis < shape.length && axis > (axes[i - 1] ?? -1));
      if (!ascending) throw shapeError(`axes ${printShape(axes)} of ${printShape(shape)}`);
      return keepDims ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)) : without(shape, axes);
    },
    gradient: (node, upstream, builder) => [gradient(node, at(node.inputs, 0), upstream, builder)],
    cost: (node, inputs, rows) => ({ multiplyAdds: elementsOf(at(inputs, 0), rows), bytes: moved(node, inputs, rows) }),
    text: ({ axes, keepDims }) => `axes=${printShape(axes)}${keepDims ? ' keepDims' : ''}`,
    evaluate: ({ axes, keepDims }, inputs) => {
      const x = operand(inputs, 0);
      const { data, shape } = reduce(x, axes, start, combine);
      return { data, shape: keepDims ? shape : shape.filter((_, axis) => !axes.includes(axis)) };
    },
  };
}

function without(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}
