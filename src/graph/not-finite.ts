import type { Graph, Node, NodeId } from './graph.js';
import { prepareInterpreter, type Values } from './interpreter.js';

export interface Origin {
  readonly node: Node;
  /** NaN or infinite, or beyond the largest number of single precision. */
  readonly value: number;
}

/**
 * Where an output of the graph that is not finite comes from: a node that makes such a value of finite ones, or a leaf that has one.
 * What goes wrong and is then left out, as by a `select`, is none. Undefined if all outputs are finite; the first of them decides.
 * @param isSingle rounds every value to single precision, in which ∞ − ∞ may come of numbers that are finite in double
 */
export function originOfNotFinite(graph: Graph, values: Values, rows: number, isSingle = false): Origin | undefined {
  const found = new Map<NodeId, number>();
  const look = prepareInterpreter(graph, rows, ({ id }, { data }) => {
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? NaN;
      const rounded = isSingle ? Math.fround(value) : value;
      if (!Number.isFinite(rounded) && !found.has(id)) found.set(id, value);
      data[i] = rounded;
    }
  });
  look(values);
  const isFound = (id: NodeId): boolean => found.has(id);
  let at = Object.values(graph.outputs).find(isFound);
  for (let next = at; next !== undefined; next = graph.nodes[next]?.inputs.find(isFound)) at = next;
  const [node, value] = at === undefined ? [] : [graph.nodes[at], found.get(at)];
  return node && value !== undefined ? { node, value } : undefined;
}
