import type { Dim, Graph, Node, OpName, Shape } from './graph.js';
import type { Cost } from './op.js';
import { opOf } from './ops/index.js';

/** Of what no name of the network needs. */
const UNNAMED = 'rest';

export interface PartCost extends Cost {
  readonly name: string;
  readonly parameters: ParameterCount;
}

export interface Costs extends Cost {
  readonly parameters: ParameterCount;
  /** In the order in which the graph first meets them. */
  readonly parts: readonly PartCost[];
}

/** Number of weights: a known part, and for each table without a known number of rows `dim` times that symbol. */
export interface ParameterCount {
  readonly known: number;
  readonly unknown: readonly { readonly rows: Dim; readonly dim: number }[];
}

/**
 * What one run of the graph over `rows` rows costs: multiply-adds (an elementwise op counts one an element), bytes read and
 * written in float32, and the weights it reads; in all and by part (a name of the network, `embeddings`, `features`, `loss`).
 */
export function costs(graph: Graph, rows: number): Costs {
  const parts = new Map<string, PartCost>();
  for (const node of graph.nodes) {
    const name = node.part ?? UNNAMED;
    const before = parts.get(name) ?? { name, ...NOTHING };
    parts.set(name, { name, ...addCosts(before, costOf(node, graph, rows)) });
  }
  const list = [...parts.values()].filter((part) => part.multiplyAdds > 0 || part.bytes > 0 || hasParameters(part.parameters));
  return { ...list.reduce<Costed>(addCosts, NOTHING), parts: list };
}

interface Costed extends Cost {
  readonly parameters: ParameterCount;
}

const NOTHING: Costed = { multiplyAdds: 0, bytes: 0, parameters: { known: 0, unknown: [] } };

function addCosts(a: Costed, c: Costed): Costed {
  return {
    multiplyAdds: a.multiplyAdds + c.multiplyAdds,
    bytes: a.bytes + c.bytes,
    parameters: {
      known: a.parameters.known + c.parameters.known,
      unknown: [...a.parameters.unknown, ...c.parameters.unknown],
    },
  };
}

function hasParameters({ known, unknown }: ParameterCount): boolean {
  return known > 0 || unknown.length > 0;
}

function costOf<K extends OpName>(node: Node<K>, graph: Graph, rows: number): Costed {
  const inputs = node.inputs.map((id): Shape => graph.nodes[id]?.shape ?? []);
  const cost = opOf<K>(node.kind).cost(node, inputs, rows);
  return { ...cost, parameters: node.kind === 'parameter' ? countOf(node.shape) : NOTHING.parameters };
}

function countOf(shape: Shape): ParameterCount {
  const symbol = shape.find((dim) => typeof dim !== 'number');
  const known = shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  return symbol === undefined ? { known, unknown: [] } : { known: 0, unknown: [{ rows: symbol, dim: known }] };
}
