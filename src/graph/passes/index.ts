import { commonSubexpressions } from './common-subexpressions.js';
import { cutTables } from './cut-tables.js';
import { deadCode } from './dead-code.js';
import { foldConstants } from './fold-constants.js';
import type { Pass } from './pass.js';
import { simplify } from './simplify.js';

export type { Pass } from './pass.js';
export { commonSubexpressions, cutTables, deadCode, foldConstants, simplify };

/** Passes that change no output, in the order they run; the second round takes what the first has uncovered. */
export const simplifications: readonly Pass[] = [
  foldConstants,
  simplify,
  foldConstants,
  simplify,
  commonSubexpressions,
  deadCode,
];
