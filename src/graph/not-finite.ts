import type { Graph, Node, NodeId } from './graph.js';
import { prepareInterpreter, type Values } from './interpreter.js';

export interface Origin {
  readonly node: Node;
  /** NaN, infinite, or beyond `largest`. */
  readonly value: number;
}

/**
 * Where an output of the graph that is not finite comes from: a node that makes such a value of finite ones, or a leaf that has one.
 * What goes wrong and is then left out, as by a `select`, is none. Undefined if all outputs are finite; the first of them decides.
 */
export function originOfNotFinite(graph: Graph, values: Values, rows: number, largest = Number.MAX_VALUE): Origin | undefined {
  const found = new Map<NodeId, number>();
  prepareInterpreter(graph, rows, ({ id }, { data }) => {
    const value = data.find((one) => !(Math.abs(one) <= largest));
    if (value !== undefined) found.set(id, value);
  })(values);
  const isFound = (id: NodeId): boolean => found.has(id);
  let at = Object.values(graph.outputs).find(isFound);
  for (let next = at; next !== undefined; next = graph.nodes[next]?.inputs.find(isFound)) at = next;
  const [node, value] = at === undefined ? [] : [graph.nodes[at], found.get(at)];
  return node && value !== undefined ? { node, value } : undefined;
}
