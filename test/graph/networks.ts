import type { CheckedModel, Feature, Label, Table } from '../../src/model/model.js';
import type {
  BinaryFunction,
  Comparison,
  Index,
  Network,
  NodeId,
  Reduction,
  Site,
  Size,
  State,
  TensorNode,
  UnaryFunction,
  Weight,
} from '../../src/model/network.js';

export const span = { source: { path: 'hand.rec', text: '' }, start: 0, end: 0 };

const isSequence = (size: Size | undefined): boolean => typeof size === 'object' && size.ragged === 'sequence';

const ofRow: ReadonlySet<TensorNode['kind']> = new Set(['feature', 'lookup', 'code', 'log_frequency', 'target']);

type Kinds = { [K in TensorNode['kind']]: Omit<Extract<TensorNode, { kind: K }>, 'id' | 'shape' | 'indices' | 'rows' | 'span'> };

/** Writes networks by hand; shapes, indices and whether a value differs by row follow from the operands. */
export function sketch() {
  const nodes: TensorNode[] = [];
  const weights: Weight[] = [];
  const features: Feature[] = [];
  const tables: Table[] = [];
  const states: State[] = [];
  const sites: Site[] = [];
  const named: { name: string; node: NodeId }[] = [];
  let indexCount = 0;

  function of(id: NodeId): TensorNode {
    const node = nodes[id];
    if (!node) throw new Error(`no node ${String(id)}`);
    return node;
  }

  function add(
    own: Kinds[TensorNode['kind']],
    from: readonly NodeId[],
    shape: readonly Size[],
    { without, extra, over }: { readonly without?: Index; readonly extra?: Index; readonly over?: Size | undefined } = {},
  ): NodeId {
    const all = new Map<number, Index>();
    for (const id of from) for (const index of of(id).indices) if (index.id !== without?.id) all.set(index.id, index);
    if (extra) all.set(extra.id, extra);
    const node = {
      ...own,
      id: nodes.length,
      shape,
      indices: [...all.values()].sort((a, b) => a.id - b.id),
      // How many places a sequence has differs by row, whatever stands in them.
      rows: from.some((id) => of(id).rows) || ofRow.has(own.kind) || isSequence(over),
      span,
    } as unknown as TensorNode;
    nodes.push(node);
    return node.id;
  }

  function index(name: string, size: Size): Index {
    return { id: indexCount++, name, size };
  }

  /** A vector feature of this width. */
  function vector(feature: string, size: number): NodeId {
    features.push({ kind: 'vector', name: feature, size, span });
    return add({ kind: 'feature', feature }, [], [size]);
  }

  /** Adds a category and its table, where they are not there already. */
  function categorical(name: string, table: Partial<Table> & { name: string; dim: number }, many?: 'mean' | 'sum'): void {
    if (!tables.some((one) => one.name === table.name)) {
      const rows = { kind: 'vocabulary', name: table.name } as const;
      tables.push({ rows, features: [], l2: 0, initializer: { kind: 'glorot_uniform' }, span, ...table });
    }
    if (features.some((feature) => feature.name === name)) return;
    const codes = { kind: 'vocabulary', name: table.name, minCount: 1 } as const;
    features.push({ kind: 'category', name, codes, table: table.name, span, ...(many && { many: { pool: many } }) });
  }

  /** The feature's row of its table, or its rows pooled. */
  function category(feature: string, table: Partial<Table> & { name: string; dim: number }, many?: 'mean' | 'sum'): NodeId {
    categorical(feature, table, many);
    sites.push({ name: feature, feature, table: table.name, dim: table.dim, form: many ?? 'row' });
    return add({ kind: 'lookup', site: feature }, [], [table.dim]);
  }

  /** [length, dim], ragged. */
  function sequence(feature: string, table: Partial<Table> & { name: string; dim: number }, length: number): NodeId {
    categorical(feature, table, 'mean');
    const name = `${feature}.sequence`;
    sites.push({ name, feature, table: table.name, dim: table.dim, form: 'sequence', length });
    return add({ kind: 'lookup', site: name }, [], [{ ragged: 'sequence', feature, length }, table.dim]);
  }

  const code = (feature: string): NodeId => add({ kind: 'code', feature }, [], []);
  const logFrequency = (feature: string): NodeId => add({ kind: 'log_frequency', feature }, [], []);
  const target = (label: string): NodeId => add({ kind: 'target', label }, [], []);

  function weight(name: string, shape: readonly number[], options: Partial<Weight> = {}): NodeId {
    weights.push({ name, shape, initializer: { kind: 'glorot_uniform' }, isBias: false, span, ...options });
    return add({ kind: 'weight', weight: name }, [], shape);
  }

  function constant(value: number, shape: readonly number[] = []): NodeId {
    return add({ kind: 'constant', value }, [], shape);
  }

  function unary(name: UnaryFunction, x: NodeId): NodeId {
    return add({ kind: 'unary', function: name, x }, [x], of(x).shape);
  }

  function binary(name: BinaryFunction, a: NodeId, b: NodeId): NodeId {
    const shape = of(a).shape.length > 0 ? of(a).shape : of(b).shape;
    return add({ kind: 'binary', function: name, a, b }, [a, b], shape);
  }

  function compare(comparison: Comparison, a: NodeId, b: NodeId): NodeId {
    const shape = of(a).shape.length > 0 ? of(a).shape : of(b).shape;
    return add({ kind: 'compare', comparison, a, b }, [a, b], shape);
  }

  function where(condition: NodeId, a: NodeId, b: NodeId): NodeId {
    const shape = [condition, a, b].map((x) => of(x).shape).find(({ length }) => length > 0) ?? [];
    return add({ kind: 'where', condition, a, b }, [condition, a, b], shape);
  }

  function take(x: NodeId, at: readonly number[]): NodeId {
    return add({ kind: 'take', x, at }, [x], [at.length, ...of(x).shape.slice(1)]);
  }

  /** Rows i and rows j of all pairs, i > j. */
  function pairs(x: NodeId): readonly [NodeId, NodeId] {
    const list = Array.from({ length: Number(of(x).shape[0]) }, (_, i) => Array.from({ length: i }, (_, j) => [i, j])).flat();
    return [
      take(
        x,
        list.map(([i = 0]) => i),
      ),
      take(
        x,
        list.map(([, j = 0]) => j),
      ),
    ];
  }

  /** ⟨p_m, q_m⟩ for each row m. */
  function dotRows(p: NodeId, q: NodeId): NodeId {
    const m = index('m', of(p).shape[0] ?? 1);
    return bind(reduce('sum', times(lift(p, m), lift(q, m)), 'all'), m);
  }

  function batch(x: NodeId): NodeId {
    return add({ kind: 'batch', x }, [x], [{ ragged: 'batch' }, ...of(x).shape]);
  }

  function batchNorm(x: NodeId, path: string, { epsilon = 1e-3, momentum = 0.9 } = {}): NodeId {
    const shape = of(x).shape.map(Number);
    const [mean, variance] = [`${path}.mean`, `${path}.variance`];
    states.push({ name: mean, shape, initial: 0 }, { name: variance, shape, initial: 1 });
    return add({ kind: 'batch_norm', x, mean, variance, epsilon, momentum }, [x], shape);
  }

  function times(...factors: readonly NodeId[]): NodeId {
    return factors.reduce((a, b) => binary('multiply', a, b));
  }

  function matmul(a: NodeId, b: NodeId): NodeId {
    const shape = [...of(a).shape.slice(0, 1), ...of(b).shape.slice(1)];
    return add({ kind: 'matmul', a, b }, [a, b], shape);
  }

  function transpose(x: NodeId): NodeId {
    return add({ kind: 'transpose', x }, [x], of(x).shape.toReversed());
  }

  function lift(x: NodeId, index: Index): NodeId {
    return add({ kind: 'lift', x, index }, [x], of(x).shape.slice(1), { extra: index });
  }

  function bind(x: NodeId, index: Index): NodeId {
    return add({ kind: 'bind', x, index }, [x], [index.size, ...of(x).shape], { without: index });
  }

  function reduce(reduction: Reduction, x: NodeId, over: Index | 'all'): NodeId {
    const shape = over === 'all' ? [] : of(x).shape;
    const axis = over === 'all' ? { over: of(x).shape[0] } : { without: over, over: over.size };
    return add({ kind: 'reduce', reduction, x, over }, [x], shape, axis);
  }

  function softmax(x: NodeId, over: Index | 'vector'): NodeId {
    return add({ kind: 'softmax', x, over }, [x], of(x).shape, { over: over === 'vector' ? of(x).shape[0] : over.size });
  }

  function pick(x: NodeId, at: number): NodeId {
    return add({ kind: 'pick', x, at }, [x], of(x).shape.slice(1));
  }

  function slice(x: NodeId, from: number, to: number): NodeId {
    return add({ kind: 'slice', x, from, to }, [x], [to - from, ...of(x).shape.slice(1)]);
  }

  function concat(...xs: readonly NodeId[]): NodeId {
    const size = xs.reduce((sum, x) => sum + Number(of(x).shape[0] ?? 0), 0);
    return add({ kind: 'concat', xs }, xs, [size, ...of(xs[0] ?? -1).shape.slice(1)]);
  }

  function stack(...xs: readonly NodeId[]): NodeId {
    return add({ kind: 'stack', xs }, xs, [xs.length, ...of(xs[0] ?? -1).shape]);
  }

  function reshape(x: NodeId, shape: readonly number[]): NodeId {
    return add({ kind: 'reshape', x }, [x], shape);
  }

  function dropout(x: NodeId, rate: number, path: string): NodeId {
    return add({ kind: 'dropout', x, rate, path }, [x], of(x).shape);
  }

  function linear(name: string, x: NodeId, units: number): NodeId {
    const [size = 1] = of(x).shape;
    const product = matmul(weight(`${name}.weight`, [units, Number(size)]), x);
    return binary('add', product, weight(`${name}.bias`, [units], { isBias: true, initializer: { kind: 'constant', value: 0 } }));
  }

  function name(name: string, node: NodeId): NodeId {
    named.push({ name, node });
    return node;
  }

  interface Ends {
    readonly labels?: readonly Partial<Label>[];
    /** By label. */
    readonly losses?: Readonly<Record<string, NodeId>>;
    readonly outputs?: Readonly<Record<string, NodeId>>;
  }

  function model(logits: Readonly<Record<string, NodeId>>, { labels = [], losses = {}, outputs = {} }: Ends = {}): CheckedModel {
    const network: Network = {
      nodes,
      weights,
      states,
      sites,
      named,
      logits: Object.entries(logits).map(([label, node]) => {
        const loss = losses[label];
        return { label, node, ...(loss !== undefined && { loss }) };
      }),
      outputs: Object.entries(outputs).map(([name, node]) => ({ name, node })),
    };
    return {
      name: 'Hand',
      span,
      features: features,
      labels: Object.keys(logits).map((name): Label => {
        const value = { kind: 'column', name, type: 'number' } as const;
        return { name, task: { kind: 'number' }, weight: 1, value, span, ...labels.find((label) => label.name === name) };
      }),
      tables: tables,
      network,
      outputs: [...Object.keys(logits), ...Object.keys(outputs)],
      train: { l2: 0.25 } as CheckedModel['train'],
      metrics: [],
    };
  }

  return {
    at: of,
    weights,
    features,
    index,
    vector,
    category,
    sequence,
    code,
    logFrequency,
    target,
    weight,
    constant,
    unary,
    binary,
    compare,
    where,
    times,
    matmul,
    transpose,
    lift,
    bind,
    reduce,
    softmax,
    pick,
    slice,
    take,
    pairs,
    dotRows,
    concat,
    stack,
    reshape,
    dropout,
    batch,
    batchNorm,
    linear,
    name,
    model,
  };
}

/** A network in the making. */
export type Sketch = ReturnType<typeof sketch>;
