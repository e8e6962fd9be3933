import { inner, list, shapesBelow, sum, vector, type Tensor } from '../tensors.js';
import {
  flat,
  layerNorm,
  layerNormShapes,
  linear,
  linearShapes,
  mlp,
  mlpShapes,
  rowsOf,
  within,
  type Equation,
  type Shapes,
  type Weights,
} from './equation.js';
import { attention, attentionShapes, overFields, pairsOf } from './products.js';

type Fields = readonly Tensor[];

/** From m fields of k numbers to `count(m)` fields of as many. */
interface Interaction {
  /** The block with its options filled in and a hole left. */
  readonly text: string;
  readonly block: string;
  readonly count: (m: number) => number;
  readonly weights: (m: number, k: number) => Shapes;
  readonly value: (x: Fields, k: number, weights: Weights) => Fields;
}

/** Σ_j W_ij x_j for each of `count` rows i */
const mixed = (W: Tensor, count: number, x: Fields, k: number): Fields =>
  list(count, (i) => vector(k, (a) => sum(x.length, (j) => W(i, j) * x[j]!(a))));

const dotFields = (count: number, units: readonly number[]): Interaction => ({
  text: `dot_fields(_, ${count}, [${units.join(', ')}])`,
  block: 'dot_fields',
  count: () => count,
  weights: (m, k) => {
    const pairs = (m * (m - 1)) / 2;
    return {
      ...shapesBelow('mlp', mlpShapes(pairs, units)),
      ...shapesBelow('linear', linearShapes(units.at(-1) ?? pairs, count * k)),
    };
  },
  value: (x, k, weights) => {
    const pairs = pairsOf(x.length);
    const products = vector(pairs.length, (at) => inner(k, x[pairs[at]![0]]!, x[pairs[at]![1]]!));
    const h = mlp(within(weights, 'mlp'), pairs.length, units, products);
    return rowsOf(count, k, linear(within(weights, 'linear'), units.at(-1) ?? pairs.length, count * k, h));
  },
});

const attentionFields = (count: number, heads: number): Interaction => ({
  text: `attention_fields(_, ${count}, heads: ${heads})`,
  block: 'attention_fields',
  count: () => count,
  weights: (m, k) => ({
    ...shapesBelow('autoint_layer', attentionShapes(k, heads, k / heads)),
    'linear_fields.weight': [count, m],
  }),
  value: (x, k, weights) =>
    mixed(weights('linear_fields.weight'), count, attention(within(weights, 'autoint_layer'), x, k, heads, k / heads), k),
});

const crossFields = (count: number): Interaction => ({
  text: `cross_fields(_, ${count})`,
  block: 'cross_fields',
  count: () => count,
  weights: (m, k) => ({ ...shapesBelow('linear', linearShapes(m * k, m * k)), 'linear_fields.weight': [count, m] }),
  value: (x, k, weights) => {
    const size = x.length * k;
    const all = flat(k, x);
    const z = linear(within(weights, 'linear'), size, size, all);
    return mixed(
      weights('linear_fields.weight'),
      count,
      rowsOf(
        x.length,
        k,
        vector(size, (i) => all(i) * z(i)),
      ),
      k,
    );
  },
});

const convolutionFields = (count: number, width: number): Interaction => ({
  text: `convolution_fields(_, ${count}, width: ${width})`,
  block: 'convolution_fields',
  count: () => count,
  weights: (m, k) => ({
    ...shapesBelow('linear', linearShapes(width * k, k)),
    'linear_fields.weight': [count, m - width + 1],
  }),
  value: (x, k, weights) => {
    const [W, b] = [weights('linear.weight'), weights('linear.bias')];
    const convolved = list(x.length - width + 1, (i) =>
      vector(k, (a) => Math.max(0, b(a) + sum(width, (w) => sum(k, (c) => W(a, w * k + c) * x[i + w]!(c))))),
    );
    return mixed(weights('linear_fields.weight'), count, convolved, k);
  },
});

