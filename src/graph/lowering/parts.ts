import { operandsOf, type Network, type NodeId, type TensorNode } from '../../model/network.js';

/**
 * What the cost of each node of a network is booked on: a weight or a table of the network on the first segment of its path, a
 * table of features on `embeddings`, a feature on `features`, the rest on the first name of the network that needs it.
 */
export function partsOf(network: Network): (string | undefined)[] {
  const tables = new Map(network.sites.map(({ name, table }) => [name, table]));
  const parts = network.nodes.map((node) => ownPart(node, tables));
  for (const { name, node } of endsOf(network)) {
    const open = [node];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const one = network.nodes[id];
      if (!one || parts[id] !== undefined) continue;
      parts[id] = name;
      open.push(...operandsOf(one));
    }
  }
  return parts;
}

function endsOf(network: Network): { readonly name: string; readonly node: NodeId }[] {
  const names = [...network.named].sort((a, b) => a.node - b.node);
  const logits = network.logits.map(({ label, node }) => ({ name: label, node }));
  const losses = network.logits.flatMap(({ loss }) => (loss === undefined ? [] : [{ name: 'loss', node: loss }]));
  return [...names, ...logits, ...network.outputs, ...losses];
}

function ownPart(node: TensorNode, tables: ReadonlyMap<string, string>): string | undefined {
  switch (node.kind) {
    case 'weight':
      return firstSegment(node.weight);
    case 'lookup': {
      const table = tables.get(node.site) ?? '';
      return table.includes('.') ? firstSegment(table) : 'embeddings';
    }
    case 'feature':
      return 'features';
    default:
      return undefined;
  }
}

function firstSegment(path: string): string | undefined {
  return path.split('.')[0];
}
