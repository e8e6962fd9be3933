import { repeatAlong } from './gradients.js';
import { reductionOp } from './reduction.js';

export const sum = reductionOp(
  'sum',
  0,
  (a, b) => a + b,
  (node, x, g, b) => repeatAlong(b, g, node.axes, b.shape(x)),
);
