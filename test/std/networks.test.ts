import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { lowerStep } from '../../src/graph/lower.js';
import { forwardGraph, inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel } from '../../src/model/model.js';
import { modelOf } from '../model/support.js';
import { expectClose } from '../graph/numbers.js';
import { cross, layers } from './equations/cross.js';
import type { Equation, Sizes } from './equations/equation.js';
import { batchOf, logitsOf, meanLoss, predictions, type Task } from './losses.js';
import { weightShapes } from './models.js';
import {
  differences,
  joined,
  list,
  randomNumbers,
  sum,
  tensor,
  vector,
  type Numbers,
  type Shape,
  type Tensor,
} from './tensors.js';

const ROWS = 4;
const FILMS = 5;
const GENRES = 3;
/** Sizes of the features' vectors, in the order of the spec. */
const widths = { film: 3, seen: 3, genres: 2, age: 1, title: 2 };
const d = Object.values(widths).reduce((a, b) => a + b, 0);

const ids = { film: [4, 0, 2, 4], seen: [[4, 1], [], [2, 2, 0], [3]], genres: [[0, 1, 2], [1], [], [2, 2]] };
const offsets = (bags: readonly (readonly number[])[]) => list(ROWS + 1, (row) => bags.slice(0, row).flat().length);
const indices = {
  'ids.film': ids.film,
  'ids.seen': ids.seen.flat(),
  'offsets.seen': offsets(ids.seen),
  'ids.genres': ids.genres.flat(),
  'offsets.genres': offsets(ids.genres),
};
const given: Readonly<Record<string, Shape>> = {
  'table.films': [FILMS, 3],
  'table.genres': [GENRES, 2],
  'dense.age': [ROWS, 1],
  'dense.title': [ROWS, 2],
};

interface Structure {
  readonly depth: number;
  readonly heads: number;
  /** The layer, by the keys of the short form. */
  readonly keys: (typeof kinds)[number]['keys'];
  readonly layer: Equation;
  readonly place: 'cross' | 'stacked' | 'parallel';
  readonly task: Task;
}

const kinds = [
  { keys: 'kind: v1', layer: layers.cross_v1 },
  { keys: 'kind: full', layer: layers.cross_full },
  { keys: 'kind: gated', layer: layers.gated_cross },
  { keys: 'kind: tfrs', layer: layers.cross_tfrs },
  { keys: 'rank: 2', layer: layers.cross_low_rank },
  { keys: 'rank: 2, experts: 3', layer: layers['cross_experts, softmax'] },
  { keys: 'rank: 2, experts: 3, activation: tanh', layer: layers['cross_mix, softmax of tanh'] },
] as const;

const sizes: Sizes = { d, rank: 2, experts: 3, m: 4, n: 3 };

const modelFor = ({ depth, heads, keys, place, task }: Structure): CheckedModel =>
  modelOf(`model M {
    features {
      film: category(size: ${FILMS})
      seen: category[](size: ${FILMS}, pool: mean)
      genres: category[](size: ${GENRES}, pool: sum)
      age: number
      title: number[2]
    }
    label y: ${task}
    embeddings { films: { dim: 3, features: [film, seen] }, genres: { dim: 2 } }
    cross { depth: ${depth}, heads: ${heads}, ${keys} }
    ${place === 'cross' ? '' : `deep { units: [${sizes.m}], activation: tanh } combine: ${place}`}
  }`);

/** The vector of each feature of one row, by the meaning of tables and pooling. */
function vectorsOf(numbers: Numbers, row: number): Readonly<Record<keyof typeof widths, Tensor>> {
  const films = tensor(given['table.films']!, numbers['table.films']!);
  const genres = tensor(given['table.genres']!, numbers['table.genres']!);
  const seen = ids.seen[row]!;
  const pooled = (table: Tensor, bag: readonly number[], k: number) => sum(bag.length, (i) => table(bag[i]!, k));
  return {
    film: vector(3, (k) => films(ids.film[row]!, k)),
    seen: vector(3, (k) => (seen.length === 0 ? 0 : pooled(films, seen, k) / seen.length)),
    genres: vector(2, (k) => pooled(genres, ids.genres[row]!, k)),
    age: vector(1, () => tensor([ROWS, 1], numbers['dense.age']!)(row, 0)),
    title: vector(2, (k) => tensor([ROWS, 2], numbers['dense.title']!)(row, k)),
  };
}

