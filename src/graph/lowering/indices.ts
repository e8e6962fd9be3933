import { contract } from '../contract.js';
import { rename, type Label, type Labelled } from '../labelled.js';
import { coreLabel, indexLabel, onCore, type Context, type NodeOf } from './context.js';

/** The two axes of a matrix change their names. */
export const swapped = onCore((axis) => coreLabel(1 - axis));

export const lifted = (node: NodeOf<'lift'>) => onCore((axis) => (axis === 0 ? indexLabel(node.index) : coreLabel(axis - 1)));

export const bound = (node: NodeOf<'bind'>) => (label: Label) =>
  label === indexLabel(node.index) ? coreLabel(0) : onCore((axis) => coreLabel(axis + 1))(label);

/** Whether the index is free in what it lifts. */
export function isDiagonal({ node }: Pick<Context, 'node'>, { x, index }: NodeOf<'lift'>): boolean {
  return node(x).indices.some(({ id }) => id === index.id);
}

export function lowerLift(context: Context, node: NodeOf<'lift'>): Labelled {
  const { b, value } = context;
  const x = value(node.x);
  const label = indexLabel(node.index);
  if (!x.labels.includes(coreLabel(0)) || !x.labels.includes(label)) return rename(x, lifted(node));
  // The diagonal: the sum over the leading axis of x times the identity matrix.
  const { size } = node.index;
  if (typeof size !== 'number') throw new Error('the diagonal of a ragged axis');
  const column = context.freshLabel();
  const identity = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const matrix: Labelled = { node: b.constant(identity, [size, size]), labels: [label, column] };
  const full = rename(
    x,
    onCore((axis) => (axis === 0 ? column : coreLabel(axis - 1))),
  );
  return contract(b, full, matrix, new Set([column]));
}
