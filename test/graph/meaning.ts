import type {
  BinaryFunction,
  Comparison,
  Index,
  NodeId,
  Reduction,
  Size,
  TensorNode,
  UnaryFunction,
} from '../../src/model/network.js';

/** What the host gives for one row, by name. */
export interface Row {
  readonly features?: Readonly<Record<string, ArrayLike<number>>>;
  /** Of a site: its row of the table, or all places of its sequence. */
  readonly lookups?: Readonly<Record<string, ArrayLike<number>>>;
  /** Places present, by feature. */
  readonly lengths?: Readonly<Record<string, number>>;
  readonly codes?: Readonly<Record<string, number>>;
  readonly frequencies?: Readonly<Record<string, number>>;
  readonly targets?: Readonly<Record<string, number>>;
  readonly weight?: number;
}

export interface Given {
  readonly weights: Readonly<Record<string, ArrayLike<number>>>;
  readonly rows: readonly Row[];
  /** Of running statistics; absent: the program is training. */
  readonly states?: Readonly<Record<string, ArrayLike<number>>>;
}

/** Which of the places of an axis a row has. */
function presentPlaces(size: Size, row: number, { rows }: Given): boolean[] {
  if (typeof size === 'number') return Array<boolean>(size).fill(true);
  if (size.ragged === 'batch') return rows.map(({ weight = 1 }) => weight > 0);
  const length = rows[row]?.lengths?.[size.feature] ?? NaN;
  return Array.from({ length: size.length }, (_, i) => i < length);
}

function placesOf(size: Size, { rows }: Given): number {
  return typeof size === 'number' ? size : size.ragged === 'batch' ? rows.length : size.length;
}

/**
 * The value of a node for one row and one choice of its indices, straight from the meaning of each kind: slow, and sharing
 * nothing with the compiler.
 */
export function meaning(
  nodes: readonly TensorNode[],
  id: NodeId,
  given: Given,
  row: number,
  at: Readonly<Record<number, number>> = {},
): number[] {
  const node = nodes[id];
  if (!node) throw new Error(`no node ${String(id)}`);
  const of = (x: NodeId, where = at) => meaning(nodes, x, given, row, where);
  const sizes = node.shape.map((one) => placesOf(one, given));
  const size = sizes.reduce((product, dim) => product * dim, 1);
  const fill = (make: (i: number) => number) => Array.from({ length: size }, (_, i) => make(i));
  const shape = (x: NodeId) => nodes[x]?.shape ?? [];
  const block = (x: NodeId, i: number) => of(x).slice(i * size, (i + 1) * size);
  const inner = sizes.slice(1).reduce((product, dim) => product * dim, 1);
  const along = (x: NodeId, index: Index) =>
    presentPlaces(index.size, row, given).flatMap((present, i) => (present ? [of(x, { ...at, [index.id]: i })] : []));
  const host = given.rows[row] ?? {};
  const lifted = (values: readonly number[], i: number) => values[values.length === 1 ? 0 : i] ?? NaN;
  switch (node.kind) {
    case 'feature':
      return Array.from(host.features?.[node.feature] ?? []);
    case 'lookup':
      return Array.from(host.lookups?.[node.site] ?? []);
    case 'code':
      return [host.codes?.[node.feature] ?? NaN];
    case 'log_frequency':
      return [host.frequencies?.[node.feature] ?? NaN];
    case 'target':
      return [host.targets?.[node.label] ?? NaN];
    case 'weight':
      return Array.from(given.weights[node.weight] ?? []);
    case 'constant':
      return fill(() => node.value);
    case 'unary':
      return of(node.x).map(functions[node.function]);
    case 'binary': {
      const [a, b] = [of(node.a), of(node.b)];
      return fill((i) => pairs[node.function](lifted(a, i), lifted(b, i)));
    }
    case 'compare': {
      const [a, b] = [of(node.a), of(node.b)];
      return fill((i) => Number(comparisons[node.comparison](lifted(a, i), lifted(b, i))));
    }
    case 'where': {
      const [condition, a, b] = [of(node.condition), of(node.a), of(node.b)];
      return fill((i) => (lifted(condition, i) !== 0 ? lifted(a, i) : lifted(b, i)));
    }
    case 'matmul': {
      const [a, b] = [of(node.a), of(node.b)];
      const [m = 1, k = 1] = shape(node.b).map(Number);
      return fill((at) => {
        const [i, j] = [Math.floor(at / k), at % k];
        let sum = 0;
        for (let l = 0; l < m; l++) sum += (a[i * m + l] ?? NaN) * (b[l * k + j] ?? NaN);
        return sum;
      });
    }
    case 'transpose': {
      const x = of(node.x);
      const [n = 1, m = 1] = shape(node.x).map(Number);
      return fill((i) => x[(i % n) * m + Math.floor(i / n)] ?? NaN);
    }
    case 'lift':
      return block(node.x, at[node.index.id] ?? NaN);
    case 'bind':
      return Array.from({ length: placesOf(node.index.size, given) }, (_, i) => of(node.x, { ...at, [node.index.id]: i })).flat();
    case 'reduce': {
      const { over } = node;
      if (over === 'all') return [reductions[node.reduction](presentElements(shape(node.x), of(node.x), row, given))];
      const all = along(node.x, over);
      return fill((i) => reductions[node.reduction](all.map((x) => x[i] ?? NaN)));
    }
    case 'softmax': {
      const { over } = node;
      const x = of(node.x);
      if (over === 'vector') {
        const present = presentPlaces(shape(node.x)[0] ?? 1, row, given);
        const norm = reductions.log_sum_exp(x.filter((_, i) => present[i]));
        return x.map((value, i) => (present[i] ? Math.exp(value - norm) : 0));
      }
      if (presentPlaces(over.size, row, given)[at[over.id] ?? 0] === false) return x.map(() => 0);
      const all = along(node.x, over);
      return x.map((value, i) => Math.exp(value - reductions.log_sum_exp(all.map((one) => one[i] ?? NaN))));
    }
    case 'pick':
      return block(node.x, node.at);
    case 'slice':
      return of(node.x).slice(node.from * inner, node.to * inner);
    case 'take':
      return node.at.flatMap((i) => of(node.x).slice(i * inner, (i + 1) * inner));
    case 'concat':
    case 'stack':
      return node.xs.flatMap((x) => of(x));
    case 'reshape':
    case 'dropout':
      return of(node.x);
    case 'batch':
      return given.rows.flatMap((_, r) => meaning(nodes, node.x, given, r, at));
    case 'batch_norm': {
      const [mean, variance] = statistics(nodes, node, given);
      return of(node.x).map((x, i) => (x - (mean[i] ?? NaN)) / Math.sqrt((variance[i] ?? NaN) + node.epsilon));
    }
    default:
      throw new Error(`unknown node ${JSON.stringify(node satisfies never)}`);
  }
}

