import { dataExplanations } from './explanations/data.js';
import type { Explanation } from './explanations/explanation.js';
import { lintExplanations } from './explanations/lints.js';
import { nameExplanations } from './explanations/names.js';
import { networkExplanations } from './explanations/networks.js';
import { textExplanations } from './explanations/text.js';
import type { Code } from './messages.js';

/** Every diagnostic, explained with a spec that has it and one that has not. Only `explain` reads it. */
export const explanations: Readonly<Record<Code, Explanation>> = {
  ...textExplanations,
  ...nameExplanations,
  ...dataExplanations,
  ...networkExplanations,
  ...lintExplanations,
} satisfies Record<Code, Explanation>;
