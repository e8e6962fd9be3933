import type { Graph, Node, NodeId, OpName, Shape } from '../../graph/graph.js';
import { hostInputs, isHostInput, isInt, type HostInput } from '../../graph/leaves.js';
import { isSymbolic, sizeOf, sizesOf } from '../../graph/shapes.js';
import type { TrainedArray } from '../trained.js';
import { createEmitter, domainVersions } from './emitter.js';
import type { Emitter, RowsOf } from './emitter.js';
import { operators } from './ops.js';
import type { Leaf, Lower } from './ops.js';
import { ElementType, encodeModel, floatTensor } from './proto.js';
import type { Dimension, ModelProto, NodeProto, ValueInfoProto } from './proto.js';
import { chooseKernels } from './rewrites.js';

export interface OnnxOptions {
  /** Size of the batch axis; 'dynamic' leaves it to each run, as the dimension named `rows`. */
  readonly rows: number | 'dynamic';
  /** Name of the graph in the file. */
  readonly name?: string;
  readonly doc?: string;
  /** What readers of the file find under a name. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of inputs and outputs, by their names. */
  readonly docs?: ReadonlyMap<string, string>;
  /** Parameters and states, by their names, that the model has in it. */
  readonly weights?: ReadonlyMap<string, TrainedArray>;
  /** Whether these are inputs all the same, for whoever has other values. */
  readonly areInputs?: boolean;
  /** Without it the graph's inputs and outputs are the model's. */
  readonly feed?: Feed;
}

/** An input of the model. */
export interface InputInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
}

/** An output of the model, float32, and the value that it is. */
export interface Result {
  readonly name: string;
  readonly shape: Shape;
  readonly value: string;
}

/** Inputs that stand for those of the graph, and what computes those; and the same of outputs. */
export interface Feed {
  readonly inputs: readonly InputInfo[];
  readonly rowsOf: RowsOf | undefined;
  /** The opset that its nodes need. */
  readonly opset?: number;
  /** Writes nodes; returns values by the names of the graph's inputs, those that the model has not as its own; ids as any integers. */
  readonly write: (emit: Emitter) => ReadonlyMap<string, string>;
  /** What an output of this shape becomes. */
  readonly finish?: (emit: Emitter, value: string, shape: Shape) => string;
  /** What the model has in place of the graph's outputs. */
  readonly join?: (emit: Emitter, results: readonly Result[]) => readonly Result[];
}

/**
 * Opset 17 (IR version 8): it has all that a graph needs (Shape of some axes, ScatterElements that adds), and runs in every
 * onnxruntime since 1.12. Later ones bring nothing to these ops, but 20 (IR version 9) has some for texts.
 */
const leastOpset = 17;
const irVersionOf = (opset: number): number => (opset < 19 ? 8 : 9);

/**
 * The graph as an ONNX model. Without a feed its inputs are the graph's inputs, parameters, states and noise by their names (float32, ids
 * int32), its outputs the graph's outputs. An axis that only data can tell, such as a table's rows, is a dimension with its name.
 */
export const onnxModel = (graph: Graph, options: OnnxOptions): Uint8Array => encodeModel(onnxProto(graph, options));

