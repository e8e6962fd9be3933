import type { Op } from '../op.js';
import { elementsOf, isSymbolic, printShape, shapeError, sizesOf } from '../shapes.js';
import { leafOp } from './elementwise.js';
import { product } from './loops.js';

/** Longer lists are cut in the text form, with a digest of what is left out. */
const PRINTED = 8;

export const constant: Op<'constant'> = {
  ...leafOp('constant', ({ value }) => (typeof value === 'number' ? print(value) : list(value))),
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

function print(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function list(values: readonly number[]): string {
  const shown = values.slice(0, PRINTED).map(print).join(', ');
  if (values.length <= PRINTED) return `[${shown}]`;
  return `[${shown}, … ${values.length} numbers, digest ${digest(values.map(print).join())}]`;
}

/** 32-bit FNV-1a. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