/** The logits of one row: several cross networks and a deep one, stacked or side by side. */
function logitsOfRow(structure: Structure, shapes: Readonly<Record<string, Shape>>, numbers: Numbers, row: number): Tensor {
  const { depth, heads, layer, place, task } = structure;
  const weight = (name: string): Tensor => tensor(shapes[name]!, numbers[name]!);
  const dense = (name: string, n: number, units: number, x: Tensor): Tensor => {
    const [W, b] = [weight(`${name}.weight`), weight(`${name}.bias`)];
    return vector(units, (i) => sum(n, (j) => W(i, j) * x(j)) + b(i));
  };
  const vectors = vectorsOf(numbers, row);
  const x0 = joined(Object.entries(widths).map(([name, width]) => [width, vectors[name as keyof typeof widths]])).x;
  const network = cross(depth, layer);
  const head = (h: number): Tensor =>
    network.value(sizes, x0, x0, (name) => weight(heads === 1 ? `cross.${name}` : `cross.${h}.cross.${name}`));
  const crossed = joined(list(heads, (h) => [d, head(h)]));
  const deep = (n: number, x: Tensor): Tensor => {
    const h = dense('deep.0.linear', n, sizes.m, x);
    return vector(sizes.m, (i) => Math.tanh(h(i)));
  };
  const top = {
    cross: () => crossed,
    stacked: () => ({ size: sizes.m, x: deep(crossed.size, crossed.x) }),
    parallel: () =>
      joined([
        [crossed.size, crossed.x],
        [sizes.m, deep(d, x0)],
      ]),
  }[place]();
  return dense('y', top.size, logitsOf[task], top.x);
}

const structures: fc.Arbitrary<Structure> = fc
  .record({
    depth: fc.integer({ min: 0, max: 3 }),
    heads: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom(...kinds),
    place: fc.constantFrom('cross', 'stacked', 'parallel'),
    task: fc.constantFrom<Task>('binary', 'number', 'class(3)'),
  })
  .map(({ kind, ...rest }) => ({ ...rest, ...kind }));

describe('a model with a table that a category and a bag share, another bag, numbers and vectors', () => {
  test('is its equations, with the tables in the graph and without', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(structures, fc.nat(1000), (structure, seed) => {
        const model = modelFor(structure);
        const shapes = weightShapes(model);
        const numbers = randomNumbers({ ...given, ...shapes }, seed);
        const rows = list(ROWS, (row) => logitsOfRow(structure, shapes, numbers, row));
        const logits = rows.flatMap((z) => list(logitsOf[structure.task], z));
        const predicted = rows.flatMap(predictions[structure.task]);
        const pooled = Object.fromEntries(
          (['film', 'seen', 'genres'] as const).map((name) => [
            `rows.${name}`,
            list(ROWS, (row) => list(widths[name], vectorsOf(numbers, row)[name])).flat(),
          ]),
        );
        const [whole, cut] = [forwardGraph(model), inferenceGraph(model)];
        for (const results of [
          interpret(whole, { ...numbers, ...indices }, ROWS),
          interpret(cut.graph, { ...numbers, ...pooled }, ROWS),
        ]) {
          expectClose(results['logit.y']?.data ?? [], logits, 1e-12);
          expectClose(results['prediction.y']?.data ?? [], predicted, 1e-12);
        }
        expect(cut.sites).toEqual([
          { name: 'film', feature: 'film', table: 'films', dim: 3, form: 'row' },
          { name: 'seen', feature: 'seen', table: 'films', dim: 3, form: 'mean' },
          { name: 'genres', feature: 'genres', table: 'genres', dim: 2, form: 'sum' },
        ]);
      }),
      { seed: 5, numRuns: 20 },
    );
  });

  test.each<Structure>([
    { ...kinds[1], depth: 2, heads: 2, place: 'stacked', task: 'binary' },
    { ...kinds[6], depth: 1, heads: 1, place: 'parallel', task: 'class(3)' },
    { ...kinds[0], depth: 3, heads: 1, place: 'cross', task: 'number' },
    { ...kinds[4], depth: 0, heads: 2, place: 'parallel', task: 'binary' },
  ])('its tables have the gradients of the equations: depth $depth, $heads heads, $keys, $place, $task', (structure) => {
    const { task } = structure;
    const model = modelFor(structure);
    const shapes = weightShapes(model);
    const at = randomNumbers({ ...given, ...shapes }, 4);
    const loss = (numbers: Numbers) => meanLoss(task, (row) => logitsOfRow(structure, shapes, numbers, row));
    const results = interpret(lowerStep(model), { ...at, ...indices, ...batchOf(task) }, ROWS);
    expectClose(results.loss?.data ?? [], [loss(at)], 1e-12);
    for (const name of ['table.films', 'table.genres', 'y.weight', 'y.bias']) {
      expectClose(results[`gradient.${name}`]?.data ?? [], differences(at, name, loss), 1e-7);
    }
  });
});

test('a depth of 0 makes no layer, and each layer more its own weights', () => {
  const count = (depth: number) =>
    stepGraph(modelFor({ ...kinds[1], depth, heads: 1, place: 'cross', task: 'number' })).parameters.length;
  expect([0, 1, 2, 3].map(count)).toEqual([2, 4, 6, 8]);
});
