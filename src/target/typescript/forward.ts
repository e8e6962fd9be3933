import type { Graph, Node, NodeId } from '../../graph/graph.js';
import { identifier, join, none, ts, type Code } from './code.js';
import { createNames } from './names.js';
import type { NamedGraph } from './network.js';
import { fullShape, isComputed, printOp, type OpContext, type Value } from './ops.js';

/** How the forward function spells what it is given. */
export interface LeafNames {
  readonly weight: (path: string) => string;
  readonly feature: (name: string) => string;
  readonly noise: (name: string) => string;
  readonly logit: (label: string) => string;
}

export interface ForwardCode {
  /** Statements that end with the logits as an object. */
  readonly body: Code;
  readonly usesRows: boolean;
  readonly dropsOut: boolean;
  readonly keepsMasks: boolean;
}

/** An expression of more ops than this gets a name of its own. */
const longest = 9;

interface Printed extends Value {
  readonly ops: number;
}

export function printForward({ graph, names, logits }: NamedGraph, leaves: LeafNames): ForwardCode {
  const uses = countUses(
    graph,
    logits.map(({ node }) => node),
  );
  const newName = createNames(['weights', 'inputs', 'noise', 'rows', 'dropout', 'kept']);
  const namesTaken = new Map([...names].map(([id, name]) => [id, newName(name)]));
  const counts = new Map<string, number>();
  const numbered = (part: string): string => {
    const count = (counts.get(part) ?? 0) + 1;
    counts.set(part, count);
    return newName(`${part} ${String(count)}`);
  };
  const values = new Map<NodeId, Printed>();
  const statements: Code[] = [];
  let usesRows = false;
  let dropsOut = false;
  let keepsMasks = false;
  const context: OpContext = {
    rows: () => {
      usesRows = true;
      return ts`rows`;
    },
  };
  const value = (id: NodeId): Printed => {
    const found = values.get(id);
    if (!found) throw new Error(`node ${String(id)} is used before it is printed`);
    return found;
  };
  const dropped = (mask: Node<'select'>): { readonly noise: Code; readonly rate: number } | undefined => {
    const found = dropoutOf(graph, mask);
    return found && { noise: ts`noise?.${identifier(leaves.noise(found.noise))}`, rate: found.rate };
  };
  const print = (node: Node): { readonly code: Code; readonly inputs: readonly NodeId[] } => {
    if (node.kind === 'select') {
      const found = dropped(node);
      if (found) {
        dropsOut = keepsMasks = true;
        return { code: ts`kept(${found.noise}, ${found.rate}, ${fullShape(node.shape, context)})`, inputs: [] };
      }
    }
    const masked = maskedOperand(graph, node);
    const mask = masked && dropped(masked.mask);
    if (masked && mask) {
      dropsOut = true;
      return { code: ts`dropout(${value(masked.x).code}, ${mask.rate}, ${mask.noise})`, inputs: [masked.x] };
    }
    if (!isComputed(node)) throw new Error(`${node.kind} has no place in a forward pass`);
    return { code: printOp(node, node.inputs.map(value), context), inputs: node.inputs };
  };

  for (const node of graph.nodes) {
    const count = uses.get(node.id) ?? 0;
    const leaf = leafCode(node, leaves);
    if (leaf) values.set(node.id, { code: leaf, isNumber: false, shape: node.shape, ops: 0 });
    if (leaf || count === 0 || isMask(graph, node)) continue;
    const { code, inputs } = print(node);
    const ops = 1 + inputs.reduce((sum, id) => sum + value(id).ops, 0);
    const isNumber = node.kind === 'constant' && node.shape.length === 0;
    const own = namesTaken.get(node.id);
    if (isNumber || (own === undefined && count === 1 && ops <= longest)) {
      values.set(node.id, { code, isNumber, shape: node.shape, ops });
      continue;
    }
    const name = identifier(own ?? numbered(node.part ?? 'x'));
    statements.push(ts`const ${name} = ${code};`);
    values.set(node.id, { code: name, isNumber: false, shape: node.shape, ops: 0 });
  }
  const results = logits.map(({ label, node }) => {
    const { code, isNumber } = value(node);
    const name = identifier(leaves.logit(label));
    if (code.code === name.code) return name;
    return ts`${name}: ${isNumber ? ts`tf.scalar(${code})` : code}`;
  });
  return {
    body: ts`${statements}${statements.length > 0 ? ts`\n` : none}return { ${join(results)} };`,
    usesRows,
    dropsOut,
    keepsMasks,
  };
}

function leafCode(node: Node, leaves: LeafNames): Code | undefined {
  if (node.kind === 'parameter') return ts`weights.${identifier(leaves.weight(node.name))}`;
  if (node.kind !== 'input') return undefined;
  return ts`inputs.${identifier(leaves.feature(node.name.slice(node.name.indexOf('.') + 1)))}`;
}

/** How often a node is used by what the logits need; nodes that are not needed are missing. */
function countUses(graph: Graph, roots: readonly NodeId[]): ReadonlyMap<NodeId, number> {
  const uses = new Map<NodeId, number>();
  for (const id of roots) uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const node of graph.nodes.toReversed()) {
    if (!uses.has(node.id)) continue;
    for (const id of node.inputs) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  return uses;
}

// ── Dropout ─────────────────────────────────────────────────────────────────────────────────────

const inputOf = (graph: Graph, node: Node, i: number): Node | undefined => graph.nodes[node.inputs[i] ?? -1];

/** The mask select(rate > noise, 0, 1 / (1 - rate)). */
function dropoutOf(graph: Graph, mask: Node<'select'>): { readonly noise: string; readonly rate: number } | undefined {
  const condition = inputOf(graph, mask, 0);
  const rate = condition?.kind === 'greater' ? inputOf(graph, condition, 0) : undefined;
  const noise = condition && inputOf(graph, condition, 1);
  if (rate?.kind !== 'constant' || typeof rate.value !== 'number' || noise?.kind !== 'noise') return undefined;
  return { noise: noise.name, rate: rate.value };
}

function maskedOperand(graph: Graph, product: Node): { readonly x: NodeId; readonly mask: Node<'select'> } | undefined {
  if (product.kind !== 'multiply') return undefined;
  for (const side of [1, 0]) {
    const mask = inputOf(graph, product, side);
    const x = product.inputs[1 - side];
    if (mask?.kind === 'select' && x !== undefined && dropoutOf(graph, mask)) return { x, mask };
  }
  return undefined;
}

/** Whether the node is only part of dropout, which is printed where its result is used. */
function isMask(graph: Graph, node: Node): boolean {
  if (node.kind === 'noise') return true;
  if (node.kind === 'greater') return inputOf(graph, node, 1)?.kind === 'noise';
  if (node.kind !== 'select' || !dropoutOf(graph, node)) return false;
  const users = graph.nodes.filter((user) => user.inputs.includes(node.id));
  return users.every((user) => maskedOperand(graph, user)?.mask.id === node.id);
}
