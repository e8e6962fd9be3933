import { inner, list, sum, vector, type Tensor } from '../tensors.js';
import {
  calling,
  flat,
  functions,
  layerNorm,
  layerNormShapes,
  linear,
  linearShapes,
  mlpShapes,
  rowsOf,
  scalar,
  within,
  type Equation,
} from './equation.js';

/** W x + b */
const linearOf = (useBias: boolean): Equation => ({
  call: ({ m }) => `linear(x, ${m}${useBias ? '' : ', use_bias: false'})`,
  weights: ({ d, m }) => linearShapes(d, m, useBias),
  size: ({ m }) => m,
  value: ({ d, m }, _, x, weights) => linear(weights, d, m, x, useBias),
});

/** h' = g(norm(W h + b)) for two layers */
const mlpOf = (options: Readonly<Record<'activation' | 'norm', string>> & { readonly dropout?: number }): Equation => ({
  call: ({ m, n }) => calling('mlp', ['x', `[${m}, ${n}]`], options),
  weights: ({ d, m, n }) => mlpShapes(d, [m, n]),
  size: ({ n }) => n,
  value: ({ d, m, n }, _, x, weights) => {
    const [g, norm] = [functions[options.activation]!, functions[options.norm]!];
    const dense = (l: number, size: number, units: number, h: Tensor) => {
      const z = linear(within(weights, `${l}.linear`), size, units, h);
      return vector(units, (i) => g(norm(z(i))));
    };
    return dense(1, m, n, dense(0, d, m, x));
  },
});

const reluMlp = mlpOf({ activation: 'relu', norm: 'identity' });

const length = (d: number, x: Tensor): number => Math.hypot(...list(d, (i) => x(i)));

/** `x0` is n fields of m numbers. */
const ofFields = { widths: ({ m, n, d }) => ({ x0: n * m, x: d }) } as const satisfies Pick<Equation, 'widths'>;

export const layers: Readonly<Record<string, Equation>> = {
  linear: linearOf(true),
  'linear without bias': linearOf(false),
  linear_rows: {
    ...ofFields,
    call: ({ n, rank }) => `flatten(linear_rows(unflatten(x0, ${n}), ${rank}))`,
    weights: ({ m, rank }) => ({ 'linear_rows.linear.weight': [rank, m] }),
    size: ({ n, rank }) => n * rank,
    value: ({ m, n, rank }, x0, _, weights) => {
      const W = within(weights, 'linear_rows.linear');
      return flat(
        rank,
        rowsOf(n, m, x0).map((v) => linear(W, m, rank, v, false)),
      );
    },
  },
  linear_fields: {
    ...ofFields,
    call: ({ n, rank }) => `flatten(linear_fields(unflatten(x0, ${n}), ${rank}))`,
    weights: ({ n, rank }) => ({ 'linear_fields.weight': [rank, n] }),
    size: ({ m, rank }) => m * rank,
    value: ({ m, n, rank }, x0, _, weights) => {
      const W = weights('linear_fields.weight');
      return vector(rank * m, (at) => sum(n, (i) => W(Math.floor(at / m), i) * x0(i * m + (at % m))));
    },
  },
  mlp: reluMlp,
  'mlp with its defaults': { ...reluMlp, call: ({ m, n }) => `mlp(x, [${m}, ${n}])` },
  'mlp, tanh, no dropout': mlpOf({ activation: 'tanh', norm: 'identity', dropout: 0 }),
  'mlp, tanh of exp': mlpOf({ activation: 'tanh', norm: 'exp' }),
  'mlp, softplus': mlpOf({ activation: 'softplus', norm: 'identity' }),
  'mlp, layer_norm': {
    call: ({ m }) => `mlp(x, [${m}], norm: layer_norm)`,
    weights: ({ m, d }) => ({ ...mlpShapes(d, [m]), '0.layer_norm.weight': [m], '0.layer_norm.bias': [m] }),
    size: ({ m }) => m,
    value: ({ d, m }, _, x, weights) => {
      const h = layerNorm(within(weights, '0.layer_norm'), m, linear(within(weights, '0.linear'), d, m, x));
      return vector(m, (i) => Math.max(h(i), 0));
    },
  },
  'mlp without layers': {
    call: () => 'mlp(x, [])',
    weights: () => ({}),
    size: ({ d }) => d,
    value: (_s, _x0, x) => x,
  },
  dot: {
    call: () => 'dot(x0, x)',
    weights: () => ({}),
    size: () => 1,
    value: ({ d }, x0, x) => scalar(inner(d, x0, x)),
  },
  normalize: {
    call: () => 'normalize(x)',
    weights: () => ({}),
    size: ({ d }) => d,
    value: ({ d }, _, x) => vector(d, (i) => x(i) / length(d, x)),
  },
  cosine: {
    call: () => 'cosine(x0, x)',
    weights: () => ({}),
    size: () => 1,
    value: ({ d }, x0, x) => scalar(inner(d, x0, x) / length(d, x0) / length(d, x)),
  },
  layer_norm: {
    call: () => 'layer_norm(x)',
    weights: ({ d }) => layerNormShapes(d),
    size: ({ d }) => d,
    value: ({ d }, _, x, weights) => layerNorm(weights, d, x),
  },
  'layer_norm, epsilon': {
    call: () => 'layer_norm(x, epsilon: 0.5)',
    weights: ({ d }) => layerNormShapes(d),
    size: ({ d }) => d,
    value: ({ d }, _, x, weights) => {
      const mean = sum(d, x) / d;
      const deviation = Math.sqrt(sum(d, (i) => x(i) * x(i)) / d - mean * mean + 0.5);
      return vector(d, (i) => ((x(i) - mean) / deviation) * weights('weight')(i) + weights('bias')(i));
    },
  },
  fields: {
    call: () => 'flatten(fields(x0, x, x0))',
    weights: () => ({}),
    size: ({ d }) => 3 * d,
    value: ({ d }, x0, x) => flat(d, [x0, x, x0]),
  },
  'fields, by index': {
    call: () => 'sum[i](fields(x0, x)[i])',
    weights: () => ({}),
    size: ({ d }) => d,
    value: ({ d }, x0, x) => vector(d, (k) => x0(k) + x(k)),
  },
};
