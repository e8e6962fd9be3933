import type { Op } from '../op.js';
import { alongAxis, keepsRows, mapLines, softmaxCost } from './axis.js';
import { operand } from './loops.js';

export const log_softmax: Op<'log_softmax'> = {
  kind: 'log_softmax',
  rowLocal: keepsRows,
  shape: alongAxis,
  gradient: (node, g, b) => {
    const total = b.sum(g, [node.axis], true);
    return [b.binary('subtract', g, b.binary('multiply', b.unary('exp', node.id), total))];
  },
  cost: softmaxCost,
  text: ({ axis }) => `axis=${axis}`,
  evaluate: ({ axis }, inputs) => mapLines(operand(inputs, 0), axis, (x, max, logSum) => x - max - logSum),
};
