import { binaryOp } from './elementwise.js';

export const subtract = binaryOp('subtract', (a, c) => a - c, [({ g }) => g, ({ g, b }) => b.unary('negate', g)]);
