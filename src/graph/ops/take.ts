import type { Op } from '../op.js';
import { dimAt, printShape, shapeError } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { around, operand, zeros } from './loops.js';
import { numbersText } from './numbers.js';

export const take: Op<'take'> = {
  kind: 'take',
  rowLocal: () => true,
  shape: (inputs, { axis, at: positions }) => {
    const shape = at(inputs, 0);
    const size = dimAt(shape, axis);
    if (typeof size !== 'number' || positions.some((one) => !(one >= 0 && one < size))) {
      throw shapeError(`take ${numbersText(positions)} of axis ${axis} of ${printShape(shape)}`);
    }
    return shape.map((dim, i) => (i === axis ? positions.length : dim));
  },
  gradient: (node, g, b) => {
    const size = Number(dimAt(b.shape(at(node.inputs, 0)), node.axis));
    return [b.place(g, node.axis, node.at, size)];
  },
  cost: movingCost,
  text: ({ axis, at: positions }) => `axis=${axis} at=${numbersText(positions)}`,
  evaluate: ({ axis, at: positions }, inputs) => {
    const x = operand(inputs, 0);
    const result = zeros(x.shape.map((size, i) => (i === axis ? positions.length : size)));
    const { outer, size, inner } = around(x.shape, axis);
    for (let o = 0; o < outer; o++) {
      positions.forEach((from, to) => {
        const start = (o * size + from) * inner;
        result.data.set(x.data.subarray(start, start + inner), (o * positions.length + to) * inner);
      });
    }
    return result;
  },
};
