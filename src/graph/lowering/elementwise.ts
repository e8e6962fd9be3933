import type { BinaryFunction, Comparison } from '../../model/network.js';
import type { BinaryKind, Builder } from '../builder.js';
import { binary, type Labelled } from '../labelled.js';

export const binaryKinds: Readonly<Record<BinaryFunction, BinaryKind>> = {
  add: 'add',
  subtract: 'subtract',
  multiply: 'multiply',
  divide: 'divide',
  max: 'maximum',
  min: 'minimum',
};

/** 1 where it holds, else 0. */
export function compared(b: Builder, comparison: Comparison, x: Labelled, y: Labelled): Labelled {
  switch (comparison) {
    case '>':
      return binary(b, 'greater', x, y);
    case '<':
      return binary(b, 'greater', y, x);
    case '>=':
      return not(b, binary(b, 'greater', y, x));
    case '<=':
      return not(b, binary(b, 'greater', x, y));
    case '!=':
      return binary(b, 'add', binary(b, 'greater', x, y), binary(b, 'greater', y, x));
    case '==':
      return not(b, compared(b, '!=', x, y));
    default:
      throw new Error(`unknown comparison ${JSON.stringify(comparison satisfies never)}`);
  }
}

function not(b: Builder, x: Labelled): Labelled {
  return binary(b, 'subtract', { node: b.constant(1), labels: [] }, x);
}
