import { binaryOp } from './elementwise.js';

export const divide = binaryOp('divide', (a, c) => a / c, [
  ({ g, c, b }) => b.binary('divide', g, c),
  ({ g, c, y, b }) => b.unary('negate', b.binary('divide', b.binary('multiply', g, y), c)),
]);