const linearFields = (count: number): Interaction => ({
  text: `linear_fields(_, ${count})`,
  block: 'linear_fields',
  count: () => count,
  weights: (m) => ({ weight: [count, m] }),
  value: (x, k, weights) => mixed(weights('weight'), count, x, k),
});

/** How the interactions' fields are put together: how many there are, and what they are. */
interface Ensemble {
  readonly text: string;
  readonly count: (counts: readonly number[]) => number;
  readonly weights: (parts: number) => Shapes;
  readonly value: (parts: readonly Fields[], k: number, weights: Weights) => Fields;
}

const concatenated: Ensemble = {
  text: 'concat',
  count: (counts) => counts.reduce((a, b) => a + b, 0),
  weights: () => ({}),
  value: (parts) => parts.flat(),
};

const summed: Ensemble = {
  text: 'sum',
  count: ([first]) => first!,
  weights: () => ({}),
  value: (parts, k) => parts[0]!.map((_, i) => vector(k, (a) => parts.reduce((total, part) => total + part[i]!(a), 0))),
};

const weighted: Ensemble = {
  text: 'weighted_sum',
  count: ([first]) => first!,
  weights: (parts) => ({ 'weighted_sum.a': [parts] }),
  value: (parts, k, weights) =>
    summed.value(
      parts.map((part, p) => part.map((x) => vector(k, (a) => weights('weighted_sum.a')(p) * x(a)))),
      k,
      weights,
    ),
};

/** How many fields each layer starts with, and the last ends with. */
const countsOf = (n: number, interactions: readonly Interaction[], layers: number, ensemble: Ensemble): readonly number[] => {
  const counts = [n];
  for (let l = 0; l < layers; l++) counts.push(ensemble.count(interactions.map((f) => f.count(counts[l]!))));
  return counts;
};

const dhen = (interactions: readonly Interaction[], layers: number, ensemble: Ensemble, call?: (v: string) => string): Equation =>
  overFields({
    call: (_, v) => {
      const list = `[${interactions.map((f) => f.text).join(', ')}]`;
      return `flatten(${call?.(v) ?? `dhen(${v}, ${list}, layers: ${layers}, ensemble: ${ensemble.text})`})`;
    },
    weights: (_, n, k) => {
      const counts = countsOf(n, interactions, layers, ensemble);
      return Object.assign(
        {},
        ...counts
          .slice(0, -1)
          .flatMap((m, l): Shapes[] => [
            ...interactions.map((f, i) => shapesBelow(`dhen.${l}.${i}.${f.block}`, f.weights(m, k))),
            shapesBelow(`dhen.${l}`, ensemble.weights(interactions.length)),
            counts[l + 1] === m ? {} : { [`dhen.${l}.add_shortcut.linear_fields.weight`]: [counts[l + 1]!, m] },
            shapesBelow(`dhen.${l}.layer_norm`, layerNormShapes(k)),
          ]),
      ) as Shapes;
    },
    size: (_, n, k) => k * countsOf(n, interactions, layers, ensemble).at(-1)!,
    value: (v, k, weights) => {
      const counts = countsOf(v.length, interactions, layers, ensemble);
      let x: Fields = v;
      for (let l = 0; l < layers; l++) {
        const at = within(weights, `dhen.${l}`);
        const y = ensemble.value(
          interactions.map((f, i) => f.value(x, k, within(at, `${i}.${f.block}`))),
          k,
          at,
        );
        const skip = counts[l + 1] === x.length ? x : mixed(at('add_shortcut.linear_fields.weight'), y.length, x, k);
        x = y.map((row, i) =>
          layerNorm(
            within(at, 'layer_norm'),
            k,
            vector(k, (a) => row(a) + skip[i]!(a)),
          ),
        );
      }
      return flat(k, x);
    },
  });

