import { inner, list, shapesBelow, sum, vector, type Tensor } from '../tensors.js';
import {
  calling,
  flat,
  functions,
  linear,
  rowsOf,
  scalar,
  softmax,
  within,
  type Equation,
  type Shapes,
  type Sizes,
  type Weights,
} from './equation.js';

/** An equation over n + 1 fields of m numbers, which are `x0`. */
export interface OverFields {
  readonly call: (s: Sizes, v: string) => string;
  readonly weights?: (s: Sizes, n: number, k: number) => Shapes;
  readonly size: (s: Sizes, n: number, k: number) => number;
  readonly value: (v: readonly Tensor[], k: number, weights: Weights, s: Sizes) => Tensor;
}

export const overFields = ({ call, weights, size, value }: OverFields): Equation => ({
  widths: ({ m, n, d }) => ({ x0: (n + 1) * m, x: d }),
  call: (s) => call(s, `unflatten(x0, ${s.n + 1})`),
  weights: (s) => weights?.(s, s.n + 1, s.m) ?? {},
  size: (s) => size(s, s.n + 1, s.m),
  value: (s, x0, _, w) => value(rowsOf(s.n + 1, s.m, x0), s.m, w, s),
});

/** Pairs of fields, row by row: (1, 0), (2, 0), (2, 1), …; with `self`, (0, 0), (1, 0), (1, 1), … */
export const pairsOf = (n: number, self = false): readonly (readonly [number, number])[] =>
  list(n, (i) => list(self ? i + 1 : i, (j) => [i, j] as const)).flat();

const pairCount = (n: number): number => (n * (n - 1)) / 2;

type Kernel = (weights: Tensor, pair: number, p: Tensor, q: Tensor, k: number) => number;

const outer = (
  kernel: string,
  shape: (pairs: number, k: number) => readonly number[],
  value: Kernel,
  name = 'weight',
): Equation =>
  overFields({
    call: (_, v) => `outer_products(${v}, ${kernel})`,
    weights: (_, n, k) => ({ [`${kernel}.${name}`]: shape(pairCount(n), k) }),
    size: (_, n) => pairCount(n),
    value: (v, k, weights) => {
      const K = weights(`${kernel}.${name}`);
      const all = pairsOf(v.length);
      return vector(all.length, (at) => value(K, at, v[all[at]![0]]!, v[all[at]![1]]!, k));
    },
  });

/** X^l_h = g(Σ_ij W_hij X^{l-1}_i ⊙ X^0_j); W_hij stands in column i · n + j. */
function cinLayer(K: Tensor, maps: number, k: number, x: readonly Tensor[], x0: readonly Tensor[], g: string): readonly Tensor[] {
  const n = x0.length;
  return list(maps, (h) =>
    vector(k, (a) => functions[g]!(sum(x.length, (i) => sum(n, (j) => K(h, i * n + j) * x[i]!(a) * x0[j]!(a))))),
  );
}

/** `x` is n fields, and `x0` n + 1, of m numbers each. */
const cinLayerOf = (options: { readonly activation?: string }): Equation => ({
  widths: ({ m, n }) => ({ x0: (n + 1) * m, x: n * m }),
  call: ({ n, rank }) =>
    `flatten(${calling('cin_layer', [`unflatten(x, ${n})`, `unflatten(x0, ${n + 1})`, `${rank}`], options)})`,
  weights: ({ n, rank }) => ({ 'cin_layer.K': [rank, n * (n + 1)] }),
  size: ({ m, rank }) => rank * m,
  value: ({ m, n, rank }, x0, x, weights) => {
    const K = weights('cin_layer.K');
    return flat(m, cinLayer(K, rank, m, rowsOf(n, m, x), rowsOf(n + 1, m, x0), options.activation ?? 'identity'));
  },
});

/** Which maps of each layer go on, and which go out. */
interface Route {
  readonly on: number;
  readonly outFrom: number;
}

const cinOf = (maps: readonly number[], options: Readonly<Record<string, string | boolean>> = {}): Equation => {
  const routes = maps.map((count, l): Route => {
    const half = Math.floor(count / 2);
    const splits = options.split_half === true && l < maps.length - 1 && half > 0;
    return splits ? { on: half, outFrom: half } : { on: count, outFrom: 0 };
  });
  return overFields({
    call: (_, v) => calling('cin', [v, `[${maps.join(', ')}]`], options),
    weights: (_, n) => Object.fromEntries(maps.map((count, l) => [`${l}.cin_layer.K`, [count, (routes[l - 1]?.on ?? n) * n]])),
    size: () => sum(maps.length, (l) => maps[l]! - routes[l]!.outFrom),
    value: (v, k, weights) => {
      let x = v;
      const out: number[] = [];
      maps.forEach((count, l) => {
        const y = cinLayer(weights(`${l}.cin_layer.K`), count, k, x, v, (options.activation as string | undefined) ?? 'identity');
        x = y.slice(0, routes[l]!.on);
        out.push(...y.slice(routes[l]!.outFrom).map((map) => sum(k, map)));
      });
      return vector(out.length, (i) => out[i]!);
    },
  });
};

interface Attention {
  readonly residual?: boolean;
  readonly scale?: boolean;
  readonly activation?: string;
}

export const attentionShapes = (d: number, heads: number, size: number, residual = true): Shapes => ({
  Q: [heads, size, d],
  K: [heads, size, d],
  V: [heads, size, d],
  ...(residual && { 'linear_rows.linear.weight': [heads * size, d] }),
});

