import type { Graph, Node, NodeId, OpName, Shape } from './graph.js';
import { opOf } from './ops/index.js';
import { isBatch } from './shapes.js';

/**
 * Whether every row of every node depends on the same row of the inputs only: then a batch may be cut into shards, and its
 * rows computed apart. Asked of a forward graph; a loss sums over rows.
 */
export function isRowLocal(graph: Graph): boolean {
  const before = new Map<NodeId, number>();
  return graph.nodes.every((node) => {
    const inputs = node.inputs.map((id): Shape => graph.nodes[id]?.shape ?? []);
    if (node.shape.filter(isBatch).length > 1 || !isLocal(node, inputs)) return false;
    const known = node.inputs.flatMap((id) => before.get(id) ?? []);
    if (!node.shape.some(isBatch)) return true;
    const own = node.kind === 'reshape' ? reshaped(node.shape, inputs[0] ?? [], known[0] ?? 1) : (known[0] ?? 1);
    if (own === undefined || known.some((other) => node.kind !== 'reshape' && other !== own)) return false;
    before.set(node.id, own);
    return true;
  });
}

/**
 * Where a reshape leaves the batch in its axis: after how many of the axes that are folded with it. Undefined: its rows are
 * mixed, for as many elements as before must stand before the batch in memory.
 */
function reshaped(shape: Shape, from: Shape, before: number): number | undefined {
  const elements = (dims: Shape) => dims.slice(0, dims.findIndex(isBatch)).reduce<number>((all, dim) => all * Number(dim), 1);
  const own = (elements(from) * before) / elements(shape);
  const folded = shape.find(isBatch);
  const among = typeof folded === 'string' && folded !== 'rows' ? Number(folded.slice('rows*'.length)) : 1;
  return Number.isInteger(own) && among % own === 0 ? own : undefined;
}

function isLocal<K extends OpName>(node: Node<K>, inputs: readonly Shape[]): boolean {
  return opOf<K>(node.kind).rowLocal(node, inputs);
}
