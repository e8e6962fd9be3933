import type { Graph, Node, NodeId } from '../../graph/graph.js';
import { identifier, list, ts, type Code } from './code.js';
import type { Names } from './names.js';
import type { NamedGraph, Norm } from './network.js';
import { comparison, fullShape, isComputed, printOp, tensor, type Comparison, type OpContext, type Value } from './ops.js';
import type { LayerName } from './runtime/layers.js';
import { dependencies, type Stage } from './stages.js';

/** How a function spells what it is given. */
export interface Spelling {
  /** Of a weight or an input. */
  readonly leaf: (node: Node<'parameter' | 'input'>) => Code;
  /** Of a running statistic. */
  readonly state: (name: string) => Code;
  readonly noise: (name: string) => Code;
  /** Whether the pass is one of training. */
  readonly isTraining: () => Code;
  /** What earlier functions have computed. */
  readonly given: (node: NodeId) => Code;
  /** Names for what is declared. */
  readonly newName: Names;
  /** Notes that a helper is used, and gives its name. */
  readonly use: (layer: LayerName) => Code;
}

export interface StageCode {
  readonly statements: readonly Code[];
  /** Each result as an expression. */
  readonly results: ReadonlyMap<NodeId, Code>;
  /** Whether the statements read `rows`, the number of rows. */
  readonly usesRows: boolean;
}

/** An expression of more ops than this gets a name of its own. */
const longest = 9;

interface Printed extends Value {
  readonly ops: number;
}

export function printStage(named: Pick<NamedGraph, 'graph' | 'names' | 'norms'>, stage: Stage, spelling: Spelling): StageCode {
  const { graph, names, norms } = named;
  const { newName } = spelling;
  const uses = countUses(named, stage);
  const trained = trainedNodes(graph);
  const namesTaken = new Map([...names].filter(([id]) => stage.nodes.has(id)).map(([id, name]) => [id, newName(name)]));
  const counts = new Map<string, number>();
  const numbered = (part: string): string => {
    const count = (counts.get(part) ?? 0) + 1;
    counts.set(part, count);
    return newName(`${part} ${String(count)}`);
  };
  const values = new Map<NodeId, Printed>();
  const statistics = new Map<Norm, Code>();
  const statements: Code[] = [];
  let usesRows = false;
  const context: OpContext = {
    rows: () => {
      usesRows = true;
      return ts`rows`;
    },
    use: spelling.use,
  };
  const value = (id: NodeId): Printed => {
    const found = values.get(id);
    if (!found) throw new Error(`node ${String(id)} is used before it is printed`);
    return found;
  };
  const isResult = new Set(stage.results);
  const dropped = (mask: Node<'select'>): { readonly noise: Code; readonly rate: number } | undefined => {
    const found = dropoutOf(graph, mask);
    return found && { noise: spelling.noise(found.noise), rate: found.rate };
  };
  const print = (node: Node): { readonly code: Code; readonly condition?: Code; readonly inputs: readonly NodeId[] } => {
    if (node.kind === 'select') {
      const found = dropped(node);
      if (found)
        return {
          code: ts`${spelling.use('kept')}(${found.noise}, ${found.rate}, ${fullShape(node.shape, context)})`,
          inputs: [],
        };
    }
    const masked = maskedOperand(graph, node);
    const mask = masked && dropped(masked.mask);
    if (masked && mask) {
      const code = ts`${spelling.use('dropout')}(${value(masked.x).code}, ${mask.rate}, ${mask.noise})`;
      return { code, inputs: [masked.x] };
    }
    const compared = comparisonOf(graph, node);
    if (compared?.of.every((id) => !trained.has(id))) {
      const [a, b] = [value(compared.of[0]), value(compared.of[1])];
      const condition = comparison(compared.method, a, b);
      return { code: ts`${condition}.cast("float32")`, condition, inputs: compared.of };
    }
    if (!isComputed(node)) throw new Error(`${node.kind} has no place in a forward pass`);
    return { code: printOp(node, node.inputs.map(value), context), inputs: node.inputs };
  };
  const leafCode = (node: Node): Code | undefined => {
    if (stage.given.has(node.id)) return spelling.given(node.id);
    if (node.kind === 'parameter' || node.kind === 'input') return spelling.leaf(node);
    return node.kind === 'state' ? stateCode(node) : undefined;
  };
  const stateCode = ({ name }: Node<'state'>): Code => {
    const norm = norms.find(({ mean, variance }) => mean === name || variance === name);
    if (!norm) throw new Error(`${name} is the state of nothing`);
    return ts`${statistics.get(norm) ?? declareStatistics(norm)}.${norm.mean === name ? ts`mean` : ts`variance`}`;
  };
  const declareStatistics = (norm: Norm): Code => {
    const name = identifier(newName(`${graph.nodes[norm.x]?.part ?? 'batch'} statistics`));
    const states = ts`{ mean: ${spelling.state(norm.mean)}, variance: ${spelling.state(norm.variance)} }`;
    const axes = list(Array.from({ length: norm.axes }, (_, axis) => axis));
    const of = ts`${tensor(value(norm.x))}, ${axes}`;
    const rest = ts`${states}, ${norm.momentum}, ${spelling.isTraining()}`;
    const made =
      norm.present === undefined
        ? ts`${spelling.use('statistics')}(${of}, ${rest})`
        : ts`${spelling.use('statisticsOfPresent')}(${of}, ${tensor(value(norm.present))}, ${rest})`;
    statements.push(ts`const ${name} = ${made};`);
    statistics.set(norm, name);
    return name;
  };

  const visit = (node: Node): void => {
    if (values.has(node.id)) return;
    for (const id of stage.given.has(node.id) ? [] : dependencies(named, node.id)) {
      const before = graph.nodes[id];
      if (before) visit(before);
    }
    const count = uses.get(node.id) ?? 0;
    const leaf = count === 0 ? undefined : leafCode(node);
    const common = { shape: node.shape, isTrained: trained.has(node.id) };
    if (leaf) values.set(node.id, { ...common, code: leaf, isNumber: false, ops: 0 });
    if (leaf || count === 0 || (isMask(graph, node) && !isResult.has(node.id))) return;
    const { code, condition, inputs } = print(node);
    const ops = 1 + inputs.reduce((sum, id) => sum + value(id).ops, 0);
    const isNumber = node.kind === 'constant' && node.shape.length === 0;
    const own = namesTaken.get(node.id);
    if (isNumber || (own === undefined && count === 1 && ops <= longest)) {
      values.set(node.id, { ...common, code, ...(condition && { condition }), isNumber, ops });
      return;
    }
    const name = identifier(own ?? numbered(node.part ?? 'x'));
    statements.push(ts`const ${name} = ${code};`);
    values.set(node.id, { ...common, code: name, isNumber: false, ops: 0 });
  };
  graph.nodes.forEach(visit);
  return { statements, results: new Map(stage.results.map((id) => [id, tensor(value(id))])), usesRows };
}

