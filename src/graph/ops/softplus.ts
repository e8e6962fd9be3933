import { unaryOp } from './elementwise.js';

/** log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|) */
export const softplus = unaryOp(
  'softplus',
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  ({ g, x, b }) => b.binary('multiply', g, b.unary('sigmoid', x)),
);
