import { unaryOp } from './elementwise.js';

/** Neither branch takes the exponential of a positive number, so none overflows. */
function stable(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** y (1 - y) */
export const sigmoid = unaryOp('sigmoid', stable, ({ g, y, b }) =>
  b.binary('multiply', g, b.binary('multiply', y, b.binary('subtract', b.constant(1), y))),
);
