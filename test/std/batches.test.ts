import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { expectClose } from '../graph/numbers.js';
import { modelOf } from '../model/support.js';
import { functions, linear, softmax, within, type Shapes, type Weights } from './equations/equation.js';
import { batchOf, meanLoss, rowWeights } from './losses.js';
import { differences, inner, list, randomNumbers, sigmoid, sum, tensor, vector, type Numbers, type Tensor } from './tensors.js';

const ROWS = rowWeights.length;
/** Rows of weight 0 are padding: in no statistic. */
const present = list(ROWS, (row) => row).filter((row) => rowWeights[row]! > 0);

/** A batch of values of d numbers; undefined where there is none. */
type Batch = readonly (Tensor | undefined)[];

interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Mean and variance of each element over all that are there. */
function statisticsOf(batch: Batch, d: number): Statistics {
  const all = batch.filter((x) => x !== undefined);
  const mean = vector(d, (i) => sum(all.length, (r) => all[r]!(i)) / all.length);
  return { mean, variance: vector(d, (i) => sum(all.length, (r) => (all[r]!(i) - mean(i)) ** 2) / all.length) };
}

const standardized = (x: Tensor, d: number, { mean, variance }: Statistics, epsilon: number): Tensor =>
  vector(d, (i) => (x(i) - mean(i)) / Math.sqrt(variance(i) + epsilon));

/** p x + (1 - p) α x, p = σ((x - μ) / √(σ² + ε)) */
const dice = (weights: Weights, x: Tensor, d: number, of: Statistics): Tensor => {
  const z = standardized(x, d, of, 1e-8);
  return vector(d, (i) => {
    const p = sigmoid(z(i));
    return p * x(i) + (1 - p) * weights('weight')(i) * x(i);
  });
};

interface Case {
  readonly network: string;
  /** Inputs and weights, by the names of the cut graph. */
  readonly shapes: Shapes;
  readonly states: readonly { readonly name: string; readonly size: number }[];
  /** What has no gradient: masks. */
  readonly fixed?: Readonly<Record<string, readonly number[]>>;
  /** The logit of every row, given what each batch norm, in order, should take for statistics. */
  readonly logits: (weights: Weights, norm: (site: number, batch: Batch, d: number) => Statistics) => readonly number[];
}

const features = `features {
  x: number[3]
  film: category(size: 7)
  seen: category[](size: 7, max_length: 3)
} embeddings { films: { dim: 2, features: [film, seen] } }`;

/** Rows with three, no, one and two films. */
const counts = [3, 0, 1, 2];
const places = counts.flatMap((count) => list(3, (t) => (t < count ? 1 : 0)));

const mlpNorm: Case = {
  network: 'y = linear(mlp(x, [4, 2], norm: batch_norm), 1)',
  shapes: {
    'dense.x': [ROWS, 3],
    'y.mlp.0.linear.weight': [4, 3],
    'y.mlp.0.linear.bias': [4],
    'y.mlp.0.batch_norm.scale': [4],
    'y.mlp.0.batch_norm.shift': [4],
    'y.mlp.1.linear.weight': [2, 4],
    'y.mlp.1.linear.bias': [2],
    'y.mlp.1.batch_norm.scale': [2],
    'y.mlp.1.batch_norm.shift': [2],
    'y.weight': [1, 2],
    'y.bias': [1],
  },
  states: [
    { name: 'y.mlp.0.batch_norm', size: 4 },
    { name: 'y.mlp.1.batch_norm', size: 2 },
  ],
  logits: (weights, norm) => {
    let h: readonly Tensor[] = list(ROWS, (row) => vector(3, (i) => weights('dense.x')(row, i)));
    for (const [l, d, units] of [
      [0, 3, 4],
      [1, 4, 2],
    ] as const) {
      const z = h.map((x) => linear(within(weights, `y.mlp.${l}.linear`), d, units, x));
      const of = norm(
        l,
        z.map((x, row) => (rowWeights[row]! > 0 ? x : undefined)),
        units,
      );
      const [scale, shift] = [weights(`y.mlp.${l}.batch_norm.scale`), weights(`y.mlp.${l}.batch_norm.shift`)];
      h = z.map((x) => {
        const s = standardized(x, units, of, 1e-5);
        return vector(units, (i) => functions.relu!(scale(i) * s(i) + shift(i)));
      });
    }
    return h.map((x) => linear(within(weights, 'y'), 2, 1, x)(0));
  },
};

