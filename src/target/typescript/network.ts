import { createBuilder, type Builder } from '../../graph/builder.js';
import type { Graph, NodeId } from '../../graph/graph.js';
import { materialize, type Labelled } from '../../graph/labelled.js';
import { lowerNetwork, type Lowered } from '../../graph/lowering/network.js';
import { cutTables, simplifications } from '../../graph/passes/index.js';
import type { CheckedModel } from '../../model/model.js';

/** The forward pass with dropout in it, tables left to the host, and the names that the network gives to its tensors. */
export interface NamedGraph {
  readonly graph: Graph;
  readonly names: ReadonlyMap<NodeId, string>;
  /** Of each label, [rows] or [rows, classes]. */
  readonly logits: readonly { readonly label: string; readonly node: NodeId }[];
}

export function namedGraph(model: CheckedModel): NamedGraph {
  const b = createBuilder();
  const value = lowerNetwork(b, model, 'train');
  const named = model.network.named.flatMap(({ name, node }) => {
    const found = valueOf(value, node);
    return found ? [{ name, node: found.node }] : [];
  });
  const logits = model.network.logits.map(({ label, node }) => ({ label, node: logitNode(b, model, label, value(node)) }));
  const outputs = { ...byPosition('name', named), ...byPosition('logit', logits) };
  const graph = [cutTables, ...simplifications].reduce((before, pass) => pass.run(before), b.finish(outputs));
  const at = (kind: string, i: number): NodeId => graph.outputs[`${kind}${String(i)}`] ?? -1;
  const names = new Map<NodeId, string>();
  named.forEach(({ name }, i) => {
    if (!names.has(at('name', i))) names.set(at('name', i), name);
  });
  return { graph, names, logits: logits.map(({ label }, i) => ({ label, node: at('logit', i) })) };
}

/** A tensor that is part of a sum of products has no value of its own, whatever its name. */
function valueOf(value: Lowered, node: number): Labelled | undefined {
  try {
    return value(node);
  } catch {
    return undefined;
  }
}

function logitNode(b: Builder, model: CheckedModel, name: string, x: Labelled): NodeId {
  const task = model.labels.find((label) => label.name === name)?.task;
  const classes = task?.kind === 'class' ? task.classes : undefined;
  const order = classes === undefined ? ['rows'] : ['rows', 'c0'];
  return materialize(b, x, order, (axis) => (axis === 'rows' ? axis : (classes ?? 1))).node;
}

function byPosition(kind: string, nodes: readonly { readonly node: NodeId }[]): Record<string, NodeId> {
  return Object.fromEntries(nodes.map(({ node }, i) => [`${kind}${String(i)}`, node]));
}
