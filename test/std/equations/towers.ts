import { inner, joined, shapesBelow, sigmoid, sum, type Tensor } from '../tensors.js';
import { linear, linearShapes, mlp, mlpShapes, scalar, within, type Equation } from './equation.js';

const norm = (d: number, x: Tensor): number => Math.sqrt(sum(d, (i) => x(i) ** 2));

/** `x0` of n numbers beside `x` of d. */
const besides = { widths: ({ n, d }) => ({ x0: n, x: d }) } as const satisfies Pick<Equation, 'widths'>;

export const towers: Readonly<Record<string, Equation>> = {
  match: {
    call: () => 'match(x0, x)',
    weights: () => ({}),
    size: () => 1,
    value: ({ d }, x0, x) => scalar(inner(d, x0, x)),
  },
  'match, cosine and temperature': {
    call: () => 'match(x0, x, cosine, temperature: 0.25)',
    weights: () => ({}),
    size: () => 1,
    value: ({ d }, x0, x) => scalar((4 * inner(d, x0, x)) / (norm(d, x0) * norm(d, x))),
  },
  both: {
    call: () => 'both(sum(x0), sum(x))',
    weights: () => ({}),
    size: () => 1,
    value: ({ d }, x0, x) => {
      const seen = sigmoid(sum(d, x0)) * sigmoid(sum(d, x));
      return scalar(Math.log(seen / (1 - seen)));
    },
  },
  split_network: {
    ...besides,
    call: ({ m }) => `split_network(x0, x, [${m}])`,
    weights: ({ d, n, m }) => ({ ...shapesBelow('mlp', mlpShapes(n + d, [m])), ...shapesBelow('linear', linearShapes(m, 1)) }),
    size: () => 1,
    value: ({ d, n, m }, x0, x, weights) => {
      const both = joined([
        [n, x0],
        [d, x],
      ]);
      return linear(within(weights, 'linear'), m, 1, mlp(within(weights, 'mlp'), n + d, [m], both.x));
    },
  },
};
