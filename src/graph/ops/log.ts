import { unaryOp } from './elementwise.js';

export const log = unaryOp('log', Math.log, ({ g, x, b }) => b.binary('divide', g, x));