/** The same before it is bytes. */
export function onnxProto(graph: Graph, options: OnnxOptions): ModelProto {
  const { weights, areInputs = false, feed, docs } = options;
  const leaves = hostInputs(graph);
  const stored = leaves.filter(({ name }) => weights?.has(name) === true);
  const given = leaves.filter((leaf) => !stored.includes(leaf));
  const inputs = [...(feed?.inputs ?? inputsOf(given)), ...(areInputs ? inputsOf(stored) : [])];
  const opset = Math.max(leastOpset, feed?.opset ?? 0);
  const taken = new Set([...inputs.map(({ name }) => name), ...Object.keys(graph.outputs)]);
  const { emitter, emitted } = createEmitter({ rows: options.rows, opset, rowsOf: feed ? feed.rowsOf : rowsOf(given), taken });
  emitter.from('input');
  const fed = feed?.write(emitter);
  const valueOf = new Map(
    leaves.map(({ name }) => [name, fed?.get(name) ?? (!areInputs && weights?.has(name) === true ? free(name, taken) : name)]),
  );
  const names = writeNodes(graph, emitter, valueOf);
  emitter.from('output');
  if (feed?.finish)
    for (const id of new Set(Object.values(graph.outputs)))
      names.set(id, feed.finish(emitter, names.get(id) ?? raise(id), nodeAt(graph, id).shape));
  const results = Object.entries(graph.outputs).map(([name, id]): Result => ({
    name,
    shape: nodeAt(graph, id).shape,
    value: names.get(id) ?? raise(id),
  }));
  const outputs = feed?.join?.(emitter, results) ?? results;
  emitter.from('output');
  // What is packed has a name only inside the model.
  const packed = feed?.join
    ? { inputs: [...(fed ?? [])].map(([name, value]) => ({ name, value })), outputs: results }
    : undefined;
  const nodes = nameOutputs(outputs, packed, inputs, emitted.nodes, emitter);

  const info = ({ name, shape, type }: InputInfo): ValueInfoProto => {
    const doc = docs?.get(name);
    const tensor = { elem_type: type, shape: { dim: dimensions(shape, options.rows) } };
    return { name, type: { tensor_type: tensor }, ...(doc !== undefined && { doc_string: doc }) };
  };
  const domains = [...new Set(nodes.flatMap(({ domain }) => domain ?? []))];
  return {
    ir_version: irVersionOf(opset),
    producer_name: 'reccompile',
    ...(options.doc !== undefined && { doc_string: options.doc }),
    ...(options.metadata && { metadata_props: Object.entries(options.metadata).map(([key, value]) => ({ key, value })) }),
    opset_import: [
      { domain: '', version: opset },
      ...domains.map((domain) => ({ domain, version: domainVersions[domain] ?? 1 })),
    ],
    graph: {
      name: options.name ?? 'graph',
      node: nodes,
      initializer: [
        ...emitted.initializers,
        ...stored.flatMap(({ name }) => {
          const { shape, values } = weights?.get(name) ?? { shape: [], values: new Float32Array(0) };
          return [floatTensor(valueOf.get(name) ?? name, shape, values)];
        }),
      ],
      input: inputs.map(info),
      output: outputs.map(({ name, shape }) => info({ name, shape, type: ElementType.float })),
    },
  };
}

/** A name that no input has: those of columns may be anything. */
function free(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? free(`${name}'`, taken) : name;
}

/** Inputs of the graph as those of a model. */
export const inputsOf = (leaves: readonly HostInput[]): readonly InputInfo[] =>
  leaves.map((leaf) => ({ name: leaf.name, shape: leaf.shape, type: elementType(leaf) }));

function elementType(node: HostInput): ElementType {
  return isInt(node) ? ElementType.int32 : ElementType.float;
}

function nodeAt(graph: Graph, id: NodeId): Node {
  const node = graph.nodes[id];
  if (!node) throw new Error(`the graph has no node ${String(id)}`);
  return node;
}

/** Name of each node's value, by id. */
function writeNodes(graph: Graph, emit: Emitter, valueOf: ReadonlyMap<string, string>): Map<NodeId, string> {
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
    if (isHostInput(node)) names.set(node.id, valueOf.get(node.name) ?? node.name);
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

/** Inputs and outputs of the graph that are no tensors of the model of their own. */
interface PackedNames {
  readonly inputs: readonly Pick<Result, 'name' | 'value'>[];
  readonly outputs: readonly Pick<Result, 'name' | 'value'>[];
}

/** Gives the values of the outputs, and of what is packed, their names; an output with two names, or one that is an input, gets an Identity. */
function nameOutputs(
  outputs: readonly Result[],
  packed: PackedNames | undefined,
  given: readonly InputInfo[],
  nodes: readonly NodeProto[],
  emit: Emitter,
): NodeProto[] {
  const made = new Set(nodes.flatMap((node) => node.output));
  const renamed = new Map<string, string>();
  const inputs = new Set([...given, ...(packed?.inputs ?? [])].map(({ name }) => name));
  for (const { name } of [...outputs, ...(packed?.outputs ?? [])])
    if (inputs.has(name)) throw new Error(`${name} is both an input and an output of the graph`);
  for (const { name, value } of outputs) {
    const source = made.has(value) && !renamed.has(value) ? value : emit.node('Identity', [value]);
    renamed.set(source, name);
  }
  for (const { name, value } of [...(packed?.outputs ?? []), ...(packed?.inputs ?? [])])
    if (made.has(value) && !renamed.has(value)) renamed.set(value, name);
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
function rowsOf(leaves: readonly { readonly name: string; readonly shape: Shape }[]): RowsOf | undefined {
  for (const dim of ['rows', 'rows+1'] as const) {
    const leaf = leaves.find((node) => node.shape.includes(dim));
    if (leaf) return { value: leaf.name, axis: leaf.shape.indexOf(dim), less: dim === 'rows' ? 0 : 1 };
  }
  return undefined;
}
