import { describe, expect, test } from 'vitest';
import { modelOf } from '../model/support.js';
import { linear, mlp, within } from './equations/equation.js';
import { joined, list, sum, tensor, vector, type Numbers, type Shape, type Tensor } from './tensors.js';
import { bags, expectWhole, rowOf, ROWS } from './whole.js';

const ids = { film: [4, 0, 2, 4], kind: [1, 1, 0, 1], both: [10, 3, 3, 0] };
const seen = [[4, 1], [], [2, 2, 0], [3]];
const genres = [[0, 1, 2], [1], [], [2, 2]];
const fixed = {
  ...Object.fromEntries(Object.entries(ids).map(([name, of]) => [`ids.${name}`, of])),
  ...bags('seen', seen),
  ...bags('genres', genres),
};
const features = `features {
  film: category(size: 5)
  kind: category(size: 2)
  both: category(cross: [film, kind], hash: 11)
  seen: category[](size: 5, pool: mean)
  genres: category[](size: 3, pool: sum)
  age: number
  title: number[2]
  at: time(cycle: [day])
}`;
const modelWith = (network: string) =>
  modelOf(`model M { ${features} label y: number embeddings { dim: 2 } network { ${network} } }`);

const pooled = (table: Tensor, bag: readonly number[]): number => sum(bag.length, (i) => table(bag[i]!, 0));

describe('wide and logistic_regression', () => {
  const of = 'film, both, seen, genres, age, title, at';
  const block = (name: 'wide' | 'logistic_regression') => {
    const place = name === 'wide' ? 'y' : 'y.wide';
    const shapes: Record<string, Shape> = {
      [`table.${place}.0.embed`]: [5, 1],
      [`table.${place}.1.embed`]: [11, 1],
      [`table.${place}.2.embed`]: [5, 1],
      [`table.${place}.3.embed`]: [3, 1],
      [`${place}.4.embed`]: [1],
      [`${place}.5.embed`]: [1, 2],
      [`${place}.6.embed`]: [1, 2],
      'dense.age': [ROWS, 1],
      'dense.title': [ROWS, 2],
      'dense.at': [ROWS, 2],
      ...(name === 'wide' ? {} : { [`${place}.bias`]: [1] }),
    };
    const logits = (numbers: Numbers) =>
      list(ROWS, (row) => {
        const at = (key: string): Tensor => tensor(shapes[key]!, numbers[key]!);
        const table = (i: number): Tensor => at(`table.${place}.${i}.embed`);
        const bag = seen[row]!;
        return (
          table(0)(ids.film[row]!, 0) +
          table(1)(ids.both[row]!, 0) +
          (bag.length === 0 ? 0 : pooled(table(2), bag) / bag.length) +
          pooled(table(3), genres[row]!) +
          at(`${place}.4.embed`)(0) * at('dense.age')(row, 0) +
          sum(2, (i) => at(`${place}.5.embed`)(0, i) * at('dense.title')(row, i)) +
          sum(2, (i) => at(`${place}.6.embed`)(0, i) * at('dense.at')(row, i)) +
          (name === 'wide' ? 0 : at(`${place}.bias`)(0))
        );
      });
    return { shapes, logits };
  };

  test.each(['wide', 'logistic_regression'] as const)('%s', (name) => {
    const { shapes, logits } = block(name);
    expectWhole({ model: modelWith(`y = ${name}(${of})`), fixed, shapes, logits });
  });

  test('start at 0', () => {
    const { tables, network } = modelWith(`y = logistic_regression(${of})`);
    expect([...tables, ...network.weights].map((one) => one.initializer)).toEqual(
      list(8, () => ({ kind: 'constant', value: 0 })),
    );
  });

  test('take a list of features', () => {
    expect(modelWith('y = wide(categories)').tables).toHaveLength(5);
    expect(modelWith('y = wide(features, use_bias: true)').network.weights.map((w) => w.name)).toContain('y.bias');
  });
});

describe('neumf', () => {
  const [size, deep, units] = [2, 3, [4, 2]];
  const shapes: Record<string, Shape> = {
    'table.y.embed': [5, deep],
    'table.y.embed_2': [2, deep],
    'table.y.embed_3': [5, size],
    'table.y.embed_4': [2, size],
    'y.mlp.0.linear.weight': [4, 2 * deep],
    'y.mlp.0.linear.bias': [4],
    'y.mlp.1.linear.weight': [2, 4],
    'y.mlp.1.linear.bias': [2],
    'y.linear.weight': [1, size + 2],
    'y.linear.bias': [1],
  };

  test('is its equation', () => {
    const logits = (numbers: Numbers) =>
      list(ROWS, (row) => {
        const at = (key: string): Tensor => tensor(shapes[key]!, numbers[key]!);
        const below = within(at, 'y');
        const [film, kind] = [ids.film[row]!, ids.kind[row]!];
        const both = joined([
          [deep, rowOf(at('table.y.embed'), film, deep)],
          [deep, rowOf(at('table.y.embed_2'), kind, deep)],
        ]);
        const product = vector(size, (a) => at('table.y.embed_3')(film, a) * at('table.y.embed_4')(kind, a));
        const top = joined([
          [size, product],
          [2, mlp(within(below, 'mlp'), 2 * deep, units, both.x)],
        ]);
        return linear(within(below, 'linear'), top.size, 1, top.x)(0);
      });
    expectWhole({ model: modelWith('y = neumf(film, kind, size: 2, deep_size: 3, units: [4, 2])'), fixed, shapes, logits });
  });
});
