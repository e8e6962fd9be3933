import type { Op } from '../op.js';
import { dimAt, printShape, shapeError } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { around, operand, zeros } from './loops.js';

export const pad: Op<'pad'> = {
  kind: 'pad',
  rowLocal: () => true,
  shape: (inputs, { axis, before, after }) => {
    const shape = at(inputs, 0);
    const size = dimAt(shape, axis);
    if (typeof size !== 'number' || before < 0 || after < 0) throw shapeError(`pad of axis ${axis} of ${printShape(shape)}`);
    return shape.map((dim, i) => (i === axis ? before + size + after : dim));
  },
  gradient: (node, g, b) => {
    const size = Number(dimAt(b.shape(at(node.inputs, 0)), node.axis));
    return [b.slice(g, node.axis, node.before, node.before + size)];
  },
  cost: movingCost,
  text: ({ axis, before, after }) => `axis=${axis} before=${before} after=${after}`,
  evaluate: ({ axis, before, after }, inputs) => {
    const x = operand(inputs, 0);
    const { outer, size, inner } = around(x.shape, axis);
    const result = zeros(x.shape.map((length, i) => (i === axis ? before + length + after : length)));
    const run = size * inner;
    const longer = (before + size + after) * inner;
    for (let o = 0; o < outer; o++) result.data.set(x.data.subarray(o * run, (o + 1) * run), o * longer + before * inner);
    return result;
  },
};
