import { live, type Pass } from './pass.js';

/** Removes what no output needs. */
export const deadCode: Pass = { name: 'dead-code', run: live };
