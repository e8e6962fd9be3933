import type { Op } from '../op.js';
import { alongAxis, keepsRows, mapLines, softmaxCost } from './axis.js';
import { operand } from './loops.js';

export const softmax: Op<'softmax'> = {
  kind: 'softmax',
  rowLocal: keepsRows,
  shape: alongAxis,
  gradient: (node, g, b) => {
    const weighted = b.binary('multiply', g, node.id);
    const mean = b.sum(weighted, [node.axis], true);
    return [b.binary('subtract', weighted, b.binary('multiply', node.id, mean))];
  },
  cost: softmaxCost,
  text: ({ axis }) => `axis=${axis}`,
  evaluate: ({ axis }, inputs) => mapLines(operand(inputs, 0), axis, (x, max, logSum) => Math.exp(x - max - logSum)),
};
