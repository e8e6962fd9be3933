import type { CheckedModel, Feature, Label, Table } from '../../src/model/model.js';
import type {
  BinaryFunction,
  Index,
  Network,
  NodeId,
  Reduction,
  TensorNode,
  UnaryFunction,
  Weight,
} from '../../src/model/network.js';

export const span = { source: { path: 'hand.rec', text: '' }, start: 0, end: 0 };

type Kinds = { [K in TensorNode['kind']]: Omit<Extract<TensorNode, { kind: K }>, 'id' | 'shape' | 'indices' | 'rows' | 'span'> };

/** Writes networks by hand; shapes, indices and whether a value differs by row follow from the operands. */
export function sketch() {
  const nodes: TensorNode[] = [];
  const weights: Weight[] = [];
  const features: Feature[] = [];
  const tables: Table[] = [];
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
    shape: readonly number[],
    without?: Index,
    extra?: Index,
  ) {
    const all = new Map<number, Index>();
    for (const id of from) for (const index of of(id).indices) if (index.id !== without?.id) all.set(index.id, index);
    if (extra) all.set(extra.id, extra);
    const node = {
      ...own,
      id: nodes.length,
      shape,
      indices: [...all.values()].sort((a, b) => a.id - b.id),
      rows: from.some((id) => of(id).rows) || own.kind === 'feature',
      span,
    } as unknown as TensorNode;
    nodes.push(node);
    return node.id;
  }

  function index(name: string, size: number): Index {
    return { id: indexCount++, name, size };
  }

  /** A vector feature of this width. */
  function vector(feature: string, size: number): NodeId {
    features.push({ kind: 'vector', name: feature, size, span });
    return add({ kind: 'feature', feature }, [], [size]);
  }

  function category(feature: string, table: Partial<Table> & { name: string; dim: number }, many?: 'mean' | 'sum'): NodeId {
    const codes = { kind: 'vocabulary', name: table.name, minCount: 1 } as const;
    features.push({
      kind: 'category',
      name: feature,
      codes,
      table: table.name,
      span,
      ...(many && { many: { pool: many } }),
    });
    if (!tables.some(({ name }) => name === table.name)) {
      const rows = { kind: 'vocabulary', name: table.name } as const;
      tables.push({ rows, features: [], l2: 0, initializer: { kind: 'glorot_uniform' }, span, ...table });
    }
    return add({ kind: 'feature', feature }, [], [table.dim]);
  }

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
    return add({ kind: 'lift', x, index }, [x], of(x).shape.slice(1), undefined, index);
  }

  function bind(x: NodeId, index: Index): NodeId {
    return add({ kind: 'bind', x, index }, [x], [index.size, ...of(x).shape], index);
  }

  function reduce(reduction: Reduction, x: NodeId, over: Index | 'all'): NodeId {
    const shape = over === 'all' ? [] : of(x).shape;
    return add({ kind: 'reduce', reduction, x, over }, [x], shape, over === 'all' ? undefined : over);
  }

  function softmax(x: NodeId, over: Index | 'vector'): NodeId {
    return add({ kind: 'softmax', x, over }, [x], of(x).shape);
  }

  function pick(x: NodeId, at: number): NodeId {
    return add({ kind: 'pick', x, at }, [x], of(x).shape.slice(1));
  }

  function slice(x: NodeId, from: number, to: number): NodeId {
    return add({ kind: 'slice', x, from, to }, [x], [to - from, ...of(x).shape.slice(1)]);
  }

  function concat(...xs: readonly NodeId[]): NodeId {
    const size = xs.reduce((sum, x) => sum + (of(x).shape[0] ?? 0), 0);
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
    const product = matmul(weight(`${name}.weight`, [units, size]), x);
    return binary('add', product, weight(`${name}.bias`, [units], { isBias: true, initializer: { kind: 'constant', value: 0 } }));
  }

  function name(name: string, node: NodeId): NodeId {
    named.push({ name, node });
    return node;
  }

  function model(logits: Readonly<Record<string, NodeId>>, labels: readonly Partial<Label>[] = []): CheckedModel {
    const network: Network = {
      nodes: nodes,
      weights: weights,
      named: named,
      logits: Object.entries(logits).map(([label, node]) => ({ label, node })),
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
    weight,
    constant,
    unary,
    binary,
    times,
    matmul,
    transpose,
    lift,
    bind,
    reduce,
    softmax,
    pick,
    slice,
    concat,
    stack,
    reshape,
    dropout,
    linear,
    name,
    model,
  };
}