/** The elements of a value whose places a row has. */
function presentElements(shape: readonly Size[], values: readonly number[], row: number, given: Given): number[] {
  const [lead = 1] = shape;
  const present = presentPlaces(lead, row, given);
  const inner = values.length / present.length;
  return values.filter((_, i) => present[Math.floor(i / inner)]);
}

/** Mean and variance of each element over the rows that count and the places they have; the running ones in inference. */
export function statistics(
  nodes: readonly TensorNode[],
  node: Extract<TensorNode, { kind: 'batch_norm' }>,
  given: Given,
): readonly [mean: number[], variance: number[]] {
  if (given.states) return [Array.from(given.states[node.mean] ?? []), Array.from(given.states[node.variance] ?? [])];
  const samples = given.rows.flatMap(({ weight = 1 }, row) => {
    if (!(weight > 0)) return [];
    const choices = node.indices.reduce<Record<number, number>[]>(
      (all, index) =>
        presentPlaces(index.size, row, given).flatMap((present, i) =>
          present ? all.map((one) => ({ ...one, [index.id]: i })) : [],
        ),
      [{}],
    );
    return choices.map((at) => meaning(nodes, node.x, given, row, at));
  });
  const size = node.shape.reduce<number>((product, dim) => product * Number(dim), 1);
  const average = (of: (sample: number[], i: number) => number) =>
    Array.from({ length: size }, (_, i) => reductions.sum(samples.map((sample) => of(sample, i))) / Math.max(1, samples.length));
  const mean = average((sample, i) => sample[i] ?? NaN);
  return [mean, average((sample, i) => ((sample[i] ?? NaN) - (mean[i] ?? NaN)) ** 2)];
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

const comparisons: Record<Comparison, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

const ofSome = (reduce: (xs: readonly number[]) => number) => (xs: readonly number[]) => (xs.length === 0 ? 0 : reduce(xs));

/** Over nothing 0. */
const reductions: Record<Reduction, (xs: readonly number[]) => number> = {
  sum,
  mean: ofSome((xs) => sum(xs) / xs.length),
  max: ofSome((xs) => Math.max(...xs)),
  min: ofSome((xs) => Math.min(...xs)),
  log_sum_exp: ofSome((xs) => Math.max(...xs) + Math.log(sum(xs.map((x) => Math.exp(x - Math.max(...xs)))))),
};
