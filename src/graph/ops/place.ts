import type { Op } from '../op.js';
import { dimAt, elementsOf, printShape, shapeError } from '../shapes.js';
import { at, moved } from './elementwise.js';
import { around, operand, zeros } from './loops.js';
import { numbersText } from './numbers.js';

export const place: Op<'place'> = {
  kind: 'place',
  rowLocal: () => true,
  shape: (inputs, { axis, at: positions, size }) => {
    const shape = at(inputs, 0);
    if (dimAt(shape, axis) !== positions.length || positions.some((one) => !(one >= 0 && one < size))) {
      throw shapeError(`place of axis ${axis} of ${printShape(shape)} at ${numbersText(positions)} of ${size}`);
    }
    return shape.map((dim, i) => (i === axis ? size : dim));
  },
  gradient: (node, g, b) => [b.take(g, node.axis, node.at)],
  cost: (node, inputs, rows) => ({ multiplyAdds: elementsOf(at(inputs, 0), rows), bytes: moved(node, inputs, rows) }),
  text: ({ axis, at: positions, size }) => `axis=${axis} at=${numbersText(positions)} of ${size}`,
  evaluate: ({ axis, at: positions, size }, inputs) => {
    const x = operand(inputs, 0);
    const result = zeros(x.shape.map((length, i) => (i === axis ? size : length)));
    const { outer, inner } = around(x.shape, axis);
    for (let o = 0; o < outer; o++) {
      positions.forEach((to, from) => {
        const source = (o * positions.length + from) * inner;
        const target = (o * size + to) * inner;
        for (let j = 0; j < inner; j++) result.data[target + j]! += x.data[source + j] ?? NaN;
      });
    }
    return result;
  },
};
