import { unaryOp } from './elementwise.js';

export const sqrt = unaryOp('sqrt', Math.sqrt, ({ g, y, b }) => b.binary('divide', b.binary('multiply', g, b.constant(0.5)), y));
