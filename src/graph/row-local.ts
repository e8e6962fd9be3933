import type { Graph, Node, OpName, Shape } from './graph.js';
import { opOf } from './ops/index.js';
import { isBatch } from './shapes.js';

/**
 * Whether every row of every node depends on the same row of the inputs only: then a batch may be cut into shards, and its
 * rows computed apart. Asked of a forward graph; a loss sums over rows.
 */
export function isRowLocal(graph: Graph): boolean {
  return graph.nodes.every((node) => {
    return (
      node.shape.filter(isBatch).length <= 1 &&
      isLocal(
        node,
        node.inputs.map((id): Shape => graph.nodes[id]?.shape ?? []),
      )
    );
  });
}

function isLocal<K extends OpName>(node: Node<K>, inputs: readonly Shape[]): boolean {
  return opOf<K>(node.kind).rowLocal(node, inputs);
}
