import type { Op } from '../op.js';
import { printShape, sameElements, shapeError, sizesOf } from '../shapes.js';
import { at } from './elementwise.js';
import { operand } from './loops.js';

export const reshape: Op<'reshape'> = {
  kind: 'reshape',
  // Whether rows stay apart depends on where the batch stands in its axis, which shapes do not tell: `isRowLocal` does.
  rowLocal: () => true,
  shape: (inputs, _, declared) => {
    const shape = at(inputs, 0);
    if (!declared) throw shapeError('reshape needs a shape');
    if (!sameElements(shape, declared)) throw shapeError(`reshape of ${printShape(shape)} to ${printShape(declared)}`);
    return declared;
  },
  gradient: (node, g, b) => [b.reshape(g, b.shape(at(node.inputs, 0)))],
  cost: () => ({ multiplyAdds: 0, bytes: 0 }),
  text: () => '',
  evaluate: (node, inputs, rows) => ({ shape: sizesOf(node.shape, rows), data: operand(inputs, 0).data }),
};
