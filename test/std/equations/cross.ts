import { joined, list, shapesBelow, sigmoid, sum, vector, type Tensor } from '../tensors.js';
import {
  calling,
  functions,
  gates,
  linear,
  linearShapes,
  mlp,
  mlpShapes,
  within,
  type Equation,
  type Shapes,
  type Sizes,
  type Weights,
} from './equation.js';

/** A layer of a cross network: x' of size d. */
type Layer = Omit<Equation, 'size'>;

const layer = (own: Layer): Equation => ({ ...own, size: (s) => s.d });

/** x0 (wᵀ x) + b + x  [DCN 2017 Eq. (3)] */
const crossV1 = layer({
  call: () => 'cross_v1(x0, x)',
  weights: ({ d }) => ({ weight: [d], bias: [d] }),
  value: ({ d }, x0, x, weights) => {
    const [w, b] = [weights('weight'), weights('bias')];
    return vector(d, (i) => x0(i) * sum(d, (j) => x(j) * w(j)) + b(i) + x(i));
  },
});

/** x0 ⊙ (W x + b) + x  [DCN-V2 Eq. (1)] */
const crossFull = layer({
  call: () => 'cross_full(x0, x)',
  weights: ({ d }) => ({ weight: [d, d], bias: [d] }),
  value: ({ d }, x0, x, weights) => {
    const [W, b] = [weights('weight'), weights('bias')];
    return vector(d, (i) => x0(i) * (sum(d, (j) => W(i, j) * x(j)) + b(i)) + x(i));
  },
});

/** x0 ⊙ (U Vᵀ x + b) + x  [DCN-V2 Eq. (2)] */
const crossLowRank = layer({
  call: ({ rank }) => `cross_low_rank(x0, x, rank: ${rank})`,
  weights: ({ d, rank }) => ({ U: [d, rank], V: [d, rank], bias: [d] }),
  value: ({ d, rank }, x0, x, weights) => {
    const [U, V, b] = [weights('U'), weights('V'), weights('bias')];
    const W = (i: number, j: number) => sum(rank, (k) => U(i, k) * V(j, k));
    return vector(d, (i) => x0(i) * (sum(d, (j) => W(i, j) * x(j)) + b(i)) + x(i));
  },
});

/** G(x) from scores without a bias, and its weights unless it is constant. */
const gateWeights = (gate: string, { d, experts }: Sizes): Shapes => (gate === 'ones' ? {} : { 'linear.weight': [experts, d] });

function gateOf(gate: string, { d, experts }: Sizes, x: Tensor, weights: Weights): Tensor {
  const scores = gate === 'ones' ? x : vector(experts, (e) => sum(d, (j) => weights('linear.weight')(e, j) * x(j)));
  return gates[gate]!(experts, scores);
}

/** Σ_e G_e(x) x0 ⊙ (U_e V_eᵀ x + b) + x  [DCN-V2 Eq. (3)] */
const crossExperts = (gate: string): Equation =>
  layer({
    call: ({ rank, experts }) => `cross_experts(x0, x, rank: ${rank}, experts: ${experts}, gate: ${gate})`,
    weights: (s) => ({
      U: [s.experts, s.d, s.rank],
      V: [s.experts, s.d, s.rank],
      bias: [s.d],
      ...gateWeights(gate, s),
    }),
    value: (s, x0, x, weights) => {
      const { d, rank, experts } = s;
      const [U, V, b] = [weights('U'), weights('V'), weights('bias')];
      const G = gateOf(gate, s, x, weights);
      const W = (e: number, i: number, j: number) => sum(rank, (k) => U(e, i, k) * V(e, j, k));
      const expert = (e: number, i: number) => x0(i) * (sum(d, (j) => W(e, i, j) * x(j)) + b(i));
      return vector(d, (i) => sum(experts, (e) => G(e) * expert(e, i)) + x(i));
    },
  });

/** Σ_e G_e(x) x0 ⊙ (U_e g(C_e g(V_eᵀ x)) + b) + x  [DCN-V2 Eq. (3) with (4)] */
const crossMix = (gate: string, activation: string): Equation =>
  layer({
    call: ({ rank, experts }) => `cross_mix(x0, x, rank: ${rank}, experts: ${experts}, gate: ${gate}, activation: ${activation})`,
    weights: (s) => ({
      U: [s.experts, s.d, s.rank],
      C: [s.experts, s.rank, s.rank],
      V: [s.experts, s.d, s.rank],
      bias: [s.d],
      ...gateWeights(gate, s),
    }),
    value: (s, x0, x, weights) => {
      const { d, rank, experts } = s;
      const [U, C, V, b] = [weights('U'), weights('C'), weights('V'), weights('bias')];
      const G = gateOf(gate, s, x, weights);
      const g = functions[activation]!;
      const low = (e: number, l: number) => g(sum(d, (j) => V(e, j, l) * x(j)));
      const mixed = (e: number, k: number) => g(sum(rank, (l) => C(e, k, l) * low(e, l)));
      const expert = (e: number, i: number) => x0(i) * (sum(rank, (k) => U(e, i, k) * mixed(e, k)) + b(i));
      return vector(d, (i) => sum(experts, (e) => G(e) * expert(e, i)) + x(i));
    },
  });

/** x0 ⊙ (W_c x + b) ⊙ σ(W_g x) + x  [GDCN] */
const gatedCross = layer({
  call: () => 'gated_cross(x0, x)',
  weights: ({ d }) => ({ weight: [d, d], bias: [d], weight_2: [d, d] }),
  value: ({ d }, x0, x, weights) => {
    const [C, b, G] = [weights('weight'), weights('bias'), weights('weight_2')];
    return vector(d, (i) => x0(i) * (sum(d, (j) => C(i, j) * x(j)) + b(i)) * sigmoid(sum(d, (j) => G(i, j) * x(j))) + x(i));
  },
});

