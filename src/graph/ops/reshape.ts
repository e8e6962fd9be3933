import type { Shape } from '../graph.js';
import type { Op } from '../op.js';
import { foldDims, isBatch, printShape, sameElements, sameShape, shapeError, sizesOf } from '../shapes.js';
import { at } from './elementwise.js';
import { operand } from './loops.js';

export const reshape: Op<'reshape'> = {
  kind: 'reshape',
  rowLocal: (node, inputs) => sameShape(beforeBatch(at(inputs, 0)), beforeBatch(node.shape)),
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

/** How many elements stand before the batch axis in memory; nothing without a batch axis. */
function beforeBatch(shape: Shape): Shape {
  const axis = shape.findIndex(isBatch);
  const before = foldDims(shape.slice(0, axis));
  return axis < 0 || before === undefined ? [] : [before];
}
