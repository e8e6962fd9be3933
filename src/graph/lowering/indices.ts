import type { Label } from '../labelled.js';
import { coreLabel, indexLabel, onCore, type NodeOf } from './context.js';

/** The two axes of a matrix change their names. */
export const swapped = onCore((axis) => coreLabel(1 - axis));

export const lifted = (node: NodeOf<'lift'>) => onCore((axis) => (axis === 0 ? indexLabel(node.index) : coreLabel(axis - 1)));

export const bound = (node: NodeOf<'bind'>) => (label: Label) =>
  label === indexLabel(node.index) ? coreLabel(0) : onCore((axis) => coreLabel(axis + 1))(label);
