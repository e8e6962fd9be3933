import { binaryOp } from './elementwise.js';

export const add = binaryOp('add', (a, c) => a + c, [({ g }) => g, ({ g }) => g]);
