import type { Graph, Node, NodeId } from '../../graph/graph.js';
import type { Comparison } from './ops.js';

/** Several nodes that code says in one word. */
export type Idiom =
  | { readonly kind: 'dropout'; readonly x: NodeId; readonly rate: number; readonly noise: string }
  /** What dropout multiplies by. */
  | { readonly kind: 'kept'; readonly rate: number; readonly noise: string }
  | { readonly kind: 'comparison'; readonly method: Comparison; readonly a: NodeId; readonly b: NodeId }
  | { readonly kind: 'log_sum_exp'; readonly x: NodeId; readonly axes: readonly number[] };

/** The idioms of a graph by their last nodes. No gradient goes through the operands of a comparison. */
export function idiomsOf(graph: Graph, trained: ReadonlySet<NodeId>): ReadonlyMap<NodeId, Idiom> {
  return new Map(
    graph.nodes.flatMap((node): readonly (readonly [NodeId, Idiom])[] => {
      const found = dropoutOf(graph, node) ?? keptOf(graph, node) ?? logSumExpOf(graph, node) ?? comparisonOf(graph, node);
      const isLost = found?.kind === 'comparison' && (trained.has(found.a) || trained.has(found.b));
      return found && !isLost ? [[node.id, found]] : [];
    }),
  );
}

export function operandsOfIdiom(idiom: Idiom): readonly NodeId[] {
  switch (idiom.kind) {
    case 'dropout':
    case 'log_sum_exp':
      return [idiom.x];
    case 'comparison':
      return [idiom.a, idiom.b];
    case 'kept':
      return [];
    default:
      return idiom satisfies never;
  }
}

/** The nodes that a gradient goes through. */
export function trainedNodes({ nodes }: Graph): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  for (const node of nodes) {
    const isSource =
      node.kind === 'parameter' || node.kind === 'state' || (node.kind === 'input' && node.name.startsWith('rows.'));
    if (isSource || node.inputs.some((id) => found.has(id))) found.add(node.id);
  }
  return found;
}

const inputOf = (graph: Graph, node: Node | undefined, i: number): Node | undefined => graph.nodes[node?.inputs[i] ?? -1];

/** The input of a node, if it is of this kind. */
function inputOfKind<K extends Node['kind']>(graph: Graph, node: Node | undefined, i: number, kind: K): Node<K> | undefined {
  const found = inputOf(graph, node, i);
  return found?.kind === kind ? (found as Node<K>) : undefined;
}

/** select(rate > noise, 0, 1 / (1 - rate)) */
function keptOf(graph: Graph, node: Node): (Idiom & { readonly kind: 'kept' }) | undefined {
  const condition = node.kind === 'select' ? inputOfKind(graph, node, 0, 'greater') : undefined;
  const rate = inputOfKind(graph, condition, 0, 'constant');
  const noise = inputOfKind(graph, condition, 1, 'noise');
  return noise && typeof rate?.value === 'number' ? { kind: 'kept', noise: noise.name, rate: rate.value } : undefined;
}

function dropoutOf(graph: Graph, node: Node): Idiom | undefined {
  if (node.kind !== 'multiply') return undefined;
  for (const side of [1, 0]) {
    const mask = inputOf(graph, node, side);
    const x = node.inputs[1 - side];
    const kept = mask && keptOf(graph, mask);
    if (kept && x !== undefined) return { ...kept, kind: 'dropout', x };
  }
  return undefined;
}

/** m + log Σ exp(x - m), m the maximum. */
function logSumExpOf(graph: Graph, node: Node): Idiom | undefined {
  if (node.kind !== 'add') return undefined;
  for (const side of [0, 1]) {
    const largest = inputOfKind(graph, node, 1 - side, 'max');
    const sum = inputOfKind(graph, inputOfKind(graph, node, side, 'log'), 0, 'sum');
    const shifted = inputOfKind(graph, inputOfKind(graph, sum, 0, 'exp'), 0, 'subtract');
    const x = shifted?.inputs[0];
    if (!largest || !sum || x === undefined || largest.inputs[0] !== x || sum.keepDims || largest.keepDims) continue;
    const taken = inputOf(graph, shifted, 1);
    const isSame = taken === largest || (taken?.kind === 'reshape' && inputOf(graph, taken, 0) === largest);
    if (isSame && sum.axes.join() === largest.axes.join()) return { kind: 'log_sum_exp', x, axes: sum.axes };
  }
  return undefined;
}

/** However it is lowered: a ≠ b is (a > b) + (b > a), and the others are 1 less their opposite. */
function comparisonOf(graph: Graph, node: Node): (Idiom & { readonly kind: 'comparison' }) | undefined {
  const [p, q] = [inputOf(graph, node, 0), inputOf(graph, node, 1)];
  if (!p || !q) return undefined;
  if (node.kind === 'greater') return { kind: 'comparison', method: 'greater', a: p.id, b: q.id };
  if (node.kind === 'add' && p.kind === 'greater' && q.kind === 'greater') {
    const [a = -1, b = -1] = p.inputs;
    return q.inputs[0] === b && q.inputs[1] === a ? { kind: 'comparison', method: 'notEqual', a, b } : undefined;
  }
  if (node.kind !== 'subtract' || p.kind !== 'constant' || p.value !== 1) return undefined;
  const opposite = comparisonOf(graph, q);
  if (opposite?.method === 'greater') return { ...opposite, method: 'lessEqual' };
  return opposite?.method === 'notEqual' ? { ...opposite, method: 'equal' } : undefined;
}
