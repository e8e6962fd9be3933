import type { Graph, Node, NodeId, OpName, Shape } from './graph.js';
import type { Tensor } from './op.js';
import { opOf } from './ops/index.js';
import { printShape, sizeOf } from './shapes.js';

/** Values of inputs, parameters and noise by their names, row-major. */
export type Values = Readonly<Record<string, readonly number[] | Float64Array | Float32Array | Int32Array>>;

/** A graph made ready for batches of one size; throws where a value is missing or has the wrong number of elements. */
export type Interpreter = (values: Values) => Record<string, Tensor>;

/** Computes the graph in float64 with plain loops: what every engine and target is checked against. */
export function interpret(graph: Graph, values: Values, rows: number): Record<string, Tensor> {
  return prepareInterpreter(graph, rows)(values);
}

/** The graph's nodes that its outputs need, with the last use of each, found once. `watch` is shown every value as it is made. */
export function prepareInterpreter(graph: Graph, rows: number, watch?: (node: Node, value: Tensor) => void): Interpreter {
  const outputs = Object.entries(graph.outputs);
  const steps = neededNodes(
    graph,
    outputs.map(([, id]) => id),
  ).map((node) => ({ node, compute: computation(node, rows) }));
  const lastUse = new Map<NodeId, number>();
  steps.forEach(({ node }, i) => node.inputs.forEach((id) => lastUse.set(id, i)));
  outputs.forEach(([, id]) => lastUse.delete(id));
  const freed = steps.map((): NodeId[] => []);
  for (const [id, last] of lastUse) freed[last]?.push(id);

  return (values) => {
    const computed = new Map<NodeId, Tensor>();
    const get = (id: NodeId): Tensor => {
      const tensor = computed.get(id);
      if (!tensor) throw new Error(`node ${String(id)} is used before it is computed`);
      return tensor;
    };
    steps.forEach(({ node, compute }, i) => {
      const value = compute(node.inputs.map(get), values);
      watch?.(node, value);
      computed.set(node.id, value);
      freed[i]?.forEach((id) => computed.delete(id));
    });
    return Object.fromEntries(outputs.map(([name, id]) => [name, get(id)]));
  };
}

function neededNodes(graph: Graph, outputs: readonly NodeId[]): Node[] {
  const needed = new Set(outputs);
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node.id)) node.inputs.forEach((id) => needed.add(id));
  }
  return graph.nodes.filter((node) => needed.has(node.id));
}

type Compute = (inputs: readonly Tensor[], values: Values) => Tensor;

function computation<K extends OpName>(node: Node<K>, rows: number): Compute {
  if ('name' in node) {
    const { name, shape } = node;
    return (_, values) => given(name, shape, values[name], rows);
  }
  const { evaluate } = opOf<K>(node.kind);
  if (!evaluate) throw new Error(`${node.kind} cannot be computed`);
  return (inputs) => evaluate(node, inputs, rows);
}

/** The host's numbers as a tensor; an axis that only data can tell takes what is left. */
function given(name: string, shape: Shape, value: Values[string] | undefined, rows: number): Tensor {
  if (value === undefined) throw new Error(`no value for ${name}`);
  const sizes = shape.map((dim) => sizeOf(dim, rows));
  const known = sizes.reduce<number>((product, size) => product * (size ?? 1), 1);
  const open = known === 0 ? 0 : value.length / known;
  const resolved = sizes.map((size) => size ?? open);
  if (resolved.reduce((product, size) => product * size, 1) !== value.length) {
    throw new Error(`${String(value.length)} numbers for ${name} of shape ${printShape(shape)}`);
  }
  return { shape: resolved, data: Float64Array.from(value) };
}
