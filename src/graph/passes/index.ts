import { commonSubexpressions } from './common-subexpressions.js';
import { cutTables } from './cut-tables.js';
import { deadCode } from './dead-code.js';
import { foldConstants } from './fold-constants.js';
import { flattenStacks } from './flatten-stacks.js';
import { foldResiduals } from './fold-residuals.js';
import { joinRows, joinRowsPass, type RowsPlace } from './join-rows.js';
import type { Pass } from './pass.js';
import { simplify } from './simplify.js';

export type { Pass } from './pass.js';
export type { RowsPlace };
export {
  commonSubexpressions,
  cutTables,
  deadCode,
  flattenStacks,
  foldConstants,
  foldResiduals,
  joinRows,
  joinRowsPass,
  simplify,
};

/** Passes that change no output, in the order they run; the second round takes what the first has uncovered. */
export const simplifications: readonly Pass[] = [
  foldConstants,
  simplify,
  foldConstants,
  simplify,
  commonSubexpressions,
  deadCode,
];
