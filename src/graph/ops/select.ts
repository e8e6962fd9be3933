import type { Op } from '../op.js';
import { broadcastShapes } from '../shapes.js';
import { at, elementwiseCost } from './elementwise.js';
import { sumTo } from './gradients.js';
import { broadcastSizes, operand, spread, zeros } from './loops.js';

export const select: Op<'select'> = {
  kind: 'select',
  rowLocal: () => true,
  shape: broadcastShapes,
  gradient: (node, g, b, wanted) => {
    const [condition, x, y] = [at(node.inputs, 0), at(node.inputs, 1), at(node.inputs, 2)];
    const zero = b.constant(0);
    return [
      undefined,
      wanted[1] ? sumTo(b, b.select(condition, g, zero), b.shape(x)) : undefined,
      wanted[2] ? sumTo(b, b.select(condition, zero, g), b.shape(y)) : undefined,
    ];
  },
  cost: elementwiseCost,
  text: () => '',
  evaluate: (_, inputs) => {
    const all = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)] as const;
    const shape = broadcastSizes(all.map((x) => x.shape));
    const [condition, x, y] = [spread(all[0], shape).data, spread(all[1], shape).data, spread(all[2], shape).data];
    const result = zeros(shape);
    for (let i = 0; i < result.data.length; i++) result.data[i] = (condition[i] !== 0 ? x[i] : y[i]) ?? NaN;
    return result;
  },
};
