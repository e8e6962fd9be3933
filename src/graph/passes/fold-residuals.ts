import { createBuilder } from '../builder.js';
import type { Graph, Node, NodeId } from '../graph.js';
import { isSymbolic, sameShape } from '../shapes.js';
import type { Pass } from './pass.js';

/**
 * z ⊙ (x Wᵀ + b) + z → z ⊙ (x Wᵀ + (b + 1)), wherever x Wᵀ + b is read in no other way: the first cross layer and its gradient,
 * each without one pass over the batch. The results differ by rounding only.
 */
export const foldResiduals: Pass = { name: 'fold-residuals', run: fold };

function fold(graph: Graph): Graph {
  const readers = readersOf(graph);
  const gains = new Set<NodeId>();
  const sums = new Map<NodeId, { readonly z: NodeId; readonly gain: NodeId }>();
  for (const gain of graph.nodes) {
    const found = isAffine(gain, graph) ? residuals(gain, graph, readers) : [];
    if (found.length === 0) continue;
    gains.add(gain.id);
    found.forEach(({ sum, z }) => sums.set(sum, { z, gain: gain.id }));
  }
  if (gains.size === 0) return graph;

  const b = createBuilder();
  const copies = new Map<NodeId, NodeId>();
  const copied = (id: NodeId): NodeId => copies.get(id) ?? raise(id);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(copied);
    const residual = sums.get(node.id);
    if (residual) copies.set(node.id, b.binary('multiply', copied(residual.z), copied(residual.gain)));
    else if (gains.has(node.id)) {
      const shifted = inputs.map((id) => (b.node(id).kind === 'matmul' ? id : b.binary('add', id, b.constant(1))));
      copies.set(node.id, b.copy(node, shifted));
    } else copies.set(node.id, b.copy(node, inputs));
  }
  return b.finish(Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, copied(id)])));
}

function raise(id: NodeId): never {
  throw new Error(`node ${String(id)} is used before it is made`);
}

/** A product plus something small: one matmul, and a bias that has no batch axis. */
function isAffine(node: Node, graph: Graph): boolean {
  if (node.kind !== 'add') return false;
  const [a, b] = node.inputs.map((id) => graph.nodes[id]);
  return [
    [a, b],
    [b, a],
  ].some(
    ([product, bias]) => product?.kind === 'matmul' && bias !== undefined && bias.kind !== 'matmul' && !isSymbolic(bias.shape),
  );
}

/** The sums z ⊙ gain + z that read `gain`, or none if anything else reads it. */
function residuals(gain: Node, graph: Graph, readers: ReadonlyMap<NodeId, readonly NodeId[]>): { sum: NodeId; z: NodeId }[] {
  const found: { sum: NodeId; z: NodeId }[] = [];
  for (const reader of readers.get(gain.id) ?? []) {
    const product = graph.nodes[reader];
    const z = product?.inputs.find((id) => id !== gain.id);
    const [sum, ...others] = readers.get(reader) ?? [];
    const added = sum === undefined ? undefined : graph.nodes[sum];
    if (product?.kind !== 'multiply' || z === undefined || added?.kind !== 'add' || others.length > 0) return [];
    if (!added.inputs.includes(z) || !sameShape(graph.nodes[z]?.shape ?? [], gain.shape)) return [];
    found.push({ sum: added.id, z });
  }
  return found;
}

/** An output counts as a reader that is no node. */
function readersOf(graph: Graph): Map<NodeId, NodeId[]> {
  const readers = new Map<NodeId, NodeId[]>();
  const add = (id: NodeId, reader: NodeId) => readers.set(id, [...(readers.get(id) ?? []), reader]);
  for (const node of graph.nodes) node.inputs.forEach((id) => add(id, node.id));
  for (const id of Object.values(graph.outputs)) add(id, -1);
  return readers;
}
