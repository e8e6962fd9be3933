import { createBuilder, type Builder } from '../../graph/builder.js';
import type { Dim, Graph, Node, NodeId } from '../../graph/graph.js';
import { materialize, type Label, type Labelled } from '../../graph/labelled.js';
import { coreLabels, dimOfLabel, indexLabel } from '../../graph/lowering/context.js';
import { lowerNetwork, neededNodes, type Lowered } from '../../graph/lowering/network.js';
import { cutTables, foldConstants, simplifications } from '../../graph/passes/index.js';
import { rewrite, type Pass } from '../../graph/passes/pass.js';
import type { CheckedModel } from '../../model/model.js';
import type { TensorNode } from '../../model/network.js';
import { idiomsOf, trainedNodes, type Idiom } from './idioms.js';

/**
 * The network as one graph: logits, what else is served, and losses of labels that have their own. Dropout is in it as in training,
 * batch norm as in inference; tables are left to the host, and no row is padding.
 */
export interface NamedGraph {
  readonly graph: Graph;
  /** What the network calls its tensors. */
  readonly names: ReadonlyMap<NodeId, string>;
  /** Of each label, [rows] or [rows, classes]. */
  readonly logits: readonly { readonly label: string; readonly node: NodeId }[];
  /** What is served besides labels, [rows, …]. */
  readonly outputs: readonly { readonly name: string; readonly node: NodeId }[];
  /** Own losses, [rows]. */
  readonly losses: readonly { readonly label: string; readonly node: NodeId }[];
  readonly norms: readonly Norm[];
  readonly idioms: ReadonlyMap<NodeId, Idiom>;
  /** The nodes that a gradient goes through. */
  readonly trained: ReadonlySet<NodeId>;
}

/** A batch norm that a label depends on: its states are leaves of the graph, for which training takes the statistics of `x`. */
export interface Norm {
  readonly mean: string;
  readonly variance: string;
  readonly momentum: number;
  /** [rows, indices…, …shape of the states] */
  readonly x: NodeId;
  /** Over so many leading axes of `x`. */
  readonly axes: number;
  /** 1 for the places of `x` that are there; absent where all are. */
  readonly present?: NodeId;
}

type BatchNorm = Extract<TensorNode, { readonly kind: 'batch_norm' }>;

export function namedGraph(model: CheckedModel): NamedGraph {
  const { network } = model;
  const b = createBuilder();
  const { value } = lowerNetwork(b, model, 'code');
  const ends = {
    name: network.named.flatMap(({ name, node }) => {
      const found = valueOf(value, node);
      return found ? [{ name, node: found.node }] : [];
    }),
    logit: network.logits.map(({ label, node }) => ({ label, node: ofRows(b, model, value, node) })),
    output: network.outputs.map(({ name, node }) => ({ name, node: ofRows(b, model, value, node) })),
    loss: network.logits.flatMap(({ label, loss }) =>
      loss === undefined ? [] : [{ label, node: ofRows(b, model, value, loss) }],
    ),
  };
  const trainingEnds = network.logits.flatMap(({ node, loss }) => (loss === undefined ? [node] : [node, loss]));
  const norms = neededNodes(network.nodes, trainingEnds).flatMap((node) =>
    node.kind === 'batch_norm' ? [normOf(b, model, value, node)] : [],
  );
  const outputs = {
    ...Object.assign({}, ...Object.entries(ends).map(([kind, nodes]) => byPosition(kind, nodes))),
    ...byPosition(
      'x',
      norms.map(({ x }) => ({ node: x })),
    ),
    ...byPosition(
      'present',
      norms.map(({ present, x }) => ({ node: present ?? x })),
    ),
  } as Record<string, NodeId>;
  const graph = [withoutPadding, cutTables, ...simplifications].reduce((before, pass) => pass.run(before), b.finish(outputs));
  const at = (kind: string, i: number): NodeId => graph.outputs[`${kind}${String(i)}`] ?? -1;
  const names = new Map<NodeId, string>();
  ends.name.forEach(({ name }, i) => {
    if (!names.has(at('name', i))) names.set(at('name', i), name);
  });
  const trained = trainedNodes(graph);
  return {
    graph,
    names,
    trained,
    idioms: idiomsOf(graph, trained),
    logits: ends.logit.map(({ label }, i) => ({ label, node: at('logit', i) })),
    outputs: ends.output.map(({ name }, i) => ({ name, node: at('output', i) })),
    losses: ends.loss.map(({ label }, i) => ({ label, node: at('loss', i) })),
    norms: norms.map(({ present, ...norm }, i) => ({
      ...norm,
      x: at('x', i),
      ...(present !== undefined && { present: at('present', i) }),
    })),
  };
}