/** x0 ⊙ (act(W x + b) + diag_scale x) + x  [TensorFlow Recommenders, dcn.py] */
const crossTfrs = (options: { readonly activation?: string; readonly diag_scale?: number }): Equation =>
  layer({
    call: () => calling('cross_tfrs', ['x0', 'x'], options),
    weights: ({ d }) => ({ 'linear.weight': [d, d], 'linear.bias': [d] }),
    value: ({ d }, x0, x, weights) => {
      const [W, b] = [weights('linear.weight'), weights('linear.bias')];
      const act = functions[options.activation ?? 'identity']!;
      const scale = options.diag_scale ?? 0;
      return vector(d, (i) => x0(i) * (act(sum(d, (j) => W(i, j) * x(j)) + b(i)) + scale * x(i)) + x(i));
    },
  });

/** x_{l+1} = layer(x_0, x_l), l = 0, …, depth - 1 */
export const cross = (depth: number, of: Equation, call?: string): Equation => {
  const holes = (s: Sizes) => of.call(s).replace('(x0, x', '(_, _');
  const below = (s: Sizes, l: number, name: string) => `${l}.${of.call(s).split('(')[0]}.${name}`;
  return layer({
    call: (s) => call ?? calling('cross', ['x0'], { depth, layer: holes(s) }),
    weights: (s) =>
      Object.fromEntries(
        list(depth, (l) => l).flatMap((l) => Object.entries(of.weights(s)).map(([name, shape]) => [below(s, l, name), shape])),
      ),
    value: (s, x0, _, weights) => {
      let x = x0;
      for (let l = 0; l < depth; l++) x = of.value(s, x0, x, (name) => weights(below(s, l, name)));
      return x;
    },
  });
};

export const layers = {
  cross_v1: crossV1,
  cross_full: crossFull,
  cross_low_rank: crossLowRank,
  'cross_experts, softmax': crossExperts('softmax'),
  'cross_experts, sigmoid': crossExperts('sigmoid'),
  'cross_experts, ones': crossExperts('ones'),
  'cross_mix, softmax of tanh': crossMix('softmax', 'tanh'),
  'cross_mix, sigmoid of softplus': crossMix('sigmoid', 'softplus'),
  'cross_mix, ones of relu': crossMix('ones', 'relu'),
  'cross_mix, softmax of identity': crossMix('softmax', 'identity'),
  gated_cross: gatedCross,
  cross_tfrs: crossTfrs({}),
  'cross_tfrs, diag_scale': crossTfrs({ diag_scale: 0.75 }),
  'cross_tfrs, tanh': crossTfrs({ activation: 'tanh' }),
  'cross_tfrs, relu and diag_scale': crossTfrs({ activation: 'relu', diag_scale: 2 }),
} as const satisfies Record<string, Equation>;

/** Layers of `cross_mix` that share one gate: its weights stand where the first layer makes them. */
const sharedGate = (depth: number): Equation => {
  const own = cross(depth, crossMix('softmax', 'tanh'));
  const gate = '0.cross_mix.linear.weight';
  return {
    ...own,
    call: ({ rank, experts }) => {
      const score = `share(linear(_, ${experts}, use_bias: false))`;
      return `cross(x0, depth: ${depth}, layer: cross_mix(_, _, rank: ${rank}, experts: ${experts}, score: ${score}))`;
    },
    weights: (s) =>
      Object.fromEntries(Object.entries(own.weights(s)).filter(([name]) => name === gate || !name.endsWith('linear.weight'))),
    value: (s, x0, x, weights) => own.value(s, x0, x, (name) => weights(name.endsWith('linear.weight') ? gate : name)),
  };
};

/** wᵀ [gated cross network; mlp] + b  [GDCN-P] */
const gdcnP: Equation = {
  call: ({ m, n }) => `gdcn_p(x0, 2, [${m}, ${n}])`,
  weights: (s) => ({
    ...shapesBelow('cross', cross(2, gatedCross).weights(s)),
    ...shapesBelow('mlp', mlpShapes(s.d, [s.m, s.n])),
    ...shapesBelow('linear', linearShapes(s.d + s.n, 1)),
  }),
  size: () => 1,
  value: (s, x0, x, weights) => {
    const crossed = cross(2, gatedCross).value(s, x0, x, within(weights, 'cross'));
    const deep = mlp(within(weights, 'mlp'), s.d, [s.m, s.n], x0);
    const both = joined([
      [s.d, crossed],
      [s.n, deep],
    ]);
    return linear(within(weights, 'linear'), both.size, 1, both.x);
  },
};

export const networks = {
  'cross with its defaults': cross(2, crossFull, 'cross(x0)'),
  'cross of depth 0': cross(0, crossFull),
  'cross of depth 1': cross(1, crossFull, 'cross(x0, depth: 1)'),
  'cross of 3 cross_full': cross(3, crossFull),
  'cross of 3 cross_v1': cross(3, crossV1),
  'cross of 2 cross_low_rank': cross(2, crossLowRank),
  'cross of 3 cross_experts': cross(3, crossExperts('softmax')),
  'cross of 2 cross_mix': cross(2, crossMix('sigmoid', 'tanh')),
  'cross of 2 gated_cross': cross(2, gatedCross),
  'cross of 2 cross_tfrs': cross(2, crossTfrs({ activation: 'tanh', diag_scale: 0.5 })),
  'cross of 3 cross_mix, one gate for all': sharedGate(3),
  gdcn_p: gdcnP,
} as const satisfies Record<string, Equation>;
