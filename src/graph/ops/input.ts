import { leafOp } from './elementwise.js';

export const input = leafOp('input', ({ name, dtype }) => `${JSON.stringify(name)}${dtype === 'int' ? ' int' : ''}`);