/** A network in the making. */
export type Sketch = ReturnType<typeof sketch>;

/** Values of weights by name, and of features by name for the row at hand. */
export interface Given {
  readonly weights: Readonly<Record<string, ArrayLike<number>>>;
  readonly features: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * The value of a node for one row and one choice of its indices, straight from the meaning of each kind: slow, and sharing
 * nothing with the compiler.
 */
export function meaning(
  nodes: readonly TensorNode[],
  id: NodeId,
  given: Given,
  at: Readonly<Record<number, number>> = {},
): number[] {
  const node = nodes[id];
  if (!node) throw new Error(`no node ${String(id)}`);
  const of = (x: NodeId, where = at) => meaning(nodes, x, given, where);
  const size = node.shape.reduce((product, dim) => product * dim, 1);
  const fill = (make: (i: number) => number) => Array.from({ length: size }, (_, i) => make(i));
  const shape = (x: NodeId) => nodes[x]?.shape ?? [];
  const block = (x: NodeId, i: number) => of(x).slice(i * size, (i + 1) * size);
  switch (node.kind) {
    case 'feature':
      return Array.from(given.features[node.feature] ?? []);
    case 'weight':
      return Array.from(given.weights[node.weight] ?? []);
    case 'constant':
      return fill(() => node.value);
    case 'unary':
      return of(node.x).map(functions[node.function]);
    case 'binary': {
      const [a, b] = [of(node.a), of(node.b)];
      return fill((i) => pairs[node.function](a[a.length === 1 ? 0 : i] ?? NaN, b[b.length === 1 ? 0 : i] ?? NaN));
    }
    case 'matmul': {
      const [a, b] = [of(node.a), of(node.b)];
      const [m = 1, k = 1] = shape(node.b);
      return fill((at) => {
        const [i, j] = [Math.floor(at / k), at % k];
        let sum = 0;
        for (let l = 0; l < m; l++) sum += (a[i * m + l] ?? NaN) * (b[l * k + j] ?? NaN);
        return sum;
      });
    }
    case 'transpose': {
      const x = of(node.x);
      const [n = 1, m = 1] = shape(node.x);
      return fill((i) => x[(i % n) * m + Math.floor(i / n)] ?? NaN);
    }
    case 'lift':
      return block(node.x, at[node.index.id] ?? NaN);
    case 'bind':
      return Array.from({ length: node.index.size }, (_, i) => of(node.x, { ...at, [node.index.id]: i })).flat();
    case 'reduce': {
      const { over } = node;
      if (over === 'all') return [reductions[node.reduction](of(node.x))];
      const all = Array.from({ length: over.size }, (_, i) => of(node.x, { ...at, [over.id]: i }));
      return fill((i) => reductions[node.reduction](all.map((x) => x[i] ?? NaN)));
    }
    case 'softmax': {
      const { over } = node;
      const x = of(node.x);
      if (over === 'vector') return x.map((value) => Math.exp(value) / reductions.sum(x.map(Math.exp)));
      const all = Array.from({ length: over.size }, (_, i) => of(node.x, { ...at, [over.id]: i }));
      return x.map((value, i) => Math.exp(value) / reductions.sum(all.map((one) => Math.exp(one[i] ?? NaN))));
    }
    case 'pick':
      return block(node.x, node.at);
    case 'slice': {
      const inner = shape(node.x)
        .slice(1)
        .reduce((product, dim) => product * dim, 1);
      return of(node.x).slice(node.from * inner, node.to * inner);
    }
    case 'concat':
    case 'stack':
      return node.xs.flatMap((x) => of(x));
    case 'reshape':
    case 'dropout':
      return of(node.x);
    default:
      throw new Error(`unknown node ${JSON.stringify(node satisfies never)}`);
  }
}

const functions: Record<UnaryFunction, (x: number) => number> = {
  negate: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
  softplus: (x) => Math.log(1 + Math.exp(x)),
};

const pairs: Record<BinaryFunction, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
};

const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

const reductions: Record<Reduction, (xs: readonly number[]) => number> = {
  sum,
  mean: (xs) => sum(xs) / xs.length,
  max: (xs) => Math.max(...xs),
  min: (xs) => Math.min(...xs),
  log_sum_exp: (xs) => Math.log(sum(xs.map(Math.exp))),
};
