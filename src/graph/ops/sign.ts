import { unaryOp } from './elementwise.js';

export const sign = unaryOp('sign', Math.sign, undefined);
