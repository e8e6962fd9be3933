import type { CheckedModel } from '../../model/model.js';
import { operandsOf, type Network, type NodeId, type TensorNode } from '../../model/network.js';
import type { Builder } from '../builder.js';
import type { NodeId as GraphNodeId } from '../graph.js';
import { binary, rename, select, unary, type Labelled } from '../labelled.js';
import { coreLabel, found, onCore, type Context, type Lowered, type LoweringMode } from './context.js';
import { binaryKinds, compared } from './elementwise.js';
import { bound, lifted, swapped } from './indices.js';
import { lowerLayout } from './layouts.js';
import { lowerLeaf } from './leaves.js';
import { partsOf } from './parts.js';
import { evaluateProduct, factor } from './products.js';
import { lowerReduction, lowerSoftmax } from './reductions.js';
import { absorbedBy, matmulProduct } from './sums.js';
import { lowerBatchNorm, lowerDropout } from './training.js';

export type { Lowered, Mode } from './context.js';

export interface LoweredNetwork {
  readonly value: Lowered;
  /** The next value of each running statistic that was moved, by its name. */
  readonly nextStates: ReadonlyMap<string, GraphNodeId>;
}

/**
 * Adds what the `wanted` nodes of the network need to the graph: by default logits and outputs, and losses in training. Nodes that
 * become part of a sum of products have no value of their own.
 */
export function lowerNetwork(
  b: Builder,
  model: CheckedModel,
  mode: LoweringMode,
  wanted = endsOf(model.network, mode),
): LoweredNetwork {
  const { network } = model;
  const parts = partsOf(network);
  const nodes = neededNodes(network.nodes, wanted);
  const values = new Map<NodeId, Labelled>();
  const nextStates = new Map<string, GraphNodeId>();
  let labels = 0;
  const context: Context = {
    b,
    mode,
    node: (id) => found(network.nodes[id], `node ${String(id)}`),
    value: (id) => found(values.get(id), `the value of node ${String(id)}`),
    weight: byName(network.weights, 'the weight'),
    state: byName(network.states, 'the state'),
    site: byName(network.sites, 'the site'),
    table: byName(model.tables, 'the table'),
    label: byName(model.labels, 'the label'),
    absorbed: absorbedBy(nodes, new Set(wanted)),
    nextStates,
    freshLabel: () => `sum${String(labels++)}`,
  };
  for (const node of nodes) {
    if (context.absorbed.has(node.id)) continue;
    b.at(node.span, parts[node.id]);
    values.set(node.id, lowerNode(context, node));
  }
  b.at(undefined);
  return { value: context.value, nextStates };
}

function endsOf({ logits, outputs }: Network, mode: LoweringMode): readonly NodeId[] {
  const losses = logits.flatMap(({ loss }) => (loss === undefined || mode === 'infer' ? [] : [loss]));
  return [...logits.map(({ node }) => node), ...outputs.map(({ node }) => node), ...losses];
}

function byName<T extends { readonly name: string }>(list: readonly T[], what: string): (name: string) => T {
  const table = new Map(list.map((one) => [one.name, one]));
  return (name) => found(table.get(name), `${what} ${name}`);
}

/** What these are computed from, themselves among them. */
export function neededNodes(nodes: readonly TensorNode[], wanted: readonly NodeId[]): TensorNode[] {
  const needed = new Set(wanted);
  for (const node of nodes.toReversed()) {
    if (needed.has(node.id)) operandsOf(node).forEach((id) => needed.add(id));
  }
  return nodes.filter(({ id }) => needed.has(id));
}

function lowerNode(context: Context, node: TensorNode): Labelled {
  const { b, value } = context;
  switch (node.kind) {
    case 'feature':
    case 'lookup':
    case 'code':
    case 'log_frequency':
    case 'target':
    case 'weight':
    case 'constant':
      return lowerLeaf(context, node);
    case 'unary':
      return unary(b, node.function, value(node.x));
    case 'binary':
      return binary(b, binaryKinds[node.function], value(node.a), value(node.b));
    case 'compare':
      return compared(b, node.comparison, value(node.a), value(node.b));
    case 'where':
      return select(b, value(node.condition), value(node.a), value(node.b));
    case 'matmul':
      return evaluateProduct(b, matmulProduct(context, node, factor(value(node.a)), factor(value(node.b))));
    case 'transpose':
      return rename(value(node.x), swapped);
    case 'lift':
      return rename(value(node.x), lifted(node));
    case 'bind':
      return rename(value(node.x), bound(node));
    case 'reduce':
      return lowerReduction(context, node);
    case 'softmax':
      return lowerSoftmax(context, node);
    case 'pick':
    case 'slice':
    case 'take':
    case 'concat':
    case 'stack':
    case 'reshape':
      return lowerLayout(context, node);
    case 'dropout':
      return lowerDropout(context, node);
    case 'batch':
      return rename(value(node.x), written);
    case 'batch_norm':
      return lowerBatchNorm(context, node);
    default:
      throw new Error(`unknown node ${JSON.stringify(node satisfies never)}`);
  }
}

/** The batch axis becomes the first of the value's own: every row sees all of them. */
const written = (label: string) => (label === 'rows' ? coreLabel(0) : onCore((axis) => coreLabel(axis + 1))(label));
