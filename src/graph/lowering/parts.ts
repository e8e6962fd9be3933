import type { Network, TensorNode } from '../../model/network.js';

/**
 * What the cost of each node of a network is booked on: a weight on the first segment of its path, a feature on
 * `embeddings` or `features`, the rest on the first name of the network that needs it.
 */
export function partsOf(network: Network, isCategory: (feature: string) => boolean): (string | undefined)[] {
  const parts = network.nodes.map((node) => ownPart(node, isCategory));
  const names = [...network.named].sort((a, b) => a.node - b.node);
  const ends = [...names, ...network.logits.map(({ label, node }) => ({ name: label, node }))];
  for (const { name, node } of ends) {
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

function ownPart(node: TensorNode, isCategory: (feature: string) => boolean): string | undefined {
  if (node.kind === 'weight') return node.weight.split('.')[0];
  if (node.kind === 'feature') return isCategory(node.feature) ? 'embeddings' : 'features';
  return undefined;
}

/** The nodes that a node of the network is computed from. */
export function operandsOf(node: TensorNode): readonly number[] {
  if ('xs' in node) return node.xs;
  if ('x' in node) return [node.x];
  return 'a' in node ? [node.a, node.b] : [];
}