const diceAlone: Case = {
  network: 'y = sum(dice(x))',
  shapes: { 'dense.x': [ROWS, 3], 'y.dice.weight': [3] },
  states: [{ name: 'y.dice.batch_norm', size: 3 }],
  logits: (weights, norm) => {
    const x = list(ROWS, (row) => vector(3, (i) => weights('dense.x')(row, i)));
    const of = norm(
      0,
      x.map((one, row) => (rowWeights[row]! > 0 ? one : undefined)),
      3,
    );
    return x.map((one) => sum(3, dice(within(weights, 'y.dice'), one, 3, of)));
  },
};

const dinShapes = (units: number): Shapes => ({
  'rows.film': [ROWS, 2],
  'rows.seen.sequence': [ROWS, 3, 2],
  'h.mlp.0.linear.weight': [units, 8],
  'h.mlp.0.linear.bias': [units],
  'h.linear.weight': [1, units],
  'h.linear.bias': [1],
  'y.weight': [1, 2],
  'y.bias': [1],
});

/** Σ_t a(h_t, c) h_t over the places that a row has */
function dinLogits(
  weights: Weights,
  units: number,
  activate: (z: readonly (readonly Tensor[])[]) => readonly (readonly Tensor[])[],
  normalized = false,
): readonly number[] {
  const history = counts.map((count, row) => list(count, (t) => vector(2, (a) => weights('rows.seen.sequence')(row, t, a))));
  const candidate = list(ROWS, (row) => vector(2, (a) => weights('rows.film')(row, a)));
  const hidden = history.map((h, row) =>
    h.map((film) => {
      const c = candidate[row]!;
      const input = [film(0), film(1), c(0), c(1), film(0) - c(0), film(1) - c(1), film(0) * c(0), film(1) * c(1)];
      return linear(within(weights, 'h.mlp.0.linear'), 8, units, tensor([8], input));
    }),
  );
  const activated = activate(hidden);
  return history.map((h, row) => {
    const scores = vector(h.length, (t) => linear(within(weights, 'h.linear'), units, 1, activated[row]![t]!)(0));
    const share = normalized && h.length > 0 ? softmax(h.length, scores) : scores;
    const interest = vector(2, (a) => sum(h.length, (t) => share(t) * h[t]!(a)));
    return linear(within(weights, 'y'), 2, 1, interest)(0);
  });
}

const din: Case = {
  network: 'h = din(film, sequence(seen), [4]) y = linear(h, 1)',
  shapes: { ...dinShapes(4), 'h.mlp.0.dice.weight': [4] },
  states: [{ name: 'h.mlp.0.dice.batch_norm', size: 4 }],
  fixed: { 'mask.seen': places },
  logits: (weights, norm) =>
    dinLogits(weights, 4, (z) => {
      const of = norm(
        0,
        z.flatMap((films, row) => (rowWeights[row]! > 0 ? films : [])),
        4,
      );
      return z.map((films) => films.map((film) => dice(within(weights, 'h.mlp.0.dice'), film, 4, of)));
    }),
};

const dinSoftmax: Case = {
  network: 'h = din(film, sequence(seen), [3], activation: tanh, normalized: true) y = linear(h, 1)',
  shapes: dinShapes(3),
  states: [],
  fixed: { 'mask.seen': places },
  logits: (weights) => dinLogits(weights, 3, (z) => z.map((films) => films.map((x) => vector(3, (i) => Math.tanh(x(i))))), true),
};