/** y_i = g(concat_h Σ_j softmax_j(⟨Q_h v_i, K_h v_j⟩) V_h v_j + R v_i) */
export function attention(
  weights: Weights,
  v: readonly Tensor[],
  d: number,
  heads: number,
  size: number,
  { residual = true, scale = false, activation = 'relu' }: Attention = {},
): readonly Tensor[] {
  const n = v.length;
  const project = (M: Tensor, h: number) => v.map((x) => vector(size, (a) => sum(d, (b) => M(h, a, b) * x(b))));
  const perHead = list(heads, (h) => {
    const [q, k, u] = [project(weights('Q'), h), project(weights('K'), h), project(weights('V'), h)];
    return list(n, (i) => {
      const score = vector(n, (j) => inner(size, q[i]!, k[j]!) / (scale ? Math.sqrt(size) : 1));
      const share = softmax(n, score);
      return vector(size, (a) => sum(n, (j) => share(j) * u[j]!(a)));
    });
  });
  const g = functions[activation]!;
  return v.map((x, i) => {
    const around = residual ? linear(within(weights, 'linear_rows.linear'), d, heads * size, x, false) : () => 0;
    return vector(heads * size, (a) => g(perHead[Math.floor(a / size)]![i]!(a % size) + around(a)));
  });
}

const layerOf = (options: Attention): Equation =>
  overFields({
    call: (s, v) =>
      `flatten(${calling('autoint_layer', [v], { heads: s.experts, size: s.rank, ...(options as Record<string, string>) })})`,
    weights: (s, _, k) => shapesBelow('autoint_layer', attentionShapes(k, s.experts, s.rank, options.residual)),
    size: (s, n) => n * s.experts * s.rank,
    value: (v, k, weights, s) =>
      flat(s.experts * s.rank, attention(within(weights, 'autoint_layer'), v, k, s.experts, s.rank, options)),
  });

const stackOf = (layers: number, options: Attention): Equation =>
  overFields({
    call: (s, v) =>
      `flatten(${calling('autoint', [v], { layers, heads: s.experts, size: s.rank, ...(options as Record<string, string>) })})`,
    weights: (s, _, k) =>
      list(layers, (l) => l).reduce<Shapes>(
        (all, l) => ({
          ...all,
          ...shapesBelow(
            `autoint.${l}.autoint_layer`,
            attentionShapes(l === 0 ? k : s.experts * s.rank, s.experts, s.rank, options.residual),
          ),
        }),
        {},
      ),
    size: (s, n) => n * s.experts * s.rank,
    value: (v, k, weights, s) => {
      const out = s.experts * s.rank;
      const y = list(layers, (l) => l).reduce<readonly Tensor[]>(
        (x, l) => attention(within(weights, `autoint.${l}.autoint_layer`), x, l === 0 ? k : out, s.experts, s.rank, options),
        v,
      );
      return flat(out, y);
    },
  });

export const products: Readonly<Record<string, Equation>> = {
  bi_interaction: overFields({
    call: (_, v) => `bi_interaction(${v})`,
    size: (_, _n, k) => k,
    value: (v, k) => vector(k, (a) => pairsOf(v.length).reduce((total, [i, j]) => total + v[i]!(a) * v[j]!(a), 0)),
  }),
  fm: overFields({
    call: (_, v) => `fm(${v})`,
    size: () => 1,
    value: (v, k) => scalar(pairsOf(v.length).reduce((total, [i, j]) => total + inner(k, v[i]!, v[j]!), 0)),
  }),
  dot_rows: {
    widths: ({ m, n }) => ({ x0: n * m, x: n * m }),
    call: ({ n }) => `dot_rows(unflatten(x0, ${n}), unflatten(x, ${n}))`,
    weights: () => ({}),
    size: ({ n }) => n,
    value: ({ m, n }, x0, x) => vector(n, (i) => sum(m, (a) => x0(i * m + a) * x(i * m + a))),
  },
  cin_layer: cinLayerOf({}),
  'cin_layer, relu': cinLayerOf({ activation: 'relu' }),
  'cin of 1 layer': cinOf([3]),
  'cin of 3 layers': cinOf([3, 1, 2]),
  'cin, relu': cinOf([2, 3], { activation: 'relu' }),
  'cin, split_half': cinOf([4, 5, 1, 3], { split_half: true }),
  'cin, split_half of tanh': cinOf([2, 2], { split_half: true, activation: 'tanh' }),
  autoint_layer: layerOf({}),
  'autoint_layer, scale': layerOf({ scale: true }),
  'autoint_layer without residual': layerOf({ residual: false, activation: 'tanh' }),
  'autoint of 2 layers': stackOf(2, {}),
  'autoint of 2 layers, scale, without residual': stackOf(2, { scale: true, residual: false }),
  dots: overFields({
    call: (_, v) => `dots(${v})`,
    size: (_, n) => pairCount(n),
    value: (v, k) => {
      const all = pairsOf(v.length);
      return vector(all.length, (at) => inner(k, v[all[at]![0]]!, v[all[at]![1]]!));
    },
  }),
  'dots with self': overFields({
    call: (_, v) => `dots(${v}, self: true)`,
    size: (_, n) => pairCount(n) + n,
    value: (v, k) => {
      const all = pairsOf(v.length, true);
      return vector(all.length, (at) => inner(k, v[all[at]![0]]!, v[all[at]![1]]!));
    },
  }),
  'outer_products, a matrix': outer(
    'matrix_kernel',
    (pairs, k) => [pairs, k, k],
    (K, at, p, q, k) => sum(k, (a) => sum(k, (b) => p(a) * K(at, a, b) * q(b))),
    'K',
  ),
  'outer_products, a vector': outer(
    'vector_kernel',
    (pairs, k) => [pairs, k],
    (K, at, p, q, k) => sum(k, (a) => p(a) * K(at, a) * q(a)),
  ),
  'outer_products, a number': outer(
    'number_kernel',
    (pairs) => [pairs],
    (K, at, p, q, k) => K(at) * inner(k, p, q),
  ),
};
