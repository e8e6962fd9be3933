import { unaryOp } from './elementwise.js';

/** 1 - y² */
export const tanh = unaryOp('tanh', Math.tanh, ({ g, y, b }) =>
  b.binary('multiply', g, b.binary('subtract', b.constant(1), b.binary('multiply', y, y))),
);
