import { createBuilder, type Builder } from '../builder.js';
import type { NodeId } from '../graph.js';
import { live, mapOutputs, type Pass } from './pass.js';

const TABLE_GRADIENT = 'gradient.table.';

/**
 * Leaves the tables to the host: each lookup becomes an input `rows.<site>`, and where the graph has gradients of tables
 * they become outputs `gradient.rows.<site>`, the gradients of the rows that were looked up.
 */
export const cutTables: Pass = {
  name: 'cut-tables',
  run: (graph) => {
    const b = createBuilder();
    const renamed = new Map<NodeId, NodeId>();
    const sites = new Map<string, { readonly rows: NodeId; readonly isTrained: boolean; gradient?: NodeId }>();
    const to = (id: NodeId): NodeId => renamed.get(id) ?? id;
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(to);
      b.at(node.span, node.part);
      if (node.kind === 'lookup') {
        const rows = b.input(`rows.${node.site}`, node.shape);
        const table = graph.nodes[node.inputs[0] ?? -1];
        const isTrained = table?.kind === 'parameter' && `gradient.${table.name}` in graph.outputs;
        sites.set(node.site, { rows, isTrained });
        renamed.set(node.id, rows);
      } else {
        renamed.set(node.id, b.copy(node, inputs));
        const gradient = inputs.at(-1);
        const site = node.kind === 'scatter_rows' ? sites.get(node.site) : undefined;
        if (site && gradient !== undefined) site.gradient = addTo(b, site.gradient, gradient);
      }
    }
    const outputs = Object.entries(mapOutputs(graph, to));
    const kept = outputs.filter(([name]) => !name.startsWith(TABLE_GRADIENT));
    const gradients = [...sites].flatMap(([site, { rows, isTrained, gradient }]): (readonly [string, NodeId])[] =>
      isTrained ? [[`gradient.rows.${site}`, gradient ?? b.constant(0, b.shape(rows))]] : [],
    );
    return live(b.finish(Object.fromEntries([...kept, ...gradients])));
  },
};

function addTo(b: Builder, sum: NodeId | undefined, x: NodeId): NodeId {
  return sum === undefined ? x : b.binary('add', sum, x);
}
