import type { BinaryKind, Builder, UnaryKind } from '../builder.js';
import type { NodeId, OpAttributes, OpName, Shape } from '../graph.js';
import type { Cost, Op } from '../op.js';
import { broadcastShapes, elementsOf, shapeError } from '../shapes.js';
import { broadcastSizes, operand, spread, zeros } from './loops.js';
import { sumTo } from './gradients.js';

/** What costs need of a node. */
export interface Shaped {
  readonly shape: Shape;
}

/** One operation an element of the result; every operand read once, the result written once. */
export function elementwiseCost(node: Shaped, inputs: readonly Shape[], rows: number): Cost {
  const elements = elementsOf(node.shape, rows);
  return { multiplyAdds: elements, bytes: moved(node, inputs, rows) };
}

/** No arithmetic: operands read, result written. */
export function movingCost(node: Shaped, inputs: readonly Shape[], rows: number): Cost {
  return { multiplyAdds: 0, bytes: moved(node, inputs, rows) };
}

export function moved(node: Shaped, inputs: readonly Shape[], rows: number): number {
  return 4 * inputs.reduce((sum, shape) => sum + elementsOf(shape, rows), elementsOf(node.shape, rows));
}

/** Operand `at` of a node or of a shape rule; throws where there is none. */
export function at<T>(operands: readonly T[], index: number): T {
  const one = operands[index];
  if (one === undefined) throw shapeError(`operand ${index} is missing`);
  return one;
}

export interface UnaryRule {
  readonly x: NodeId;
  /** The result, y = f(x). */
  readonly y: NodeId;
  /** The gradient of y. */
  readonly g: NodeId;
  readonly b: Builder;
}

/** An op of one tensor, element by element. */
export function unaryOp<K extends UnaryKind>(
  kind: K,
  apply: (x: number) => number,
  gradient: ((rule: UnaryRule) => NodeId) | undefined,
): Op<K> {
  return {
    kind,
    rowLocal: () => true,
    shape: (inputs) => at(inputs, 0),
    gradient: (node, g, b) => [gradient?.({ x: at(node.inputs, 0), y: node.id, g, b })],
    cost: elementwiseCost,
    text: () => '',
    evaluate: (_, inputs) => {
      const x = operand(inputs, 0);
      return { shape: x.shape, data: x.data.map(apply) };
    },
  };
}

export interface BinaryRule {
  readonly a: NodeId;
  readonly c: NodeId;
  /** The result. */
  readonly y: NodeId;
  readonly g: NodeId;
  readonly b: Builder;
}

/** An op of two tensors, element by element, broadcast as NumPy does: gradients are summed over the axes that repeat. */
export function binaryOp<K extends BinaryKind>(
  kind: K,
  apply: (a: number, c: number) => number,
  gradients: readonly [((rule: BinaryRule) => NodeId) | undefined, ((rule: BinaryRule) => NodeId) | undefined],
): Op<K> {
  return {
    kind,
    rowLocal: () => true,
    shape: broadcastShapes,
    gradient: (node, g, b, wanted) => {
      const [a, c] = [at(node.inputs, 0), at(node.inputs, 1)];
      return [a, c].map((x, i) => {
        const rule = gradients[i];
        return rule && wanted[i] ? sumTo(b, rule({ a, c, y: node.id, g, b }), b.shape(x)) : undefined;
      });
    },
    cost: elementwiseCost,
    text: () => '',
    evaluate: (_, inputs) => {
      const [a, c] = [operand(inputs, 0), operand(inputs, 1)];
      const shape = broadcastSizes([a.shape, c.shape]);
      const [x, y] = [spread(a, shape).data, spread(c, shape).data];
      const result = zeros(shape);
      for (let i = 0; i < result.data.length; i++) result.data[i] = apply(x[i] ?? NaN, y[i] ?? NaN);
      return result;
    },
  };
}

/** A value that the host gives: no rule but its declared shape. */
export function leafOp<K extends OpName>(kind: K, text: (attributes: OpAttributes[K]) => string): Op<K> {
  return {
    kind,
    rowLocal: () => true,
    shape: (_inputs, _attributes, declared) => {
      if (!declared) throw shapeError(`${kind} needs a shape`);
      return declared;
    },
    gradient: () => [],
    cost: () => ({ multiplyAdds: 0, bytes: 0 }),
    text: (node) => text(node),
  };
}
