import { list, shapesBelow, sum, vector, type Tensor } from '../tensors.js';
import {
  flat,
  functions,
  layerNorm,
  layerNormShapes,
  linear,
  linearShapes,
  mlp,
  mlpShapes,
  scalar,
  softmax,
  within,
  type Equation,
  type Shapes,
  type Weights,
} from './equation.js';
import { overFields } from './products.js';

/** `x0` of n numbers beside `x` of d. */
const besides = { widths: ({ n, d }) => ({ x0: n, x: d }) } as const satisfies Pick<Equation, 'widths'>;

/** 2 σ(mlp(context)) ⊙ x */
export const finalMlp: Readonly<Record<string, Equation>> = {
  select: {
    ...besides,
    call: ({ m, rank }) => `select(x, x0, [${m}, ${rank}])`,
    weights: ({ d, n, m, rank }) => ({
      ...shapesBelow('mlp', mlpShapes(n, [m, rank])),
      ...shapesBelow('linear', linearShapes(rank, d)),
    }),
    size: ({ d }) => d,
    value: ({ d, n, m, rank }, x0, x, weights) => {
      const gate = linear(within(weights, 'linear'), rank, d, mlp(within(weights, 'mlp'), n, [m, rank], x0));
      return vector(d, (i) => (2 * x(i)) / (1 + Math.exp(-gate(i))));
    },
  },
  'bilinear_fusion, 1 head': {
    ...besides,
    call: () => 'bilinear_fusion(x0, x)',
    weights: ({ d, n }) => ({ W: [1, n, d], 'linear.weight': [1, n], 'linear.bias': [1], 'linear_2.weight': [1, d] }),
    size: () => 1,
    value: ({ d, n }, x0, x, weights) => {
      const [W, w1, w2] = [weights('W'), weights('linear.weight'), weights('linear_2.weight')];
      const bilinear = sum(n, (i) => sum(d, (j) => x0(i) * W(0, i, j) * x(j)));
      return scalar(weights('linear.bias')(0) + sum(n, (i) => w1(0, i) * x0(i)) + sum(d, (j) => w2(0, j) * x(j)) + bilinear);
    },
  },
  'bilinear_fusion, several heads': {
    widths: ({ n, d, experts }) => ({ x0: n * experts, x: d * experts }),
    call: ({ experts }) => `bilinear_fusion(x0, x, heads: ${experts})`,
    weights: ({ d, n, experts }) => ({
      W: [experts, n, d],
      'linear.weight': [1, n * experts],
      'linear.bias': [1],
      'linear_2.weight': [1, d * experts],
    }),
    size: () => 1,
    value: ({ d, n, experts }, x0, x, weights) => {
      const [W, w1, w2] = [weights('W'), weights('linear.weight'), weights('linear_2.weight')];
      let y = weights('linear.bias')(0);
      for (let i = 0; i < n * experts; i++) y += w1(0, i) * x0(i);
      for (let j = 0; j < d * experts; j++) y += w2(0, j) * x(j);
      for (let h = 0; h < experts; h++)
        for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) y += x0(h * n + i) * W(h, i, j) * x(h * d + j);
      return scalar(y);
    },
  },
};

const maskShapes = (m: number, d: number, units: number, ratio = 2): Shapes => ({
  ...shapesBelow('linear', linearShapes(d, Math.round(ratio * m))),
  ...shapesBelow('linear_2', linearShapes(Math.round(ratio * m), m)),
  'linear_3.weight': [units, m],
  ...shapesBelow('layer_norm', layerNormShapes(units)),
});

/** relu(LN(W (mask ⊙ x))), mask = W_2 relu(W_1 e + b_1) + b_2 */
function maskBlock(weights: Weights, m: number, x: Tensor, d: number, e: Tensor, units: number, ratio = 2): Tensor {
  const wide = Math.round(ratio * m);
  const first = linear(within(weights, 'linear'), d, wide, e);
  const mask = linear(
    within(weights, 'linear_2'),
    wide,
    m,
    vector(wide, (i) => Math.max(first(i), 0)),
  );
  const W = weights('linear_3.weight');
  const z = vector(units, (i) => sum(m, (j) => W(i, j) * mask(j) * x(j)));
  const y = layerNorm(within(weights, 'layer_norm'), units, z);
  return vector(units, (i) => Math.max(y(i), 0));
}

const normedShapes = (n: number, k: number): Shapes =>
  Object.assign({}, ...list(n, (i) => shapesBelow(`layer_norm_fields.${i}.layer_norm`, layerNormShapes(k)))) as Shapes;

const normed = (v: readonly Tensor[], k: number, weights: Weights): Tensor =>
  flat(
    k,
    v.map((x, i) => layerNorm(within(weights, `layer_norm_fields.${i}.layer_norm`), k, x)),
  );

