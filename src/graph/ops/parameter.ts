import { leafOp } from './elementwise.js';

export const parameter = leafOp('parameter', ({ name }) => JSON.stringify(name));
