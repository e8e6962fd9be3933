import { joined, list, shapesBelow, sigmoid, sum, tensor, vector, type Shape, type Tensor } from '../tensors.js';

export interface Sizes {
  readonly d: number;
  readonly rank: number;
  readonly experts: number;
  /** Sizes of two dense layers; of embeddings, m numbers each of n fields. */
  readonly m: number;
  readonly n: number;
}

export type Shapes = Readonly<Record<string, Shape>>;

/** A weight by its path. */
export type Weights = (name: string) => Tensor;

/** A block as its paper writes it, one row at a time, with nothing of the compiler. */
export interface Equation {
  /** The call that it is the value of, on `x0` and `x`. */
  readonly call: (s: Sizes) => string;
  /** Sizes of `x0` and `x`; by default d. */
  readonly widths?: (s: Sizes) => Widths;
  /** Every weight that the call makes, by its path within it. */
  readonly weights: (s: Sizes) => Shapes;
  /** Length of the value; 1 for a scalar. */
  readonly size: (s: Sizes) => number;
  readonly value: (s: Sizes, x0: Tensor, x: Tensor, weights: Weights) => Tensor;
}

export interface Widths {
  readonly x0: number;
  readonly x: number;
}

export const widthsOf = (equation: Equation, s: Sizes): Widths => equation.widths?.(s) ?? { x0: s.d, x: s.d };

export const functions: Readonly<Record<string, (z: number) => number>> = {
  identity: (z) => z,
  relu: (z) => (z > 0 ? z : 0),
  tanh: Math.tanh,
  sigmoid,
  softplus: (z) => Math.log(1 + Math.exp(z)),
  exp: Math.exp,
};

export const softmax = (n: number, z: Tensor): Tensor => {
  const total = sum(n, (j) => Math.exp(z(j)));
  return vector(n, (i) => Math.exp(z(i)) / total);
};

export const gates: Readonly<Record<string, (n: number, z: Tensor) => Tensor>> = {
  softmax,
  sigmoid: (n, z) => vector(n, (i) => sigmoid(z(i))),
  ones: (n) => vector(n, () => 1),
};

/** A call of the language, with these options by name. */
export const calling = (
  block: string,
  given: readonly string[],
  options: Readonly<Record<string, string | number | boolean>>,
): string => `${block}(${[...given, ...Object.entries(options).map(([key, value]) => `${key}: ${value}`)].join(', ')})`;

/** The weights below a path. */
export const within =
  (weights: Weights, path: string): Weights =>
  (name) =>
    weights(`${path}.${name}`);

export const linearShapes = (d: number, units: number, useBias = true): Shapes => ({
  weight: [units, d],
  ...(useBias && { bias: [units] }),
});

/** W x + b */
export function linear(weights: Weights, d: number, units: number, x: Tensor, useBias = true): Tensor {
  const W = weights('weight');
  const b = useBias ? weights('bias') : () => 0;
  return vector(units, (i) => sum(d, (j) => W(i, j) * x(j)) + b(i));
}

/** Weights of an mlp on d numbers. */
export const mlpShapes = (d: number, units: readonly number[]): Shapes =>
  Object.assign(
    {},
    ...(units.map((u, l) => shapesBelow(`${l}.linear`, linearShapes(units[l - 1] ?? d, u))) as Shapes[]),
  ) as Shapes;

/** h' = g(W h + b), for each size in `units` */
export const mlp = (weights: Weights, d: number, units: readonly number[], x: Tensor, g = functions.relu!): Tensor =>
  units.reduce((h, u, l) => {
    const z = linear(within(weights, `${l}.linear`), units[l - 1] ?? d, u, h);
    return vector(u, (i) => g(z(i)));
  }, x);

/** γ_i (x_i - μ) / √(σ² + ε) + β_i */
export function layerNorm(weights: Weights, d: number, x: Tensor): Tensor {
  const [gamma, beta] = [weights('weight'), weights('bias')];
  const mean = sum(d, x) / d;
  const variance = sum(d, (i) => (x(i) - mean) ** 2) / d;
  return vector(d, (i) => (gamma(i) * (x(i) - mean)) / Math.sqrt(variance + 1e-5) + beta(i));
}

export const layerNormShapes = (d: number): Shapes => ({ weight: [d], bias: [d] });

/** The rows of a vector of n · k numbers. */
export const rowsOf = (n: number, k: number, x: Tensor): readonly Tensor[] => list(n, (i) => vector(k, (a) => x(i * k + a)));

/** Rows of k numbers, side by side. */
export const flat = (k: number, rows: readonly Tensor[]): Tensor => joined(rows.map((row) => [k, row])).x;

export const scalar = (value: number): Tensor => tensor([1], [value]);