/** Batches are never filled up here: each of their rows is one, and no row of a batch is left out. */
const withoutPadding: Pass = {
  name: 'without-padding',
  run: (graph) => {
    const whole = rewrite(graph, (node, _, b) =>
      node.kind === 'input' && node.name === 'weight' ? b.constant(1, node.shape) : undefined,
    );
    return rewrite(foldConstants.run(whole), (node, [first = -1, x = -1], b) => {
      const value = first < 0 ? undefined : numberOf(b.node(first));
      if (value === undefined) return undefined;
      if (node.kind === 'max') return b.constant(value, node.shape);
      return node.kind === 'select' && value !== 0 ? b.broadcast(x, node.shape) : undefined;
    });
  },
};

const numberOf = (node: Node | undefined): number | undefined =>
  node?.kind === 'constant' && typeof node.value === 'number' ? node.value : undefined;

/** A tensor that is part of a sum of products has no value of its own, whatever its name. */
function valueOf(value: Lowered, node: number): Labelled | undefined {
  try {
    return value(node);
  } catch {
    return undefined;
  }
}

/** [rows, …shape of the node] */
function ofRows(b: Builder, { network }: CheckedModel, value: Lowered, id: number): NodeId {
  const shape = network.nodes[id]?.shape ?? [];
  return inOrder(b, network.nodes[id], value(id), ['rows', ...coreLabels(shape)]);
}

function inOrder(b: Builder, node: TensorNode | undefined, x: Labelled, order: readonly Label[]): NodeId {
  return materialize(b, x, order, (label): Dim => (node ? dimOfLabel(node, label) : 1)).node;
}

function normOf(b: Builder, { network }: CheckedModel, value: Lowered, node: BatchNorm): Norm {
  const lead = [...(node.rows ? ['rows'] : []), ...node.indices.map(indexLabel)];
  const x = inOrder(b, network.nodes[node.x], value(node.x), [...lead, ...coreLabels(node.shape)]);
  const masks = node.indices.flatMap((index): Labelled[] => {
    const { size } = index;
    if (typeof size === 'number' || size.ragged === 'batch') return [];
    return [{ node: b.input(`mask.${size.feature}`, ['rows', size.length]), labels: ['rows', indexLabel(index)] }];
  });
  const ones = node.shape.map((): Dim => 1);
  b.at(node.span, 'present');
  const aligned = masks.map((mask) => {
    const whole = inOrder(b, node, mask, lead);
    return b.reshape(whole, [...b.shape(whole), ...ones]);
  });
  const [first, ...others] = aligned;
  const present = first === undefined ? undefined : others.reduce((all, mask) => b.binary('multiply', all, mask), first);
  const { mean, variance, momentum } = node;
  return { mean, variance, momentum, x, axes: lead.length, ...(present !== undefined && { present }) };
}

function byPosition(kind: string, nodes: readonly { readonly node: NodeId }[]): Record<string, NodeId> {
  return Object.fromEntries(nodes.map(({ node }, i) => [`${kind}${String(i)}`, node]));
}
