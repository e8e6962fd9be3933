import type { Op } from '../op.js';
import { elementsOf, isSymbolic, printShape, shapeError, sizesOf } from '../shapes.js';
import { leafOp } from './elementwise.js';
import { product } from './loops.js';
import { numbersText, numberText } from './numbers.js';

export const constant: Op<'constant'> = {
  ...leafOp('constant', ({ value }) => (typeof value === 'number' ? numberText(value) : numbersText(value))),
  shape: (_inputs, { value }, declared) => {
    if (!declared) throw shapeError('constant needs a shape');
    if (typeof value !== 'number' && (isSymbolic(declared) || elementsOf(declared, 1) !== value.length)) {
      throw shapeError(`${value.length} numbers for a constant of shape ${printShape(declared)}`);
    }
    return declared;
  },
  evaluate: ({ value, shape }, _inputs, rows) => {
    const sizes = sizesOf(shape, rows);
    return {
      shape: sizes,
      data: typeof value === 'number' ? new Float64Array(product(sizes)).fill(value) : Float64Array.from(value),
    };
  },
};
