import type { Op } from '../op.js';
import { dimAt, printShape, shapeError } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { around, operand, zeros } from './loops.js';

export const slice: Op<'slice'> = {
  kind: 'slice',
  rowLocal: () => true,
  shape: (inputs, { axis, from, to }) => {
    const shape = at(inputs, 0);
    const size = dimAt(shape, axis);
    if (typeof size !== 'number' || from < 0 || from > to || to > size) {
      throw shapeError(`slice ${from}..${to} of axis ${axis} of ${printShape(shape)}`);
    }
    return shape.map((dim, i) => (i === axis ? to - from : dim));
  },
  gradient: (node, g, b) => {
    const size = Number(dimAt(b.shape(at(node.inputs, 0)), node.axis));
    return [b.pad(g, node.axis, node.from, size - node.to)];
  },
  cost: movingCost,
  text: ({ axis, from, to }) => `axis=${axis} ${from}..${to}`,
  evaluate: ({ axis, from, to }, inputs) => {
    const x = operand(inputs, 0);
    const result = zeros(x.shape.map((size, i) => (i === axis ? to - from : size)));
    const { outer, size, inner } = around(x.shape, axis);
    const run = (to - from) * inner;
    for (let o = 0; o < outer; o++) {
      const start = (o * size + from) * inner;
      result.data.set(x.data.subarray(start, start + run), o * run);
    }
    return result;
  },
};
