import { arithmetic } from './arithmetic.js';
import { layout } from './layout.js';
import { applyRules, untilStable, type Pass, type Rules } from './pass.js';

export const simplifying: Rules = { ...arithmetic, ...layout, add: [...(arithmetic.add ?? []), ...(layout.add ?? [])] };

/** Applies the identities until none is left to apply. */
export const simplify: Pass = untilStable('simplify', applyRules(simplifying));