/** An interaction alone, on n + 1 fields. */
const alone = (f: Interaction): Equation =>
  overFields({
    call: (_, v) => `flatten(${f.text.replace('_,', `${v},`)})`,
    weights: (_, n, k) => shapesBelow(f.block, f.weights(n, k)),
    size: (_, n, k) => k * f.count(n),
    value: (v, k, weights) => flat(k, f.value(v, k, within(weights, f.block))),
  });

/** Fields of 2 m numbers, so that they can be cut into two heads. */
const twoHeads: Equation = {
  widths: ({ m, n, d }) => ({ x0: (n + 1) * 2 * m, x: d }),
  call: ({ n }) => `flatten(attention_fields(unflatten(x0, ${n + 1}), 2))`,
  weights: ({ m, n }) => shapesBelow('attention_fields', attentionFields(2, 2).weights(n + 1, 2 * m)),
  size: ({ m }) => 4 * m,
  value: ({ m, n }, x0, _, weights) =>
    flat(2 * m, attentionFields(2, 2).value(rowsOf(n + 1, 2 * m, x0), 2 * m, within(weights, 'attention_fields'))),
};

export const dhens: Readonly<Record<string, Equation>> = {
  'attention_fields, 2 heads': twoHeads,
  'attention_fields, 1 head': alone(attentionFields(3, 1)),
  cross_fields: alone(crossFields(2)),
  'convolution_fields, width 1': alone(convolutionFields(2, 1)),
  'convolution_fields, width 2': alone(convolutionFields(3, 2)),
  'add_shortcut, linear': {
    widths: ({ m, n }) => ({ x0: (n + 2) * m, x: n * m }),
    call: ({ n }) => `flatten(add_shortcut(unflatten(x0, ${n + 2}), unflatten(x, ${n})))`,
    weights: ({ n }) => ({ 'add_shortcut.linear_fields.weight': [n + 2, n] }),
    size: ({ m, n }) => (n + 2) * m,
    value: ({ m, n }, x0, x, weights) => {
      const W = weights('add_shortcut.linear_fields.weight');
      return vector((n + 2) * m, (at) => x0(at) + sum(n, (j) => W(Math.floor(at / m), j) * x(j * m + (at % m))));
    },
  },
  'add_shortcut, identity': {
    widths: ({ m, n }) => ({ x0: n * m, x: n * m }),
    call: ({ n }) => `flatten(add_shortcut(unflatten(x0, ${n}), unflatten(x, ${n})))`,
    weights: () => ({}),
    size: ({ m, n }) => n * m,
    value: ({ m, n }, x0, x) => vector(n * m, (at) => x0(at) + x(at)),
  },
  weighted_sum: {
    widths: ({ m, n }) => ({ x0: n * m, x: n * m }),
    call: ({ n }) => `flatten(weighted_sum(unflatten(x0, ${n}), unflatten(x, ${n}), unflatten(x0 * x, ${n})))`,
    weights: () => ({ 'weighted_sum.a': [3] }),
    size: ({ m, n }) => n * m,
    value: ({ m, n }, x0, x, weights) => {
      const a = weights('weighted_sum.a');
      return vector(n * m, (at) => a(0) * x0(at) + a(1) * x(at) + a(2) * x0(at) * x(at));
    },
  },
  'dhen of one interaction': dhen([crossFields(2)], 2, concatenated, (v) => `dhen(${v}, [cross_fields(_, 2)])`),
  'dhen, concat': dhen([attentionFields(2, 1), crossFields(1), linearFields(2)], 2, concatenated),
  'dhen, sum': dhen([crossFields(3), convolutionFields(3, 2), linearFields(3)], 2, summed),
  'dhen, weighted_sum of 3 layers': dhen([linearFields(2), crossFields(2)], 3, weighted),
  dot_fields: alone(dotFields(2, [4])),
  'dot_fields without an mlp': alone(dotFields(3, [])),
  'dhen of all five interactions': dhen(
    [dotFields(2, [3]), attentionFields(1, 1), crossFields(1), convolutionFields(1, 2), linearFields(2)],
    2,
    concatenated,
  ),
};
