import { repeatAlong } from './gradients.js';
import { reductionOp } from './reduction.js';

/** Elements that share the maximum share its gradient evenly. */
export const max = reductionOp('max', -Infinity, Math.max, (node, x, g, b) => {
  const shape = b.shape(x);
  const spread = (reduced: number) => repeatAlong(b, reduced, node.axes, shape);
  const isLargest = b.binary('subtract', b.constant(1), b.binary('greater', spread(node.id), x));
  const count = b.sum(isLargest, node.axes, node.keepDims);
  return b.binary('multiply', isLargest, spread(b.binary('divide', g, count)));
});
