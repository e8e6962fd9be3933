import type { Network, NodeId, TensorNode } from '../network.js';

/** Nodes that a node reads. */
export function inputsOf(node: TensorNode): readonly NodeId[] {
  switch (node.kind) {
    case 'feature':
    case 'weight':
    case 'constant':
      return [];
    case 'binary':
    case 'matmul':
      return [node.a, node.b];
    case 'concat':
    case 'stack':
      return node.xs;
    case 'unary':
    case 'transpose':
    case 'lift':
    case 'bind':
    case 'reduce':
    case 'softmax':
    case 'pick':
    case 'slice':
    case 'reshape':
    case 'dropout':
      return [node.x];
    default:
      return node satisfies never;
  }
}

function renumbered(node: TensorNode, id: NodeId, to: (from: NodeId) => NodeId): TensorNode {
  switch (node.kind) {
    case 'feature':
    case 'weight':
    case 'constant':
      return { ...node, id };
    case 'binary':
    case 'matmul':
      return { ...node, id, a: to(node.a), b: to(node.b) };
    case 'concat':
    case 'stack':
      return { ...node, id, xs: node.xs.map(to) };
    case 'unary':
    case 'transpose':
    case 'lift':
    case 'bind':
    case 'reduce':
    case 'softmax':
    case 'pick':
    case 'slice':
    case 'reshape':
    case 'dropout':
      return { ...node, id, x: to(node.x) };
    default:
      return node satisfies never;
  }
}

/** Leaves out what no label depends on: a weight that none does is not made. */
export function pruned(network: Network): Network {
  const used = new Set<NodeId>();
  const open = network.logits.map((l) => l.node);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = network.nodes[id];
    if (used.has(id) || !node) continue;
    used.add(id);
    open.push(...inputsOf(node));
  }
  const ids = new Map<NodeId, NodeId>();
  const to = (from: NodeId): NodeId => ids.get(from) ?? 0;
  const nodes: TensorNode[] = [];
  const weights = new Set<string>();
  for (const node of network.nodes) {
    if (!used.has(node.id)) continue;
    ids.set(node.id, nodes.length);
    nodes.push(renumbered(node, nodes.length, to));
    if (node.kind === 'weight') weights.add(node.weight);
  }
  return {
    nodes,
    weights: network.weights.filter((w) => weights.has(w.name)),
    named: network.named.filter((n) => used.has(n.node)).map((n) => ({ ...n, node: to(n.node) })),
    logits: network.logits.map((l) => ({ ...l, node: to(l.node) })),
  };
}
