import type { Graph, Node, NodeId, OpName } from '../../graph/graph.js';
import { asFloat } from './backend-ways.js';
import type { Leaf } from './kernel.js';
import { kernelOf } from './kernels.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** Values of inputs, parameters, states and noise by their names; float32, ids and classes int32. */
export type Leaves = Readonly<Record<string, Tensor>>;

/** A graph whose constants are on the backend; of those that depend on the number of rows, the last run's. */
export interface GraphRunner {
  /**
   * The outputs by their names, new tensors that are the caller's to free. All else that is made on the way is freed; the leaves stay.
   *
   * @param rows of the batch; without it, those of the leaves
   * @throws Error where a leaf that an output needs is missing
   */
  readonly run: (leaves: Leaves, rows?: number) => Record<string, Tensor>;
  /** Frees the constants. */
  readonly dispose: () => void;
}

type Computed = Exclude<OpName, Leaf>;

const isLeaf = (node: Node): node is Node<Leaf> => 'name' in node;

/** Ids stay whole numbers; every other op computes with floats, of classes too. */
const takesIds = (kind: OpName): boolean => kind === 'lookup' || kind === 'scatter_rows';

/** Runs a graph on a backend, as often as it is asked to. */
export const prepareGraph = (tf: TfjsNamespace, graph: Graph): GraphRunner => {
  const outputs = Object.entries(graph.outputs);
  const nodes = neededNodes(graph);
  const freed = freedAfter(nodes, new Set(outputs.map(([, id]) => id)));
  const fixed = new Map<NodeId, Tensor>();
  const ofRows = new Map<NodeId, Tensor>();
  let rowsKept = 0;
  const compute = <K extends Computed>(node: Node<K>, operands: readonly Tensor[], rows: number): Tensor => {
    const keep = (of: Node, make: () => Tensor): Tensor => {
      const kept = of.shape.every((size) => typeof size === 'number') ? fixed : ofRows;
      const known = kept.get(of.id);
      if (known !== undefined) return known;
      const made = tf.keep(make());
      kept.set(of.id, made);
      return made;
    };
    return kernelOf<K>(node.kind)({ tf, rows, keep }, node, operands);
  };
  return {
    run: (leaves, rows = rowsOf(nodes, leaves)) => {
      if (rows !== rowsKept) disposeAll(ofRows);
      rowsKept = rows;
      return tf.tidy(() => {
        const values = new Map<NodeId, Tensor>();
        nodes.forEach((node, i) => {
          if (isLeaf(node)) values.set(node.id, given(leaves, node.name));
          else {
            const operands = node.inputs.map((id) => {
              const value = values.get(id);
              if (value === undefined) throw new Error(`node ${id} is used before it is computed`);
              return value.dtype === 'int32' && !takesIds(node.kind) ? asFloat(tf, value) : value;
            });
            values.set(node.id, compute(node as Node<Computed>, operands, rows));
          }
          for (const id of freed[i] ?? []) values.get(id)?.dispose();
        });
        // One value may have two names, or be a leaf, which is not to be freed with the outputs.
        return Object.fromEntries(outputs.map(([name, id]) => [name, tf.clone(values.get(id) ?? given({}, name))]));
      });
    },
    dispose: () => {
      disposeAll(fixed);
      disposeAll(ofRows);
    },
  };
};

const disposeAll = (kept: Map<NodeId, Tensor>): void => {
  for (const tensor of kept.values()) tensor.dispose();
  kept.clear();
};

const given = (leaves: Leaves, name: string): Tensor => {
  const value = Object.hasOwn(leaves, name) ? leaves[name] : undefined;
  if (value === undefined) throw new Error(`no value for ${name}`);
  return value;
};

const neededNodes = (graph: Graph): readonly Node[] => {
  const needed = new Set(Object.values(graph.outputs));
  for (const node of graph.nodes.toReversed()) if (needed.has(node.id)) node.inputs.forEach((id) => needed.add(id));
  return graph.nodes.filter(({ id }) => needed.has(id));
};

/** For each node the values that nobody needs after it; leaves are not ours. */
const freedAfter = (nodes: readonly Node[], outputs: ReadonlySet<NodeId>): readonly (readonly NodeId[])[] => {
  const lastUse = new Map<NodeId, number>();
  nodes.forEach(({ inputs }, i) => inputs.forEach((id) => lastUse.set(id, i)));
  const freed = nodes.map((): NodeId[] => []);
  for (const node of nodes) {
    const last = lastUse.get(node.id);
    if (last !== undefined && !isLeaf(node) && !outputs.has(node.id)) freed[last]?.push(node.id);
  }
  return freed;
};

/** Rows of the batch, by the first leaf that has an axis of them; 1 where none has. */
const rowsOf = (nodes: readonly Node[], leaves: Leaves): number => {
  for (const node of nodes) {
    if (!isLeaf(node)) continue;
    const axis = node.shape.findIndex((size) => size === 'rows' || size === 'rows+1');
    const length = leaves[node.name]?.shape[axis];
    if (length !== undefined) return node.shape[axis] === 'rows' ? length : length - 1;
  }
  return 1;
};
