import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import type { Weight } from '../../src/model/network.js';
import { modelOf, parameters, weightsOf } from './support.js';

const withNetwork = (body: string, blocks = '', train = ''): string => `${blocks}
model M {
  features { user: number[4], movie: number[4] }
  label y: binary
  network { ${body} }
  train { ${train} }
}`;
const names = (body: string, blocks?: string): readonly string[] => weightsOf(modelOf(withNetwork(body, blocks)));
const weights = (body: string, blocks?: string, train?: string): Readonly<Record<string, Omit<Weight, 'span' | 'name'>>> =>
  Object.fromEntries(modelOf(withNetwork(body, blocks, train)).network.weights.map(({ span: _, name, ...rest }) => [name, rest]));

describe('the published counts', () => {
  test.each([
    ['blender', { BlenderCross: 16, BlenderDeep: 166_401 }],
    ['almonds', { AlmondsCross: 36, AlmondsDeep: 167_425 }],
  ])('%s', (file, wanted) => {
    const path = `specs/${file}.rec`;
    const { models } = check({ path, text: readFileSync(path, 'utf8') });
    expect(Object.fromEntries(models.map((m) => [m.name, parameters(m)]))).toEqual(wanted);
  });
});

describe('names', () => {
  test('are paths: the name in the network, blocks, turns, the name of its own', () => {
    expect(names('deep = mlp(user, [3, 2]) y = sum(deep)')).toEqual([
      'deep.0.linear.weight[3, 4]',
      'deep.0.linear.bias[3]',
      'deep.1.linear.weight[2, 3]',
      'deep.1.linear.bias[2]',
    ]);
    expect(names('c = cross(user, depth: 2) y = sum(c)')).toEqual([
      'c.0.cross_full.weight[4, 4]',
      'c.0.cross_full.bias[4]',
      'c.1.cross_full.weight[4, 4]',
      'c.1.cross_full.bias[4]',
    ]);
    expect(names('y = sum(cross_low_rank(user, user, rank: 1))')).toEqual([
      'y.cross_low_rank.U[4, 1]',
      'y.cross_low_rank.V[4, 1]',
      'y.cross_low_rank.bias[4]',
    ]);
  });

  test('leave the names of inputs and outputs to the graph', () => {
    expect(names('dense = linear(user, 2) table = linear(dense, 2) y = dot(weight[2], table)')).toEqual([
      'dense_2.weight[2, 4]',
      'dense_2.bias[2]',
      'table_2.weight[2, 2]',
      'table_2.bias[2]',
      'y.weight[2]',
    ]);
    const loss = 'deep = linear(user, 2) deep_2 = linear(deep, 2) loss = weight[2] y = dot(loss, deep_2)';
    expect(names(loss)).toContain('loss_2[2]');
  });

  test('number equal ones', () => {
    expect(names('y = linear(user, 1) + linear(movie, 1)')).toEqual([
      'y.linear.weight[1, 4]',
      'y.linear.bias[1]',
      'y.linear_2.weight[1, 4]',
      'y.linear_2.bias[1]',
    ]);
    expect(names('y = sum(gated_cross(user, user))')).toEqual([
      'y.gated_cross.weight[4, 4]',
      'y.gated_cross.bias[4]',
      'y.gated_cross.weight_2[4, 4]',
    ]);
  });

  test('take the name that a weight is assigned to', () => {
    expect(names('w = weight[4] y = dot(w, user) + sum(weight[4] * movie)')).toEqual(['w[4]', 'y.weight[4]']);
    expect(names('w = weight[4] w = w + weight[4] y = dot(w, user)')).toEqual(['w[4]', 'w.weight[4]']);
  });

  test('number elements of comprehensions and turns of loops', () => {
    expect(names('y = sum([linear(user, 1, use_bias: false) for i in 2])')).toEqual([
      'y.0.linear.weight[1, 4]',
      'y.1.linear.weight[1, 4]',
    ]);
    expect(names('h = user repeat 2 { w = weight[4] h = w * h } y = sum(h)')).toEqual(['w.0[4]', 'w.1[4]']);
  });

  test('are unique, whatever the names', () => {
    const body =
      'w_2 = weight[4] w = weight[4] w = w * weight[4] * w_2 a = linear(user, 4) a = linear(a, 4) a_2 = linear(a, 4) y = sum(a_2 * w)';
    const all = names(body);
    expect(new Set(all.map((n) => n.split('[')[0])).size).toBe(all.length);
    expect(all).toHaveLength(9);
  });

  test('do not move when another layer comes before them', () => {
    const before = names('deep = mlp(user, [3]) y = linear(deep, 1)');
    const after = names('more = linear(user, 4) deep = mlp(user * more, [3]) y = linear(deep, 1)');
    expect(after.filter((n) => !n.startsWith('more'))).toEqual(before);
  });
});

describe('initializers and l2', () => {
  test('a weight has the default of the train section, a bias zeros', () => {
    expect(weights('y = linear(user, 1)')).toEqual({
      'y.weight': { shape: [1, 4], isBias: false, initializer: { kind: 'glorot_uniform' } },
      'y.bias': { shape: [1], isBias: true, initializer: { kind: 'constant', value: 0 } },
    });
    expect(weights('y = linear(user, 1)', '', 'init: he_normal, l2: 1e-3')['y.weight']).toEqual({
      shape: [1, 4],
      isBias: false,
      initializer: { kind: 'he_normal' },
    });
  });

  test('its own options win', () => {
    expect(weights('y = sum(weight[4](init: normal(0, 0.1), l2: 1e-4) * user) + sum(bias[1](init: -1))')).toEqual({
      'y.weight': { shape: [4], isBias: false, initializer: { kind: 'normal', mean: 0, deviation: 0.1 }, l2: 1e-4 },
      'y.bias': { shape: [1], isBias: true, initializer: { kind: 'constant', value: -1 } },
    });
  });

  test('a call hands them to the weights within that do not say their own, and to no bias', () => {
    const m = weights('h = gated_cross(user, user, init: uniform(-1, 1), l2: 0.5) y = sum(mlp(h, [2], init: 0))');
    const uniform = { kind: 'uniform', low: -1, high: 1 };
    expect(m['h.weight']).toMatchObject({ initializer: uniform, l2: 0.5 });
    expect(m['h.weight_2']).toMatchObject({ initializer: uniform, l2: 0.5 });
    expect(m['h.bias']).toEqual({ shape: [4], isBias: true, initializer: { kind: 'uniform', low: 0, high: 1 } });
    expect(m['y.mlp.0.linear.weight']).toEqual({ shape: [2, 4], isBias: false, initializer: { kind: 'constant', value: 0 } });
  });

  test('through functions with holes, and the innermost wins', () => {
    expect(
      weights('y = sum(cross(user, depth: 1, layer: cross_low_rank(_, _, rank: 1, init: he_uniform), init: 0))'),
    ).toMatchObject({
      'y.cross.0.cross_low_rank.U': { initializer: { kind: 'he_uniform' } },
    });
    expect(weights('y = sum(cross_tfrs(user, user, init: 0))')['y.cross_tfrs.linear.weight']?.initializer).toEqual({
      kind: 'truncated_normal',
      mean: 0,
      deviation: 0.05,
    });
  });

  test("stand in the user's text, even of a library block", () => {
    const [first] = modelOf(withNetwork('y = sum(mlp(user, [2]))')).network.weights;
    expect(first?.span.source.path).toBe('spec.rec');
    expect(first?.span.source.text.slice(first.span.start, first.span.end)).toBe('mlp(user, [2])');
  });
});