const cases: Readonly<Record<string, Case>> = {
  'mlp with batch_norm': mlpNorm,
  dice: diceAlone,
  din,
  'din, normalized': dinSoftmax,
};

const momentum = 0.9;

describe.each(Object.entries(cases))('%s', (_, { network, shapes, states, fixed = {}, logits }) => {
  const model = modelOf(`model M { ${features} label y: number network { ${network} } }`);
  const stateShapes = Object.fromEntries(
    states.flatMap(({ name, size }) => ['mean', 'variance'].map((of) => [`${name}.${of}`, [size]])),
  );
  const at = randomNumbers({ ...shapes, ...stateShapes }, 21);
  for (const { name } of states) at[`${name}.variance`]!.forEach((v, i, all) => (all[i] = v * v + 0.5));
  const weightsOf =
    (numbers: Numbers): Weights =>
    (name) =>
      tensor(shapes[name]!, numbers[name]!);
  const stored = (site: number, of: 'mean' | 'variance'): Tensor => {
    const { name, size } = states[site]!;
    return tensor([size], at[`${name}.${of}`]!);
  };
  const training = (numbers: Numbers) => logits(weightsOf(numbers), (_site, batch, d) => statisticsOf(batch, d));

  test('makes the weights and states of its equation', () => {
    const inputs = Object.keys(shapes).filter((name) => !/^(dense|rows)\./.test(name));
    expect(model.network.weights.map((w) => w.name).sort()).toEqual(inputs.sort());
    expect(model.network.states.map((state) => state.name).sort()).toEqual(Object.keys(stateShapes).sort());
  });

  test('afterwards is its equation with the statistics that were kept', () => {
    const wanted = logits(weightsOf(at), (site) => ({ mean: stored(site, 'mean'), variance: stored(site, 'variance') }));
    expectClose(interpret(inferenceGraph(model).graph, { ...at, ...fixed }, ROWS)['logit.y']?.data ?? [], wanted, 1e-11);
  });

  test('while training is its equation with those of the batch, with its gradients', () => {
    const loss = (numbers: Numbers) => {
      const z = training(numbers);
      return meanLoss('number', (row) => vector(1, () => z[row]!));
    };
    const results = interpret(stepGraph(model).graph, { ...at, ...fixed, ...batchOf('number') }, ROWS);
    const wanted = training(at);
    expectClose(
      present.map((row) => results['logit.y']!.data[row]!),
      present.map((row) => wanted[row]!),
      1e-11,
    );
    expectClose(results.loss?.data ?? [], [loss(at)], 1e-11);
    for (const name of Object.keys(shapes).filter((one) => !one.startsWith('dense.')))
      expectClose(results[`gradient.${name}`]?.data ?? [], differences(at, name, loss), 1e-6);
  });

  test('moves its states towards the statistics of the batch', () => {
    const seen: Statistics[] = [];
    logits(weightsOf(at), (site, batch, d) => (seen[site] = statisticsOf(batch, d)));
    const results = interpret(stepGraph(model).graph, { ...at, ...fixed, ...batchOf('number') }, ROWS);
    states.forEach(({ name, size }, site) => {
      for (const of of ['mean', 'variance'] as const) {
        const next = list(size, (i) => momentum * stored(site, of)(i) + (1 - momentum) * seen[site]![of](i));
        expectClose(results[`state.${name}.${of}`]?.data ?? [], next, 1e-11);
      }
    });
  });
});

