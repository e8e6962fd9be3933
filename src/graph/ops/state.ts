import { leafOp } from './elementwise.js';

export const state = leafOp('state', ({ name }) => JSON.stringify(name));
