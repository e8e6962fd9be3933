import type { Op } from '../op.js';
import { broadcastShapes, printShape, sameShape, shapeError, sizesOf } from '../shapes.js';
import { at, movingCost } from './elementwise.js';
import { sumTo } from './gradients.js';
import { operand, spread } from './loops.js';

export const broadcast: Op<'broadcast'> = {
  kind: 'broadcast',
  rowLocal: () => true,
  shape: (inputs, _, declared) => {
    const shape = at(inputs, 0);
    if (!declared || !sameShape(broadcastShapes([shape, declared]), declared)) {
      throw shapeError(`broadcast of ${printShape(shape)} to ${declared ? printShape(declared) : 'nothing'}`);
    }
    return declared;
  },
  gradient: (node, g, b) => [sumTo(b, g, b.shape(at(node.inputs, 0)))],
  cost: movingCost,
  text: () => '',
  evaluate: (node, inputs, rows) => spread(operand(inputs, 0), sizesOf(node.shape, rows)),
};