describe('places that a row does not have', () => {
  test.each(['din', 'din, normalized'])('%s: change nothing and have no gradient', (name) => {
    const { network, shapes, states } = cases[name]!;
    const model = modelOf(`model M { ${features} label y: number network { ${network} } }`);
    const all = { ...shapes, ...Object.fromEntries(states.map((s) => [`${s.name}.mean`, [s.size]])) };
    const at = {
      ...randomNumbers(all, 5),
      ...Object.fromEntries(states.map((s) => [`${s.name}.variance`, new Float64Array(s.size).fill(1)])),
    };
    const padded = at['rows.seen.sequence']!.map((v, i) => (places[Math.floor(i / 2)] === 1 ? v : 1e3 - i));
    const run = (rows: Float64Array) =>
      interpret(stepGraph(model).graph, { ...at, 'rows.seen.sequence': rows, 'mask.seen': places, ...batchOf('number') }, ROWS);
    const [one, other] = [run(at['rows.seen.sequence']!), run(padded)];
    for (const [output, { data }] of Object.entries(one)) expectClose(other[output]?.data ?? [], data, 1e-12);
    other['gradient.rows.seen.sequence']!.data.forEach((g, i) => {
      if (places[Math.floor(i / 2)] === 0) expect(Math.abs(g)).toBe(0);
    });
  });
});

describe('in_batch_softmax', () => {
  const d = 3;
  const codes = [2, 0, 2, 5];
  const shares = [0.25, 0.125, 0.25, 0.05].map(Math.log);
  const shapes: Shapes = { 'dense.u': [ROWS, d], 'dense.v': [ROWS, d], 'user.weight': [d, d], 'item.weight': [d, d] };

  test.each([
    ['dot', 1, codes],
    ['cosine', 0.5, codes],
    ['dot', 0.25, [1, 1, 1, 0]],
  ] as const)('%s, temperature %d, items %j', (similarity, temperature, items) => {
    const model = modelOf(`model M {
      features { u: number[${d}], v: number[${d}], film: category(size: 7) }
      label y: binary
      embeddings { dim: 2 }
      network {
        user = linear(u, ${d}, use_bias: false)
        item = linear(v, ${d}, use_bias: false)
        y = match(user, item, ${similarity}, temperature: ${temperature})
        y.loss = target(y) * in_batch_softmax(user, item, film, ${similarity}, temperature: ${temperature})
      }
    }`);
    const at = randomNumbers(shapes, 9);
    const fixed = { 'code.film': items, 'frequency.film': shares, ...batchOf('binary') };

    const score = (numbers: Numbers) => {
      const weights = (name: string) => tensor(shapes[name]!, numbers[name]!);
      const tower = (name: 'user' | 'item', input: string) =>
        list(ROWS, (row) => {
          const h = linear(
            within(weights, name),
            d,
            d,
            vector(d, (i) => weights(input)(row, i)),
            false,
          );
          const length = similarity === 'dot' ? 1 : Math.hypot(...list(d, (i) => h(i)));
          return vector(d, (i) => h(i) / length);
        });
      const [users, films] = [tower('user', 'dense.u'), tower('item', 'dense.v')];
      return (row: number, other: number) => inner(d, users[row]!, films[other]!) / temperature;
    };
    /** -log of the share of the row's own item among it and the other items of the batch. */
    const loss = (numbers: Numbers) => {
      const s = score(numbers);
      const ofRow = (row: number) => {
        const own = Math.exp(s(row, row) - shares[row]!);
        let others = 0;
        for (const other of present) if (items[other] !== items[row]) others += Math.exp(s(row, other) - shares[other]!);
        return -Math.log(own / (own + others));
      };
      const labels = batchOf('binary')['label.y'];
      return (
        present.reduce((total, row) => total + rowWeights[row]! * labels[row]! * ofRow(row), 0) / sum(ROWS, (r) => rowWeights[r]!)
      );
    };
    const results = interpret(stepGraph(model).graph, { ...at, ...fixed }, ROWS);
    const s = score(at);
    expectClose(
      results['logit.y']?.data ?? [],
      list(ROWS, (row) => s(row, row)),
      1e-11,
    );
    expectClose(results.loss?.data ?? [], [loss(at)], 1e-11);
    for (const name of ['user.weight', 'item.weight'])
      expectClose(results[`gradient.${name}`]?.data ?? [], differences(at, name, loss), 1e-7);
    expect(stepGraph(model).isRowLocal).toBe(false);
  });
});
