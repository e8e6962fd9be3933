import type { Op } from '../op.js';
import { dimAt, printShape, shapeError } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { around, zeros } from './loops.js';

export const concat: Op<'concat'> = {
  kind: 'concat',
  rowLocal: () => true,
  shape: (inputs, { axis }) => {
    const first = at(inputs, 0);
    const sizes = inputs.map((shape) => {
      const fits = shape.length === first.length && shape.every((dim, i) => i === axis || dim === first[i]);
      const size = dimAt(shape, axis);
      if (!fits || typeof size !== 'number')
        throw shapeError(`concat of ${inputs.map(printShape).join(', ')} along axis ${axis}`);
      return size;
    });
    return first.map((dim, i) => (i === axis ? sizes.reduce((a, b) => a + b, 0) : dim));
  },
  gradient: (node, g, b, wanted) => {
    let from = 0;
    return node.inputs.map((x, i) => {
      const to = from + Number(dimAt(b.shape(x), node.axis));
      const slice = wanted[i] ? b.slice(g, node.axis, from, to) : undefined;
      from = to;
      return slice;
    });
  },
  cost: movingCost,
  text: ({ axis }) => `axis=${axis}`,
  evaluate: ({ axis }, inputs) => {
    const first = at(inputs, 0);
    const total = inputs.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0);
    const result = zeros(first.shape.map((size, i) => (i === axis ? total : size)));
    const { outer, inner } = around(result.shape, axis);
    let before = 0;
    for (const x of inputs) {
      const run = (x.shape[axis] ?? 0) * inner;
      for (let o = 0; o < outer; o++) result.data.set(x.data.subarray(o * run, (o + 1) * run), (o * total + before) * inner);
      before += x.shape[axis] ?? 0;
    }
    return result;
  },
};
