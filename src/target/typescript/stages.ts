import type { Node, NodeId } from '../../graph/graph.js';
import { operandsOfIdiom } from './idioms.js';
import type { NamedGraph } from './network.js';

/** A function of the generated code: it computes some nodes of the graph, given what functions before it have. */
export interface Stage {
  /** What it is to give: ends of the graph, and what later stages take from it. */
  readonly results: readonly NodeId[];
  /** What it computes and the leaves it reads. */
  readonly nodes: ReadonlySet<NodeId>;
  /** What earlier stages have computed, as far as it needs that. */
  readonly given: ReadonlySet<NodeId>;
}

/** The functions that a network is cut into. */
export interface Stages {
  /** What is served, if that is less than what training computes. */
  readonly served?: Stage;
  /** Up to all logits. */
  readonly forward: Stage;
  /** From there to the loss of each label that has its own. */
  readonly losses: readonly { readonly label: string; readonly node: NodeId; readonly stage: Stage }[];
}

/** `served`: names of labels and outputs. */
export function stagesOf(named: NamedGraph, served: readonly string[]): Stages {
  const isServed = new Set(served);
  const logits = named.logits.map(({ node }) => node);
  const outputs = named.outputs.map(({ node }) => node);
  const servedEnds = [...named.logits.filter(({ label }) => isServed.has(label)).map(({ node }) => node), ...outputs];
  const isWhole = named.logits.every(({ label }) => isServed.has(label));
  const ends = [
    ...(isWhole ? [] : [servedEnds]),
    [...logits, ...(isWhole ? outputs : [])],
    ...named.losses.map(({ node }) => [node]),
  ];

  const before = new Set<NodeId>();
  const cuts = ends.map((roots, i) => {
    const { nodes, given } = reach(named, roots, before);
    if (i < ends.length - named.losses.length) for (const id of nodes) if (!isLeaf(named, id)) before.add(id);
    return { roots, nodes, given };
  });
  const stages = cuts.map(({ roots, nodes, given }, i): Stage => {
    const later = cuts.slice(i + 1).flatMap((cut) => [...cut.given]);
    return { results: [...new Set([...roots, ...later.filter((id) => nodes.has(id))])], nodes, given };
  });
  const [first, second] = stages;
  const forward = isWhole ? first : second;
  if (!forward) throw new Error('a network without logits');
  return {
    ...(!isWhole && first && { served: first }),
    forward: isWhole || !first ? forward : withEarlier(forward, first, named.losses, stages),
    losses: named.losses.map(({ label, node }, i) => {
      const stage = stages[stages.length - named.losses.length + i];
      if (!stage) throw new Error(`the loss of ${label} is missing`);
      return { label, node, stage };
    }),
  };
}

/** What losses take from the first stage goes through the second. */
function withEarlier(forward: Stage, served: Stage, losses: NamedGraph['losses'], stages: readonly Stage[]): Stage {
  const taken = stages.slice(stages.length - losses.length).flatMap(({ given }) => [...given]);
  const through = taken.filter((id) => served.nodes.has(id) && !forward.results.includes(id));
  return {
    ...forward,
    results: [...new Set([...forward.results, ...through])],
    given: new Set([...forward.given, ...through]),
  };
}

/** What `roots` need, down to what is there before. */
export function reach(
  named: Pick<NamedGraph, 'graph' | 'norms' | 'idioms'>,
  roots: readonly NodeId[],
  before: ReadonlySet<NodeId> = new Set(),
): { readonly nodes: ReadonlySet<NodeId>; readonly given: ReadonlySet<NodeId> } {
  const nodes = new Set<NodeId>();
  const given = new Set<NodeId>();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (nodes.has(id) || given.has(id)) continue;
    if (before.has(id)) {
      given.add(id);
      continue;
    }
    nodes.add(id);
    open.push(...dependencies(named, id));
  }
  return { nodes, given };
}

/** What a node is printed from; the state of a batch norm, what its statistics are taken of. */
export function dependencies(
  { graph, norms, idioms }: Pick<NamedGraph, 'graph' | 'norms' | 'idioms'>,
  id: NodeId,
): readonly NodeId[] {
  const node = graph.nodes[id];
  const idiom = idioms.get(id);
  if (idiom) return operandsOfIdiom(idiom);
  if (node?.kind !== 'state') return node?.inputs ?? [];
  return norms
    .filter(({ mean, variance }) => mean === node.name || variance === node.name)
    .flatMap(({ x, present }) => (present === undefined ? [x] : [x, present]));
}

const leaves: ReadonlySet<Node['kind']> = new Set(['input', 'parameter', 'noise', 'constant'] as const);

function isLeaf({ graph }: NamedGraph, id: NodeId): boolean {
  const node = graph.nodes[id];
  return node === undefined || leaves.has(node.kind);
}
