import type { Site } from '../../model/network.js';
import type { Dim } from '../graph.js';
import type { Labelled } from '../labelled.js';
import { targetOf } from './losses.js';
import { coreLabel, coreLabels, dimOfSize, type Context, type NodeOf } from './context.js';

type Leaf = NodeOf<'feature' | 'lookup' | 'code' | 'log_frequency' | 'target' | 'weight' | 'constant'>;

/** What is given: by the host for each row, by a table, by training. */
export function lowerLeaf(context: Context, node: Leaf): Labelled {
  const { b } = context;
  const ofRow = (name: string): Labelled => ({ node: b.input(name, ['rows']), labels: ['rows'] });
  switch (node.kind) {
    case 'feature': {
      const value = b.input(`dense.${node.feature}`, ['rows', ...node.shape.map(dimOfSize)]);
      return { node: value, labels: ['rows', ...coreLabels(node.shape)] };
    }
    case 'lookup':
      return lookup(context, context.site(node.site));
    case 'code':
      return ofRow(`code.${node.feature}`);
    case 'log_frequency':
      return ofRow(`frequency.${node.feature}`);
    case 'target':
      return { node: targetOf(b, context.label(node.label)), labels: ['rows'] };
    case 'weight': {
      const { name, shape } = context.weight(node.weight);
      return { node: b.parameter(name, shape), labels: coreLabels(shape) };
    }
    case 'constant':
      return { node: b.constant(node.value), labels: [] };
    default:
      throw new Error(`unknown leaf ${JSON.stringify(node satisfies never)}`);
  }
}

function lookup({ b, table: tableOf }: Context, site: Site): Labelled {
  const table = tableOf(site.table);
  const rows: Dim = table.rows.kind === 'known' ? table.rows.rows : `V(${table.rows.name})`;
  const weights = b.parameter(`table.${table.name}`, [rows, table.dim]);
  const labels = ['rows', coreLabel(0)];
  switch (site.form) {
    case 'row':
      return { node: b.lookup(site.name, weights, b.input(`ids.${site.feature}`, ['rows'], 'int')), labels };
    case 'mean':
    case 'sum': {
      const ids = b.input(`ids.${site.feature}`, [`ids(${site.feature})`], 'int');
      const offsets = b.input(`offsets.${site.feature}`, ['rows+1'], 'int');
      return { node: b.lookup(site.name, weights, ids, { offsets, pool: site.form }), labels };
    }
    case 'sequence': {
      const ids = b.input(`ids.${site.name}`, ['rows', site.length ?? 1], 'int');
      return { node: b.lookup(site.name, weights, ids), labels: [...labels, coreLabel(1)] };
    }
    default:
      throw new Error(`unknown form ${JSON.stringify(site.form satisfies never)}`);
  }
}