/** How often the stage uses a node; nodes that it does not need are missing. */
function countUses(named: Pick<NamedGraph, 'graph' | 'norms'>, { results, nodes, given }: Stage): ReadonlyMap<NodeId, number> {
  const uses = new Map<NodeId, number>();
  const add = (id: NodeId): void => {
    uses.set(id, (uses.get(id) ?? 0) + 1);
  };
  results.forEach(add);
  for (const node of named.graph.nodes) {
    if (nodes.has(node.id) && !given.has(node.id)) dependencies(named, node.id).forEach(add);
  }
  return uses;
}

/** The nodes that a gradient goes through. */
function trainedNodes({ nodes }: Graph): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  for (const node of nodes) {
    const isSource =
      node.kind === 'parameter' || node.kind === 'state' || (node.kind === 'input' && node.name.startsWith('rows.'));
    if (isSource || node.inputs.some((id) => found.has(id))) found.add(node.id);
  }
  return found;
}

// ── Comparisons ─────────────────────────────────────────────────────────────────────────────────

interface Compared {
  readonly method: Comparison;
  readonly of: readonly [NodeId, NodeId];
}

/** The comparison that a node is, however it is lowered: a ≠ b is (a > b) + (b > a), and the others are 1 less their opposite. */
function comparisonOf(graph: Graph, node: Node): Compared | undefined {
  const [p, q] = [inputOf(graph, node, 0), inputOf(graph, node, 1)];
  if (!p || !q) return undefined;
  if (node.kind === 'greater') return { method: 'greater', of: [p.id, q.id] };
  if (node.kind === 'add' && p.kind === 'greater' && q.kind === 'greater') {
    const [a = -1, b = -1] = p.inputs;
    return q.inputs[0] === b && q.inputs[1] === a ? { method: 'notEqual', of: [a, b] } : undefined;
  }
  if (node.kind !== 'subtract' || p.kind !== 'constant' || p.value !== 1) return undefined;
  const opposite = comparisonOf(graph, q);
  if (opposite?.method === 'greater') return { method: 'lessEqual', of: opposite.of };
  return opposite?.method === 'notEqual' ? { method: 'equal', of: opposite.of } : undefined;
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
