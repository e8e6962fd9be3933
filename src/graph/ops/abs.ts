import { unaryOp } from './elementwise.js';

/** The gradient at 0 is 0. */
export const abs = unaryOp('abs', Math.abs, ({ g, x, b }) => b.binary('multiply', g, b.unary('sign', x)));
