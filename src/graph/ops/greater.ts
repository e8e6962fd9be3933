import { binaryOp } from './elementwise.js';

export const greater = binaryOp('greater', (a, c) => (a > c ? 1 : 0), [undefined, undefined]);
