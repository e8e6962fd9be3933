import { unaryOp } from './elementwise.js';

export const negate = unaryOp(
  'negate',
  (x) => -x,
  ({ g, b }) => b.unary('negate', g),
);
