import { rewrite, type Pass } from './pass.js';

/** Equal nodes become one: the builder numbers values. */
export const commonSubexpressions: Pass = { name: 'common-subexpressions', run: (graph) => rewrite(graph, () => undefined) };
