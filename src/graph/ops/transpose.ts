import type { Op } from '../op.js';
import { dimAt, printShape, shapeError } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { gather, operand, stridesOf } from './loops.js';

/** Axis i of the result is axis permutation[i] of the input. */
export const transpose: Op<'transpose'> = {
  kind: 'transpose',
  rowLocal: () => true,
  shape: (inputs, { permutation }) => {
    const shape = at(inputs, 0);
    const sorted = [...permutation].sort((a, b) => a - b);
    if (permutation.length !== shape.length || sorted.some((axis, i) => axis !== i)) {
      throw shapeError(`permutation ${printShape(permutation)} of ${printShape(shape)}`);
    }
    return permutation.map((axis) => dimAt(shape, axis));
  },
  gradient: ({ permutation }, g, b) => [b.transpose(g, inverse(permutation))],
  cost: movingCost,
  text: ({ permutation }) => `permutation=${printShape(permutation)}`,
  evaluate: ({ permutation }, inputs) => {
    const x = operand(inputs, 0);
    const strides = stridesOf(x.shape);
    const pick = (from: readonly number[]) => permutation.map((axis) => from[axis] ?? 1);
    return gather(x, pick(x.shape), pick(strides));
  },
};

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}
