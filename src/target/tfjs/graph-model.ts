import type { Graph, Node, NodeId, OpName, Shape } from '../../graph/graph.js';
import { forwardGraph } from '../../graph/pipeline.js';
import { isSymbolic, sizesOf } from '../../graph/shapes.js';
import type { CheckedModel } from '../../model/model.js';
import type { TrainedArray, TrainedParts } from '../trained.js';
import { createGraphWriter, type GraphWriter, type Placeholder, type StoredConstant } from './graph-writer.js';
import { modelInputs, sizesOfInput, type ModelInput } from './model-inputs.js';
import { tensorShape, type DataType, type NodeDef, type TensorShape } from './node-def.js';
import { operators, writeBroadcast, type NotWritten, type Write } from './operators.js';

/** TensorFlow's SignatureDef as JSON: what callers name, and the nodes that these names mean. */
export interface Signature {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

interface TensorInfo {
  readonly name: string;
  readonly dtype: DataType;
  readonly tensorShape: TensorShape;
}

export interface GraphModel {
  /** GraphDef, in topological order. */
  readonly nodes: readonly NodeDef[];
  /** What the Const nodes hold, in the order of the nodes. */
  readonly constants: readonly StoredConstant[];
  readonly signature: Signature;
  readonly inputs: readonly ModelInput[];
}

export type ModelValues = Pick<TrainedParts, 'weights' | 'states' | 'tables'>;

/**
 * The served model, tables and all, as a graph for tf.loadGraphModel: the outputs `prediction.<label>`, `logit.<label>`, [rows] or
 * [rows, classes], and `output.<name>` of the inputs of `modelInputs`.
 * @throws where a weight or table is missing, or has another shape than the model's
 */
export function graphModel(model: CheckedModel, values: ModelValues): GraphModel {
  const graph = forwardGraph(model);
  const { writer, written } = createGraphWriter();
  const { inputs, standsFor } = modelInputs(model, graph);
  const placeholders = new Map(
    inputs.map((input) => {
      const dtype = input.kind === 'id' || input.kind === 'ids' ? 'DT_INT32' : 'DT_FLOAT';
      return [input.name, writer.placeholder(input.name, dtype, sizesOfInput(input))] as const;
    }),
  );
  const placeholderOf = (name: string): Placeholder => found(placeholders.get(standsFor.get(name) ?? ''), name);
  const results = writeNodes(graph, { writer, placeholderOf, values });
  const outputs = Object.entries(graph.outputs).map(([name, id]): [string, TensorInfo] => {
    writer.from('');
    const node = writer.output(name, found(results.get(id), name));
    const sizes = nodeAt(graph, id).shape.map((dim) => (typeof dim === 'number' ? dim : -1));
    return [name, { name: node, dtype: 'DT_FLOAT', tensorShape: tensorShape(sizes) }];
  });
  const given = [...placeholders].map(([name, { node, dtype, shape }]): [string, TensorInfo] => [
    name,
    { name: node, dtype, tensorShape: tensorShape(shape) },
  ]);
  return { ...written(), inputs, signature: { inputs: Object.fromEntries(given), outputs: Object.fromEntries(outputs) } };
}

interface Context {
  readonly writer: GraphWriter;
  readonly placeholderOf: (input: string) => Placeholder;
  readonly values: ModelValues;
}

/** The name of each node's value, by id. */
function writeNodes(graph: Graph, context: Context): ReadonlyMap<NodeId, string> {
  const names = new Map<NodeId, string>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => found(names.get(id), String(id)));
    const shapes = node.inputs.map((id) => nodeAt(graph, id).shape);
    context.writer.from(node.part ?? '');
    names.set(node.id, writeNode(node, inputs, shapes, context));
  }
  return names;
}

function writeNode(node: Node, inputs: readonly string[], shapes: readonly Shape[], context: Context): string {
  const { writer, placeholderOf, values } = context;
  switch (node.kind) {
    case 'input': {
      const { node: name, dtype } = placeholderOf(node.name);
      return dtype === 'DT_INT32' && node.dtype === 'float' ? writer.asFloat(name, dtype) : name;
    }
    case 'parameter': {
      const table = node.name.startsWith(tablePrefix) ? node.name.slice(tablePrefix.length) : undefined;
      const array = table === undefined ? values.weights.get(node.name) : values.tables.get(table);
      return writer.weight(node.name, fitting(node, array));
    }
    case 'state':
      return writer.weight(node.name, fitting(node, values.states.get(node.name)));
    case 'constant':
      return constant(node, writer);
    case 'noise':
    case 'scatter_rows':
      throw new Error(`${node.kind} is in training alone`);
    default:
      return operator(node, inputs, writer, shapes);
  }
}

const tablePrefix = 'table.';

function operator<K extends Exclude<OpName, NotWritten>>(
  node: Node<K>,
  inputs: readonly string[],
  writer: GraphWriter,
  shapes: readonly Shape[],
): string {
  const table: { readonly [P in Exclude<OpName, NotWritten>]: Write<P> } = operators;
  const write: Write<K> = table[node.kind];
  return write(node, inputs, writer, shapes);
}

function constant({ value, shape }: Node<'constant'>, writer: GraphWriter): string {
  if (typeof value === 'number') return writeBroadcast(writer.float(value), [], shape, writer);
  if (isSymbolic(shape)) throw new Error('a constant cannot list values of a dynamic batch axis');
  return writer.floats(value, sizesOf(shape, 0));
}

/** A table has as many rows as it came with. */
function fitting({ name, shape }: Node<'parameter' | 'state'>, array: TrainedArray | undefined): TrainedArray {
  if (array === undefined) throw new Error(`there is no weight ${JSON.stringify(name)}`);
  const fits =
    array.shape.length === shape.length && shape.every((dim, axis) => typeof dim !== 'number' || dim === array.shape[axis]);
  const count = array.shape.reduce((product, size) => product * size, 1);
  if (fits && array.values.length === count) return array;
  throw new Error(`the weight ${JSON.stringify(name)} has the shape [${array.shape.join(', ')}], not [${shape.join(', ')}]`);
}

function nodeAt({ nodes }: Graph, id: NodeId): Node {
  return found(nodes[id], `node ${String(id)}`);
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is used before it is written`);
  return value;
}
