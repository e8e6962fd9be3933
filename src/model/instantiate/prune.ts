import { operandsOf, type Network, type NodeId, type TensorNode } from '../network.js';

function renumbered(node: TensorNode, id: NodeId, to: (from: NodeId) => NodeId): TensorNode {
  const operands = {
    ...('xs' in node && { xs: node.xs.map(to) }),
    ...('x' in node && { x: to(node.x) }),
    ...('a' in node && { a: to(node.a), b: to(node.b) }),
    ...('condition' in node && { condition: to(node.condition) }),
  };
  return { ...node, id, ...operands };
}

/** The nodes that some are computed from, themselves among them: 1 at the place of each. */
export function reached(nodes: readonly TensorNode[], from: readonly NodeId[]): Uint8Array {
  const used = new Uint8Array(nodes.length);
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = nodes[id];
    if (used[id] === 1 || !node) continue;
    used[id] = 1;
    open.push(...operandsOf(node));
  }
  return used;
}

/** Leaves out what no label and no output depends on: a weight that none does is not made. */
export function pruned(network: Network): Network {
  const ends = network.logits.flatMap(({ node, loss }) => (loss === undefined ? [node] : [node, loss]));
  const used = reached(network.nodes, [...ends, ...network.outputs.map(({ node }) => node)]);
  const ids = new Int32Array(network.nodes.length);
  const to = (from: NodeId): NodeId => ids[from] ?? 0;
  let same = true;
  const nodes: TensorNode[] = [];
  const names = new Set<string>();
  for (const node of network.nodes) {
    if (used[node.id] === 0) {
      same = false;
      continue;
    }
    ids[node.id] = nodes.length;
    nodes.push(same ? node : renumbered(node, nodes.length, to));
    if (node.kind === 'weight') names.add(node.weight);
    if (node.kind === 'lookup') names.add(`site ${node.site}`);
    if (node.kind === 'batch_norm') names.add(node.mean).add(node.variance);
  }
  return {
    nodes,
    weights: network.weights.filter((w) => names.has(w.name)),
    states: network.states.filter((s) => names.has(s.name)),
    sites: network.sites.filter((s) => names.has(`site ${s.name}`)),
    named: network.named.filter((n) => used[n.node] === 1).map((n) => ({ ...n, node: to(n.node) })),
    logits: network.logits.map((l) => ({ ...l, node: to(l.node), ...(l.loss !== undefined && { loss: to(l.loss) }) })),
    outputs: network.outputs.map((o) => ({ ...o, node: to(o.node) })),
  };
}
