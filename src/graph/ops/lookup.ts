import type { Op } from '../op.js';
import { dimAt, shapeError } from '../shapes.js';
import { at, moved } from './elementwise.js';
import { bagsOf } from './bags.js';
import { operand, zeros } from './loops.js';

export const lookup: Op<'lookup'> = {
  kind: 'lookup',
  rowLocal: () => true,
  shape: (inputs, { pool }) => {
    const [table, ids] = [at(inputs, 0), at(inputs, 1)];
    const idsFit = ids.length === 1 || (ids.length === 2 && !pool);
    if (table.length !== 2 || !idsFit || inputs.length !== (pool ? 3 : 2)) throw shapeError('lookup of a table [V, k]');
    return [...(pool ? ['rows' as const] : ids), dimAt(table, 1)];
  },
  gradient: (node, g, b) => {
    const [table, ids] = [at(node.inputs, 0), at(node.inputs, 1)];
    return [b.scatterRows(node.site, table, ids, g, node.pool && { pool: node.pool, offsets: at(node.inputs, 2) })];
  },
  cost: (node, inputs, rows) => ({ multiplyAdds: 0, bytes: 2 * moved(node, inputs.slice(1), rows) }),
  text: ({ site, pool }) => `site=${JSON.stringify(site)}${pool ? ` pool=${pool}` : ''}`,
  evaluate: ({ pool }, inputs) => {
    const table = operand(inputs, 0);
    const ids = operand(inputs, 1);
    const dim = table.shape[1] ?? 0;
    const bags = bagsOf(ids.data, pool && operand(inputs, 2).data);
    const result = zeros([...(pool ? [bags.length] : ids.shape), dim]);
    bags.forEach((bag, row) => {
      const scale = pool === 'mean' ? 1 / bag.length : 1;
      for (const id of bag) {
        if (!(id >= 0 && id < (table.shape[0] ?? 0))) throw new Error(`id ${id} is outside the table`);
        for (let j = 0; j < dim; j++) result.data[row * dim + j]! += scale * (table.data[id * dim + j] ?? NaN);
      }
    });
    return result;
  },
};
