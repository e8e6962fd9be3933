import type { Shape } from '../graph.js';
import type { Cost, Tensor } from '../op.js';
import { elementsOf, isBatch, printShape, shapeError } from '../shapes.js';
import { at, moved, type Shaped } from './elementwise.js';
import { around, zeros } from './loops.js';

/** Shape of an op that works along one axis and keeps the shape. */
export function alongAxis(inputs: readonly Shape[], { axis }: { readonly axis: number }): Shape {
  const shape = at(inputs, 0);
  if (axis < 0 || axis >= shape.length) throw shapeError(`axis ${axis} of ${printShape(shape)}`);
  return shape;
}

/** Whether the axis is another than the batch. */
export function keepsRows({ axis }: { readonly axis: number }, inputs: readonly Shape[]): boolean {
  return !isBatch(at(inputs, 0)[axis]);
}

/** Exponential, sum, maximum and scaling: four operations an element. */
export function softmaxCost(node: Shaped, inputs: readonly Shape[], rows: number): Cost {
  return { multiplyAdds: 4 * elementsOf(node.shape, rows), bytes: moved(node, inputs, rows) };
}

/** Each line along the axis, with its maximum and the log of its sum of exponentials less that maximum. */
export function mapLines(x: Tensor, axis: number, apply: (value: number, max: number, logSum: number) => number): Tensor {
  const { outer, size, inner } = around(x.shape, axis);
  const result = zeros(x.shape);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * size * inner + i;
      const value = (j: number) => x.data[first + j * inner] ?? NaN;
      let max = -Infinity;
      for (let j = 0; j < size; j++) max = Math.max(max, value(j));
      let sum = 0;
      for (let j = 0; j < size; j++) sum += Math.exp(value(j) - max);
      for (let j = 0; j < size; j++) result.data[first + j * inner] = apply(value(j), max, Math.log(sum));
    }
  }
  return result;
}
