import type { Graph, Node, NodeId, OpName, Shape } from '../../graph/graph.js';
import { isSymbolic, sizeOf, sizesOf } from '../../graph/shapes.js';
import { createEmitter } from './emitter.js';
import type { Emitter, RowsOf } from './emitter.js';
import { operators } from './ops.js';
import type { Leaf, Lower } from './ops.js';
import { ElementType, encodeModel } from './proto.js';
import type { Dimension, NodeProto, ValueInfoProto } from './proto.js';
import { chooseKernels } from './rewrites.js';

export interface OnnxOptions {
  /** Size of the batch axis; 'dynamic' leaves it to each run, as the dimension named `rows`. */
  readonly rows: number | 'dynamic';
  /** Name of the graph in the file. */
  readonly name?: string;
}

/**
 * Opset 17 (IR version 8): it has all that a graph needs (Shape of some axes, ScatterElements that adds), and runs in every
 * onnxruntime since 1.12. Later ones bring nothing to these ops.
 */
const opset = 17;
const irVersion = 8;

/**
 * The graph as an ONNX model. Its inputs are the graph's inputs, parameters, states and noise by their names (float32, ids int32), its outputs
 * the graph's outputs. An axis that only data can tell, such as a table's rows, is a dimension with its name.
 */
export function onnxModel(graph: Graph, options: OnnxOptions): Uint8Array {
  const leaves = graph.nodes.filter(isModelInput);
  const { emitter, emitted } = createEmitter(options.rows, rowsOf(leaves));
  const names = writeNodes(graph, emitter);
  const outputs = nameOutputs(graph, names, leaves, emitted.nodes, emitter);

  const info = (name: string, shape: Shape, type: ElementType): ValueInfoProto => ({
    name,
    type: { tensor_type: { elem_type: type, shape: { dim: dimensions(shape, options.rows) } } },
  });
  return encodeModel({
    ir_version: irVersion,
    producer_name: 'reccompile',
    opset_import: [{ domain: '', version: opset }],
    graph: {
      name: options.name ?? 'graph',
      node: outputs,
      initializer: emitted.initializers,
      input: leaves.map((leaf) => info(leaf.name, leaf.shape, elementType(leaf))),
      output: Object.entries(graph.outputs).map(([name, id]) => info(name, nodeAt(graph, id).shape, ElementType.float)),
    },
  });
}

type ModelInput = Node<'input' | 'parameter' | 'state' | 'noise'>;

function isModelInput(node: Node): node is ModelInput {
  return node.kind === 'input' || node.kind === 'parameter' || node.kind === 'state' || node.kind === 'noise';
}

function isInt(node: Node): boolean {
  return node.kind === 'input' && node.dtype === 'int';
}

function elementType(node: ModelInput): ElementType {
  return isInt(node) ? ElementType.int32 : ElementType.float;
}

function nodeAt(graph: Graph, id: NodeId): Node {
  const node = graph.nodes[id];
  if (!node) throw new Error(`the graph has no node ${String(id)}`);
  return node;
}

/** Name of each node's value, by id. */
function writeNodes(graph: Graph, emit: Emitter): Map<NodeId, string> {
  const kernels = chooseKernels(graph, emit.rows);
  const names = new Map<NodeId, string>();
  const asFloat = new Map<NodeId, string>();
  const name = (id: NodeId): string => names.get(id) ?? raise(id);
  const float = (id: NodeId): string => {
    if (!isInt(nodeAt(graph, id))) return name(id);
    const cast = asFloat.get(id) ?? emit.cast(name(id), ElementType.float);
    asFloat.set(id, cast);
    return cast;
  };
  for (const node of graph.nodes) {
    const kernel = kernels.get(node.id);
    emit.from(kernel === undefined || kernel === 'plain' ? node.kind : kernel.rewrite);
    if (isModelInput(node)) names.set(node.id, node.name);
    else if (kernel === undefined) continue;
    else if (node.kind === 'constant') names.set(node.id, constant(node, emit));
    else if (kernel !== 'plain') names.set(node.id, kernel.write(emit, kernel.operands.map(float)));
    else names.set(node.id, plain(node, node.inputs.map(takesIds(node) ? name : float), emit, graph));
  }
  for (const id of Object.values(graph.outputs)) names.set(id, float(id));
  return names;
}

function raise(id: NodeId): never {
  throw new Error(`node ${String(id)} is used before it is written`);
}

function takesIds(node: Node): boolean {
  return node.kind === 'lookup' || node.kind === 'scatter_rows';
}

function plain<K extends Exclude<OpName, Leaf>>(node: Node<K>, inputs: readonly string[], emit: Emitter, graph: Graph): string {
  const table: { readonly [P in Exclude<OpName, Leaf>]: Lower<P> } = operators;
  const lower: Lower<K> = table[node.kind];
  return lower(
    node,
    inputs,
    emit,
    node.inputs.map((id) => nodeAt(graph, id).shape),
  );
}

function constant(node: Node<'constant'>, emit: Emitter): string {
  if (typeof node.value === 'number') {
    const value = emit.float(node.value);
    return node.shape.length === 0 ? value : emit.node('Expand', [value, emit.dims(node.shape)]);
  }
  if (emit.rows === 'dynamic' && isSymbolic(node.shape)) throw new Error('a constant cannot list values of a dynamic batch axis');
  return emit.floats(node.value, sizesOf(node.shape, Number(emit.rows)));
}

/** Gives the values of the outputs their names; a value with two names, or one that is an input, gets an Identity. */
function nameOutputs(
  graph: Graph,
  names: ReadonlyMap<NodeId, string>,
  leaves: readonly ModelInput[],
  nodes: readonly NodeProto[],
  emit: Emitter,
): NodeProto[] {
  const made = new Set(nodes.flatMap((node) => node.output));
  const inputs = new Set(leaves.map((leaf) => leaf.name));
  const renamed = new Map<string, string>();
  for (const [output, id] of Object.entries(graph.outputs)) {
    if (inputs.has(output)) throw new Error(`${output} is both an input and an output of the graph`);
    const value = names.get(id) ?? raise(id);
    const source = made.has(value) && !renamed.has(value) ? value : emit.node('Identity', [value]);
    renamed.set(source, output);
  }
  const rename = (value: string) => renamed.get(value) ?? value;
  return nodes.map((node) => ({ ...node, input: node.input.map(rename), output: node.output.map(rename) }));
}

function dimensions(shape: Shape, rows: number | 'dynamic'): Dimension[] {
  return shape.map((dim) => {
    const size = rows === 'dynamic' ? (typeof dim === 'number' ? dim : undefined) : sizeOf(dim, rows);
    return size === undefined ? { dim_param: String(dim) } : { dim_value: size };
  });
}

/** An input whose shape tells the size of the batch; bags tell it by their offsets. */
function rowsOf(leaves: readonly ModelInput[]): RowsOf | undefined {
  for (const dim of ['rows', 'rows+1'] as const) {
    const leaf = leaves.find((node) => node.shape.includes(dim));
    if (leaf) return { value: leaf.name, axis: leaf.shape.indexOf(dim), less: dim === 'rows' ? 0 : 1 };
  }
  return undefined;
}
