import { arithmetic } from './arithmetic.js';
import { layout } from './layout.js';
import { applyRules, untilStable, type Pass } from './pass.js';

const rule = applyRules({ ...arithmetic, ...layout, add: [...(arithmetic.add ?? []), ...(layout.add ?? [])] });

/** Applies the identities until none is left to apply. */
export const simplify: Pass = untilStable('simplify', rule);
