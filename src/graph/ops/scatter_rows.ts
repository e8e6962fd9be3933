import type { Op } from '../op.js';
import { elementsOf } from '../shapes.js';
import { bagsOf } from './bags.js';
import { at } from './elementwise.js';
import { operand, zeros } from './loops.js';

export const scatter_rows: Op<'scatter_rows'> = {
  kind: 'scatter_rows',
  rowLocal: () => false,
  shape: (inputs) => at(inputs, 0),
  gradient: (node, upstream, b) => {
    const ids = at(node.inputs, 1);
    const bag = node.pool && { pool: node.pool, offsets: at(node.inputs, 2) };
    return [...node.inputs.slice(1).map(() => undefined), b.lookup(node.site, upstream, ids, bag)];
  },
  cost: (_, inputs, rows) => {
    const elements = elementsOf(at(inputs, inputs.length - 1), rows);
    return { multiplyAdds: elements, bytes: 4 * 3 * elements };
  },
  text: ({ site, pool }) => `site=${JSON.stringify(site)}${pool ? ` pool=${pool}` : ''}`,
  evaluate: ({ pool }, inputs) => {
    const result = zeros(operand(inputs, 0).shape);
    const gradient = operand(inputs, inputs.length - 1);
    const dim = gradient.shape.at(-1) ?? 0;
    bagsOf(operand(inputs, 1).data, pool && operand(inputs, 2).data).forEach((ids, row) => {
      const scale = pool === 'mean' ? 1 / ids.length : 1;
      for (const id of ids) {
        for (let j = 0; j < dim; j++) result.data[id * dim + j]! += scale * (gradient.data[row * dim + j] ?? NaN);
      }
    });
    return result;
  },
};
