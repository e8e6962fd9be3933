import { createBuilder, type Builder } from '../builder.js';
import type { Graph, Node, NodeId, OpName } from '../graph.js';

/** A change of the graph that keeps its outputs. */
export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

/** What may stand for a node, whose inputs are already rewritten; undefined: the node itself. */
export type Rule<K extends OpName = OpName> = (node: Node<K>, inputs: readonly NodeId[], builder: Builder) => NodeId | undefined;

/** Rules by kind of node, tried in order. */
export type Rules = { readonly [K in OpName]?: readonly Rule<K>[] };

/** Rebuilds the graph node by node; keeps what its outputs need. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  return rewritten(graph, rule).graph;
}

function rewritten(graph: Graph, rule: Rule): { readonly graph: Graph; readonly hasChanged: boolean } {
  const builder = createBuilder();
  const renamed = new Map<NodeId, NodeId>();
  let hasChanged = false;
  const to = (id: NodeId): NodeId => {
    const found = renamed.get(id);
    if (found === undefined) throw new Error(`node ${String(id)} is used before it is made`);
    return found;
  };
  const source = live(graph);
  for (const node of source.nodes) {
    const inputs = node.inputs.map(to);
    builder.at(node.span, node.part);
    const instead = rule(node, inputs, builder);
    if (instead !== undefined) hasChanged = true;
    renamed.set(node.id, instead ?? builder.copy(node, inputs));
  }
  return { graph: live(builder.finish(mapOutputs(source, to))), hasChanged };
}

export function applyRules(rules: Rules): Rule {
  return (node, inputs, builder) => firstOf(rules, node, inputs, builder);
}

function firstOf<K extends OpName>(rules: Rules, node: Node<K>, inputs: readonly NodeId[], builder: Builder): NodeId | undefined {
  const table: { readonly [P in OpName]?: readonly Rule<P>[] } = rules;
  for (const rule of table[node.kind] ?? []) {
    const found = rule(node, inputs, builder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A pass that applies rules until none applies. Equal nodes are one as they are made, so that a round without a change leaves
 * nothing to a further one.
 */
export function untilStable(name: string, rule: Rule): Pass {
  return {
    name,
    run: (graph) => {
      let round = rewritten(graph, rule);
      while (round.hasChanged) round = rewritten(round.graph, rule);
      return round.graph;
    },
  };
}

export function mapOutputs(graph: Graph, to: (id: NodeId) => NodeId): Record<string, NodeId> {
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, to(id)]));
}

/** The nodes that outputs need, numbered anew. */
export function live(graph: Graph): Graph {
  const needed = new Set(Object.values(graph.outputs));
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node.id)) node.inputs.forEach((id) => needed.add(id));
  }
  if (needed.size === graph.nodes.length) return graph;
  const kept = graph.nodes.filter((node) => needed.has(node.id));
  const renumbered = new Map(kept.map((node, i) => [node.id, i]));
  const to = (id: NodeId): NodeId => renumbered.get(id) ?? id;
  return { nodes: kept.map((node, id) => ({ ...node, id, inputs: node.inputs.map(to) })), outputs: mapOutputs(graph, to) };
}
