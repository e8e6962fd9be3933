import { unaryOp } from './elementwise.js';

/** The sign of the result is 1 where x > 0, else 0: the input need not be kept for the gradient. At 0 it is 0. */
export const relu = unaryOp(
  'relu',
  (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  ({ g, y, b }) => b.binary('multiply', g, b.unary('sign', y)),
);
