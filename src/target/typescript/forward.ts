import type { Node, NodeId } from '../../graph/graph.js';
import { identifier, list, ts, type Code } from '../code/code.js';
import { operandsOfIdiom, type Idiom } from './idioms.js';
import type { Names } from '../code/names.js';
import type { NamedGraph, Norm } from './network.js';
import { axesCode, comparison, fullShape, isComputed, printOp, tensor, type OpContext, type Value } from './ops.js';
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

/** What printing takes of a network. */
export type PrintedGraph = Pick<NamedGraph, 'graph' | 'names' | 'norms' | 'idioms' | 'trained'>;

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

export function printStage(named: PrintedGraph, stage: Stage, spelling: Spelling): StageCode {
  const { graph, names, norms, idioms, trained } = named;
  const { newName } = spelling;
  const uses = countUses(named, stage);
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
  const printIdiom = (node: Node, idiom: Idiom): Expressed => {
    switch (idiom.kind) {
      case 'dropout':
        return expressed(ts`${spelling.use('dropout')}(${value(idiom.x).code}, ${idiom.rate}, ${spelling.noise(idiom.noise)})`);
      case 'kept': {
        const shape = fullShape(node.shape, context);
        return expressed(ts`${spelling.use('kept')}(${spelling.noise(idiom.noise)}, ${idiom.rate}, ${shape})`);
      }
      case 'comparison': {
        const condition = comparison(idiom.method, value(idiom.a), value(idiom.b));
        return { code: () => ts`${spelling.use('asNumber')}(${condition})`, condition };
      }
      case 'log_sum_exp':
        return expressed(ts`${tensor(value(idiom.x))}.logSumExp(${axesCode(idiom.axes)})`);
      default:
        return idiom satisfies never;
    }
  };
  const print = (node: Node): Expressed => {
    const idiom = idioms.get(node.id);
    if (idiom) return printIdiom(node, idiom);
    if (!isComputed(node)) throw new Error(`${node.kind} has no place in a forward pass`);
    return expressed(printOp(node, node.inputs.map(value), context));
  };
  const leafCode = (node: Node): Code | undefined => {
    if (stage.given.has(node.id)) return spelling.given(node.id);
    if (node.kind === 'parameter' || node.kind === 'input') return spelling.leaf(node);
    return node.kind === 'state' ? stateCode(node) : undefined;
  };
  const stateCode = ({ name }: Node<'state'>): Code => {
    const norm = norms.find(({ mean, variance }) => mean === name || variance === name);
    if (!norm) return spelling.state(name);
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
    if (values.has(node.id) || !uses.has(node.id)) return;
    for (const id of stage.given.has(node.id) ? [] : dependencies(named, node.id)) {
      const before = graph.nodes[id];
      if (before) visit(before);
    }
    const count = uses.get(node.id) ?? 0;
    const leaf = leafCode(node);
    const common = { shape: node.shape, isTrained: trained.has(node.id) };
    if (leaf) values.set(node.id, { ...common, code: leaf, isNumber: false, ops: 0 });
    if (leaf) return;
    const { code, condition } = print(node);
    const idiom = idioms.get(node.id);
    const inputs = idiom ? operandsOfIdiom(idiom) : node.inputs;
    const ops = 1 + inputs.reduce((sum, id) => sum + value(id).ops, 0);
    const isNumber = node.kind === 'constant' && node.shape.length === 0;
    const own = namesTaken.get(node.id);
    if (isNumber || (own === undefined && count === 1 && ops <= longest)) {
      const inlined = {
        ...common,
        get code() {
          return code();
        },
        ...(condition && { condition }),
        isNumber,
        ops,
      };
      values.set(node.id, inlined);
      return;
    }
    const name = identifier(own ?? numbered(node.part ?? 'x'));
    statements.push(ts`const ${name} = ${code()};`);
    values.set(node.id, { ...common, code: name, isNumber: false, ops: 0 });
  };
  graph.nodes.forEach(visit);
  return { statements, results: new Map(stage.results.map((id) => [id, tensor(value(id))])), usesRows };
}

/** An expression, written where it is asked for: a condition that is only chosen by needs no numbers. */
interface Expressed {
  readonly code: () => Code;
  readonly condition?: Code;
}

const expressed = (code: Code): Expressed => ({ code: () => code });

/** How often the stage uses a node; nodes that it does not need are missing. */
function countUses(named: PrintedGraph, { results, nodes, given }: Stage): ReadonlyMap<NodeId, number> {
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
