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
  const used = new Uint8Array(network.nodes.length);
  const open = network.logits.map((l) => l.node);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = network.nodes[id];
    if (used[id] === 1 || !node) continue;
    used[id] = 1;
    open.push(...inputsOf(node));
  }
  const ids = new Int32Array(network.nodes.length);
  const to = (from: NodeId): NodeId => ids[from] ?? 0;
  let same = true;
  const nodes: TensorNode[] = [];
  const weights = new Set<string>();
  for (const node of network.nodes) {
    if (used[node.id] === 0) {
      same = false;
      continue;
    }
    ids[node.id] = nodes.length;
    nodes.push(same ? node : renumbered(node, nodes.length, to));
    if (node.kind === 'weight') weights.add(node.weight);
  }
  return {
    nodes,
    weights: network.weights.filter((w) => weights.has(w.name)),
    named: network.named.filter((n) => used[n.node] === 1).map((n) => ({ ...n, node: to(n.node) })),
    logits: network.logits.map((l) => ({ ...l, node: to(l.node) })),
  };
}
