import { unaryOp } from './elementwise.js';

export const exp = unaryOp('exp', Math.exp, ({ g, y, b }) => b.binary('multiply', g, y));