export const maskNet: Readonly<Record<string, Equation>> = {
  'mask_block, ratio 1.5': {
    ...besides,
    call: ({ m }) => `mask_block(x, x0, ${m}, ratio: 1.5)`,
    weights: ({ d, n, m }) => maskShapes(d, n, m, 1.5),
    size: ({ m }) => m,
    value: ({ d, n, m }, x0, x, weights) => maskBlock(weights, d, x, n, x0, m, 1.5),
  },
  layer_norm_fields: overFields({
    call: (_, v) => `sum(layer_norm_fields(${v}), layer_norm_fields(${v}))`,
    weights: (_, n, k) => ({
      ...normedShapes(n, k),
      ...Object.fromEntries(Object.entries(normedShapes(n, k)).map(([name, s]) => [name.replace('fields', 'fields_2'), s])),
    }),
    size: (_, n, k) => n * k,
    value: (v, k, weights) => {
      const [a, b] = [normed(v, k, weights), normed(v, k, (name) => weights(name.replace('fields', 'fields_2')))];
      return vector(v.length * k, (i) => a(i) + b(i));
    },
  }),
  'mask_net of 2 blocks': overFields({
    call: (s, v) => `mask_net(${v}, [${s.experts}, ${s.rank}])`,
    weights: (s, n, k) => ({
      ...normedShapes(n, k),
      ...shapesBelow('0.mask_block', maskShapes(n * k, n * k, s.experts)),
      ...shapesBelow('1.mask_block', maskShapes(s.experts, n * k, s.rank)),
    }),
    size: (s) => s.rank,
    value: (v, k, weights, s) => {
      const [e, d] = [flat(k, v), v.length * k];
      const h = maskBlock(within(weights, '0.mask_block'), d, normed(v, k, weights), d, e, s.experts);
      return maskBlock(within(weights, '1.mask_block'), s.experts, h, d, e, s.rank);
    },
  }),
  mask_net_parallel: overFields({
    call: (s, v) => `mask_net_parallel(${v}, blocks: 2, units: ${s.rank}, ratio: 0.5)`,
    weights: (s, n, k) => ({
      ...normedShapes(n, k),
      ...shapesBelow('0.mask_block', maskShapes(n * k, n * k, s.rank, 0.5)),
      ...shapesBelow('1.mask_block', maskShapes(n * k, n * k, s.rank, 0.5)),
    }),
    size: (s) => 2 * s.rank,
    value: (v, k, weights, s) => {
      const [e, d] = [flat(k, v), v.length * k];
      const one = (b: number) => maskBlock(within(weights, `${b}.mask_block`), d, normed(v, k, weights), d, e, s.rank, 0.5);
      return flat(s.rank, [one(0), one(1)]);
    },
  }),
};

const regulate = (weights: Weights, name: string, n: number, k: number, x: Tensor, temperature = 1): Tensor => {
  const w = weights(`${name}.weight`);
  const g = softmax(
    n,
    vector(n, (i) => w(i) / temperature),
  );
  return vector(n * k, (at) => g(Math.floor(at / k)) * x(at));
};

const edcnOf = (depth: number, temperature: number, call: string): Equation =>
  overFields({
    call: (_, v) => call.replace('v', v),
    weights: (_, n, k) => {
      const d = n * k;
      const regulations = { 'regulate.weight': [n], 'regulate_2.weight': [n] };
      return Object.assign(
        { ...regulations },
        ...list(depth, (l) => ({
          ...shapesBelow(`${l}.cross_v1`, { weight: [d], bias: [d] }),
          ...shapesBelow(`${l}.linear`, linearShapes(d, d)),
          ...(l < depth - 1 && shapesBelow(`${l}`, regulations)),
        })),
      ) as Shapes;
    },
    size: (_, n, k) => 3 * n * k,
    value: (v, k, weights) => {
      const [n, d, e] = [v.length, v.length * k, flat(k, v)];
      const x0 = regulate(weights, 'regulate', n, k, e, temperature);
      let [a, b] = [x0, regulate(weights, 'regulate_2', n, k, e, temperature)];
      for (let l = 0; ; l++) {
        const [w, bias] = [weights(`${l}.cross_v1.weight`), weights(`${l}.cross_v1.bias`)];
        const crossed = vector(d, (i) => x0(i) * sum(d, (j) => w(j) * a(j)) + bias(i) + a(i));
        const z = linear(within(weights, `${l}.linear`), d, d, b);
        const deep = vector(d, (i) => functions.relu!(z(i)));
        const bridge = vector(d, (i) => crossed(i) * deep(i));
        if (l === depth - 1) return flat(d, [crossed, deep, bridge]);
        a = regulate(weights, `${l}.regulate`, n, k, bridge, temperature);
        b = regulate(weights, `${l}.regulate_2`, n, k, bridge, temperature);
      }
    },
  });

export const edcn: Readonly<Record<string, Equation>> = {
  regulate: overFields({
    call: (_, v) => `regulate(${v}, temperature: 0.5) + regulate(${v})`,
    weights: (_, n) => ({ 'regulate.weight': [n], 'regulate_2.weight': [n] }),
    size: (_, n, k) => n * k,
    value: (v, k, weights) => {
      const [one, two] = [
        regulate(weights, 'regulate', v.length, k, flat(k, v), 0.5),
        regulate(weights, 'regulate_2', v.length, k, flat(k, v)),
      ];
      return vector(v.length * k, (i) => one(i) + two(i));
    },
  }),
  'edcn of depth 1': edcnOf(1, 1, 'edcn(v, depth: 1)'),
  'edcn of depth 2, temperature': edcnOf(2, 0.75, 'edcn(v, depth: 2, temperature: 0.75)'),
  'edcn with its defaults': edcnOf(3, 1, 'edcn(v)'),
};
