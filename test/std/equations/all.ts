import { layers as crossLayers, networks } from './cross.js';
import { dhens } from './dhen.js';
import { edcn, finalMlp, maskNet } from './gated.js';
import type { Equation } from './equation.js';
import { layers } from './layers.js';
import { products } from './products.js';
import { tasks } from './tasks.js';
import { towers } from './towers.js';

/** Every block that sees one row at a time and no table of its own. */
export const equations: Readonly<Record<string, Equation>> = {
  ...crossLayers,
  ...networks,
  ...layers,
  ...products,
  ...dhens,
  ...towers,
  ...finalMlp,
  ...maskNet,
  ...edcn,
  ...tasks,
};
