import { binaryOp } from './elementwise.js';

export const multiply = binaryOp('multiply', (a, c) => a * c, [
  ({ g, c, b }) => b.binary('multiply', g, c),
  ({ g, a, b }) => b.binary('multiply', g, a),
]);
