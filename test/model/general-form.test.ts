import { describe, expect, test } from 'vitest';
import type { CheckedModel } from '../../src/model/model.js';
import type { TensorNode } from '../../src/model/network.js';
import { check } from '../../src/model/check.js';
import { optimizerOfWeight } from '../../src/model/optimizers.js';
import { expectAlone, found, modelOf, spec, weightsOf, type Wrong } from './support.js';

const features = `user: category, movie: category, genres: category[], price: number, seen: time(cycle: day), title: number[6]
  history: category[](vocabulary: movie, max_length: 5), when: category[](size: 24, max_length: 5, parallel: history)`;
const withNetwork = (body: string, blocks = '', rest = ''): string => `${blocks}
model M {
  features { ${features} }
  label y: binary
  embeddings { dim: 4, movies: { features: [movie, history] } }
  network { ${body} }
  ${rest}
}`;
const built = (body: string, blocks?: string, rest?: string): CheckedModel => modelOf(withNetwork(body, blocks, rest));
const kinds = (model: CheckedModel): readonly TensorNode['kind'][] => model.network.nodes.map((n) => n.kind);
const nodesOf = <K extends TensorNode['kind']>(model: CheckedModel, kind: K): readonly Extract<TensorNode, { kind: K }>[] =>
  model.network.nodes.filter((n): n is Extract<TensorNode, { kind: K }> => n.kind === kind);
const last = ({ network }: CheckedModel): TensorNode | undefined => network.nodes[network.logits[0]?.node ?? -1];

describe('embed', () => {
  test('gives a category a table of its own, named by its path', () => {
    const model = built('y = sum([embed(f, 1, init: 0) for f in [user, movie]]) + sum(user)');
    expect(model.tables.map(({ name, dim, features: of, initializer }) => [name, dim, of, initializer])).toEqual([
      ['user', 4, ['user'], { kind: 'uniform', low: -0.05, high: 0.05 }],
      ['y.0.embed', 1, ['user'], { kind: 'constant', value: 0 }],
      ['y.1.embed', 1, ['movie'], { kind: 'constant', value: 0 }],
    ]);
    expect(model.network.sites.map(({ name, feature, table, form }) => [name, feature, table, form])).toEqual([
      ['y.0.embed', 'user', 'y.0.embed', 'row'],
      ['y.1.embed', 'movie', 'y.1.embed', 'row'],
      ['user', 'user', 'user', 'row'],
    ]);
    expect(model.tables[1]?.rows).toEqual({ kind: 'vocabulary', name: 'user' });
  });

  test('two of one feature are two tables', () => {
    expect(built('a = embed(user, 3) b = embed(user, 3) y = dot(a, b)').tables.map(({ name }) => name)).toEqual([
      'a.embed',
      'b.embed',
    ]);
    expect(built('y = dot(embed(user, 3), embed(user, 3))').tables.map(({ name }) => name)).toEqual(['y.embed', 'y.embed_2']);
  });

  test('pools several values as the feature says', () => {
    expect(built('y = sum(embed(genres, 3))').network.sites).toMatchObject([{ form: 'mean', dim: 3 }]);
  });

  test('gives numbers vectors and matrices', () => {
    const model = built('y = sum(embed(price, 3)) + sum(embed(title, 2)) + sum(embed(seen, 5))');
    expect(weightsOf(model)).toEqual(['y.embed[3]', 'y.embed_2[2, 6]', 'y.embed_3[5, 2]']);
  });

  test('takes the options of the calls around it', () => {
    const block = 'block wide(f: feature[]) -> scalar { return sum([embed(x, 1) for x in f]) }';
    expect(built('y = sums(user, init: 3, l2: 0.5)', block.replace('wide', 'sums')).tables).toMatchObject([
      { name: 'y.0.embed', initializer: { kind: 'constant', value: 3 }, l2: 0.5 },
    ]);
  });
});

test('a number listed in embeddings is itself times a vector', () => {
  const text = (more: string): string =>
    `model M { features { a: number, b: number } label y: number embeddings { dim: 3, a: { ${more} } } network { y = sum(a) + b } }`;
  expect(weightsOf(modelOf(text('')))).toEqual(['embeddings.a[3]']);
  expect(weightsOf(modelOf(text('dim: 7, l2: 2')))).toEqual(['embeddings.a[7]']);
  expect(modelOf(text('l2: 2, init: 1')).network.weights).toMatchObject([{ l2: 2, initializer: { kind: 'constant', value: 1 } }]);
});

describe('sequences', () => {
  test('are rows of the table of the feature, with a ragged axis', () => {
    const model = built('y = sum(sum[t](sequence(history)[t]))');
    expect(model.network.sites).toEqual([
      { name: 'history.sequence', feature: 'history', table: 'movies', dim: 4, form: 'sequence', length: 5 },
    ]);
    expect(nodesOf(model, 'lookup')[0]?.shape).toEqual([{ ragged: 'sequence', feature: 'history', length: 5 }, 4]);
    expect(model.features.map(({ name }) => name)).toEqual(['movie', 'history']);
  });

  test('bind names to sizes that equal themselves only', () => {
    const block = 'block pooled(s: sequence[n, k], w: vector[n]) -> vector[k] { return sum[t](w[t] * s[t]) }';
    const weights = (of: string): string => `w[t] = sum(sequence(${of})[t]) y = sum(pooled(sequence(history), w))`;
    expect(last(built(weights('history'), block))?.shape).toEqual([]);
    expect(last(built(weights('when'), block))?.shape).toEqual([]);
    const other = features.replace('genres: category[]', 'genres: category[](max_length: 5)');
    expect(found(withNetwork(weights('genres'), block).replace(features, other))).toContain('size-mismatch «w»');
  });

  test('of parallel features share an index', () => {
    const model = built('y = sum(sum[t](sequence(history)[t] * sequence(when)[t]))');
    expect(new Set(nodesOf(model, 'lift').map(({ index }) => index.id)).size).toBe(1);
  });

  test('a feature read only beside another is one of the model with it', () => {
    expect(built('y = sum(sum[t](sequence(when)[t]))').features.map(({ name }) => name)).toEqual(['movie', 'history', 'when']);
  });
});

describe('share', () => {
  test('makes weights once', () => {
    const model = built('f = share(linear(_, 3)) y = dot(f(user), f(movie))');
    expect(weightsOf(model)).toEqual(['y.linear.weight[3, 4]', 'y.linear.bias[3]']);
  });

  test('in every turn of a loop', () => {
    const twice = (f: string): number => built(`f = ${f} h = user repeat 3 { h = f(h) } y = sum(h)`).network.weights.length;
    expect([twice('linear(_, 4)'), twice('share(linear(_, 4))')]).toEqual([6, 2]);
  });

  test('of tables and several layers', () => {
    const block = 'block tower(f: feature) -> vector[2] { return mlp(embed(f, 3), [2, 2]) }';
    const model = built('g = share(tower) y = dot(g(user), g(user))', block);
    expect(model.tables.map(({ name }) => name)).toEqual(['y.tower.embed']);
    expect(model.network.weights).toHaveLength(4);
  });

  test('wants the sizes of the first call', () => {
    expect(found(withNetwork('f = share(linear(_, 3)) y = dot(f(user), f(title))'))).toContain('size-mismatch «f(title)»');
  });
});

describe('by row', () => {
  test.each([
    ['where(price > 0, user, movie)', 'where'],
    ['where(price == sum(user), 1, 0)', 'where'],
    ['user >= movie', 'compare'],
  ])('%s', (expression, kind) => {
    expect(kinds(built(`y = sum(${expression})`))).toContain(kind);
  });

  test('code is a scalar', () => {
    expect(last(built('y = code(user)'))).toMatchObject({ kind: 'code', feature: 'user', shape: [] });
  });

  test('pairs are in row order', () => {
    const at = (options: string): readonly (readonly number[])[] =>
      nodesOf(built(`p, q = pairs(fields(user, movie, genres)${options}) y = sum(p) + sum(q)`), 'take').map((n) => n.at);
    expect(at('')).toEqual([
      [1, 2, 2],
      [0, 0, 1],
    ]);
    expect(at(', self: true')).toEqual([
      [0, 1, 1, 2, 2, 2],
      [0, 0, 1, 0, 1, 2],
    ]);
  });
});

describe('batch norm', () => {
  test('has two states and, unless told otherwise, two weights', () => {
    const model = built('y = sum(mlp(user, [3], norm: batch_norm))');
    expect(model.network.states.map(({ name, shape, initial }) => [name, shape, initial])).toEqual([
      ['y.mlp.0.batch_norm.mean', [3], 0],
      ['y.mlp.0.batch_norm.variance', [3], 1],
    ]);
    expect(weightsOf(model).slice(2)).toEqual(['y.mlp.0.batch_norm.scale[3]', 'y.mlp.0.batch_norm.shift[3]']);
    expect(weightsOf(built('y = sum(batch_norm(user, affine: false))'))).toEqual([]);
  });
});

describe('losses', () => {
  const towers = `u = linear(user, 3) i = linear(movie, 3) y = dot(u, i)
    I = batch(i) s[r] = where(batch(code(movie))[r] == code(movie), -1e9, dot(u, I[r]))
    y.loss = target(y) * softplus(log_sum_exp(s) - y - log_frequency(movie))`;

  test('may depend on the answer, the batch and frequencies', () => {
    const { network, features: used } = built(towers);
    expect(network.logits[0]?.loss).toBeDefined();
    expect(used.map(({ name }) => name)).toEqual(['user', 'movie']);
  });

  test.each([
    ['y = linear(user, 1) + target(y)', 'loss-only «target(y)»'],
    ['x = batch(user) y = sum[r](sum(x[r])) + price', 'loss-only «batch(user)»'],
    ['y = log_frequency(user)', 'loss-only «log_frequency(user)»'],
  ])('logits may not: %s', (body, wanted) => {
    expect(found(withNetwork(body))).toContain(wanted);
  });

  test('are not measured on validation rows', () => {
    const text = (key: string): readonly string[] => found(withNetwork(towers, '', `train { monitor: ${key} }`));
    expect(text('loss')).toContain('wrong-value «loss»');
    expect(text('auc')).not.toContain('wrong-value «auc»');
  });
});

describe('outputs', () => {
  test('keep what no label depends on', () => {
    const model = built('u = linear(user, 3) y = sum(movie)', '', 'outputs: [u, y]');
    expect(model.outputs).toEqual(['u', 'y']);
    expect(model.network.outputs.map(({ name }) => name)).toEqual(['u']);
    expect(weightsOf(model)).toEqual(['u.weight[3, 4]', 'u.bias[3]']);
  });

  test('are the labels unless they are listed', () => {
    const model = built('u = linear(user, 3) y = sum(movie)');
    expect([model.outputs, weightsOf(model)]).toEqual([['y'], []]);
  });
});

test('frozen tables are marked, and have no l2', () => {
  const tables = (body: string) =>
    built(body)
      .tables.filter(({ frozen }) => frozen)
      .map(({ name, l2 }) => [name, l2]);
  expect(tables('y = sum(embed(user, 8, frozen: true, l2: 1))')).toEqual([['y.embed', 0]]);
  expect(tables('y = sum(embed(user, 8, frozen: false))')).toEqual([]);
  expect(built('y = sum(embed(price, 8, frozen: true))').network.weights).toMatchObject([{ frozen: true }]);
});

test('frozen weights are marked', () => {
  const frozen = built('y = linear(linear(user, 3, frozen: true), 1)').network.weights.map((w) => w.frozen ?? false);
  expect(frozen).toEqual([true, true, false, false]);
  expect(built('w = weight[4](frozen: true) y = dot(w, user)').network.weights[0]?.frozen).toBe(true);
});

const wrong: readonly Wrong[] = [
  ['y = sum(embed(4, 3))', 'wrong-operand «4»', /`embed` wants a feature, not 4/],
  ['y = sum(embed(user, 0))', 'out-of-range «0»', /`size` of `embed`/],
  ['y = sum(embed(user))', 'missing-argument «embed(user)»', /needs `size`/],
  ['y = sum(sequence(user))', 'wrong-operand «user»', /`sequence` wants a `category\[\]`, not `user`/],
  ['y = sum(sequence(price))', 'wrong-operand «price»', /wants a category, not `price`, a number/],
  ['y = sum(sequence(genres))', 'missing-key «genres»', /needs `max_length`/],
  [
    'y = sum(flatten(sequence(history)))',
    'ragged-axis «flatten(sequence(history))»',
    /`flatten` cannot take sequence\[of history, 4\]/,
  ],
  ['y = sum(sequence(history)[0])', 'ragged-axis «0»', /a subscript that is no index/],
  ['y = sum(sequence(history)[..2])', 'ragged-axis «..2»', /a subscript that is no index/],
  [
    'y = sum(concat(sequence(history), sequence(history)))',
    'ragged-axis «concat(sequence(history), sequence(history))»',
    /`concat`/,
  ],
  [
    'y = sum(stack(sequence(history), sequence(history)))',
    'ragged-axis «stack(sequence(history), sequence(history))»',
    /after the first/,
  ],
  ['y = sum(linear(user, len(sequence(history))))', 'ragged-axis «len(sequence(history))»', /`len`/],
  ['y = sum(sequence(history) @ user)', 'ragged-axis «sequence(history) @ user»', /`@`/],
  ['y = sum(fields(user, movie) + sequence(history))', 'shape-mismatch «+»', /sequence\[of history, 4\]/],
  ['y = sum(share(3)(user))', 'wrong-operand «3»', /`share` wants a function/],
  ['f = share(batch_norm) y = sum(f(user)) + sum(f(movie))', 'not-yet «f(movie)»', /in a function that is shared/],
  ['y = code(genres)', 'wrong-operand «genres»', /one value, not `genres`/],
  ['y = linear(user, 1) y.loss = target(z)', 'wrong-operand «z»', /the name of a label, not `z`/],
  ['y = linear(user, 1) z.loss = target(y)', 'wrong-operand «z»', /`.loss` wants a label/],
  ['y = linear(user, 1) y.lose = target(y)', 'unknown-name «lose»', /`.lose`/],
  ['y = linear(user, 1) y.loss = user * target(y)', 'label-shape «user * target(y)»', /a scalar for each row/],
  ['y = linear(user, 1) y.loss = 3', 'label-shape «3»', /the same for every row/],
  ['y = linear(user, 1) y.loss = target(y) y.loss = target(y)', 'duplicate-name «y»', /two losses called `y.loss`/],
  ['y = sum(pairs(fields(user))[0])', 'wrong-operand «fields(user)»', /at least two rows/],
  ['y = sum(where(true, user, movie))', 'wrong-operand «true»', /a condition that differs by row/],
  ['y = sum(where(user, movie, title))', 'shape-mismatch «where(user, movie, title)»', /`where` cannot take/],
  ['y = sum(user == title)', 'shape-mismatch «==»', /`==` cannot take/],
  ['y = sum(batch_norm(weight[3]))', 'wrong-operand «weight[3]»', /differs by row/],
  ['y = sum(batch_norm(user, momentum: 1))', 'out-of-range «1»', /`momentum` of `batch_norm`/],
  ['y = sum(batch_norm(user, affine: 1))', 'wrong-operand «1»', /`true` or `false`/],
];

test.each(wrong)('%s', (body, wanted, message) => {
  expectAlone((part) => withNetwork(`${part} unused = concat(features)`, '', 'outputs: [unused, y]'), [body, wanted, message]);
});

test.each([
  ['outputs: [z]', 'unknown-name «z»'],
  ['outputs: [w]', 'wrong-operand «w»'],
  ['outputs: [s]', 'ragged-axis «s»'],
  ['outputs: [y, y]', 'duplicate-name «y»'],
  ['outputs: []', 'wrong-value «[]»'],
])('%s', (outputs, wanted) => {
  expect(found(withNetwork('w = weight[3] s = sequence(history) y = linear(user, 1)', '', outputs))).toContain(wanted);
});

test('an argument that a list took is told to say its name', () => {
  const block = 'block tower(f: feature[], units: int[]) -> vector[_] { return mlp(concat([embed(x, 3) for x in f]), units) }';
  const { diagnostics } = check(spec(withNetwork('y = sum(tower(user, [8]))', block)));
  expect(diagnostics[0]?.help).toBe('`f` takes every argument without a name; the others are named: `units: …`');
});

test('a size is asked for only where the vector of the feature is', () => {
  const text = (body: string): string =>
    `model M { features { a: category, b: category[] } label y: binary network { ${body} } }`;
  expect(found(text('y = wide(a, b) + code(a)'))).toEqual([]);
  expect(found(text('y = wide(a, b) + sum(b)'))).toEqual(['missing-dim «b»']);
});

describe('weights are named by what the network calls them', () => {
  test('again and again, and in loops', () => {
    expect(weightsOf(built('h = linear(user, 2) h = linear(h, 2) y = sum(h)'))).toEqual([
      'h.weight[2, 4]',
      'h.bias[2]',
      'h.weight_2[2, 2]',
      'h.bias_2[2]',
    ]);
    expect(weightsOf(built('h = user repeat 2 { h = relu(linear(h, 2, use_bias: false)) } w = weight[2] y = dot(h, w)'))).toEqual(
      ['h.0.linear.weight[2, 4]', 'h.1.linear.weight[2, 2]', 'w[2]'],
    );
  });

  test.each(['h', 'output', 'embeddings_3'])('so that an optimizer finds them: %s', (name) => {
    const body = `${name} = user repeat 2 { ${name} = linear(${name}, 2) } y = sum(${name})`;
    const { train, network } = built(body, '', `train { optimizer: { ${name}: sgd, rest: adam } }`);
    expect(network.weights.map((w) => optimizerOfWeight(train.optimizer, w.name).rule)).toEqual(['sgd', 'sgd', 'sgd', 'sgd']);
  });
});

test('a table is shared only by features that number their values alike', () => {
  const body = (other: string): string => `e = share(embed(_, 3)) y = dot(e(movie), e(${other}))`;
  expect(found(withNetwork(body('user')))).toContain('unlike-codes «e(user)»');
  expect(found(withNetwork(body('history'))).filter((one) => one.startsWith('unlike'))).toEqual([]);
});

describe('one table, shared', () => {
  const text = (body: string): string =>
    `model M { features { u: category, v: category(vocabulary: u), w: category(vocabulary: u), m: category, n: number }
      label y: binary network { e = share(embed(_, 4)) ${body} } }`;
  const sitesOf = (body: string): readonly string[] =>
    modelOf(text(body)).network.sites.map(({ feature, table, dim }) => `${feature} in ${table}, ${String(dim)}`);

  test('is read for each feature', () => {
    expect(sitesOf('p = e(u) q = e(v) r = e(w) s = e(v) y = sum(p) + sum(q) + sum(r) + sum(s)')).toEqual([
      'u in p.embed, 4',
      'v in p.embed, 4',
      'w in p.embed, 4',
    ]);
  });

  test('and other tables beside it are their own', () => {
    expect(sitesOf('p = concat(e(u), embed(m, 8)) q = e(v) y = sum(p) + sum(q)')).toEqual([
      'u in p.embed, 4',
      'm in p.embed_2, 8',
      'v in p.embed, 4',
    ]);
  });

  test.each([
    ['y = sum(e(u)) + sum(e(n))', 'wrong-operand «e(n)»'],
    ['y = sum(e(n)) + sum(e(u))', 'wrong-operand «e(u)»'],
  ])('cannot be a vector too: %s', (body, wanted) => {
    expect(found(text(body))).toContain(wanted);
  });
});

describe('what is made of a sequence differs by row', () => {
  test('even how long it is', () => {
    const model = built('k = sum[t](sum(ones(sequence(history)[t]))) y = k');
    expect(last(model)?.rows).toBe(true);
    expect(model.features.map(({ name }) => name)).toContain('history');
  });

  test('and the shares of its places', () => {
    const model = built('h = sequence(history) w[t] = 0 * sum(h[t]) s = softmax(w) y = sum[t](s[t] * sum(h[t]))');
    expect(nodesOf(model, 'softmax')[0]?.rows).toBe(true);
    expect(last(built('y = sum[t](sequence(history)[t][0] * softmax[t](1))'))?.rows).toBe(true);
  });
});

test.each([
  ['y = linear(user, 1) * log(0)', 'out-of-range «log(0)»', 'this is a finite number, not -Infinity'],
  ['y = linear(user, 1) * sqrt(-1)', 'out-of-range «sqrt(-1)»', 'this is a finite number, not NaN'],
  ['y = linear(user, 1, l2: exp(1000))', 'out-of-range «exp(1000)»', 'this is a finite number, not Infinity'],
  ['y = linear(user, 1) / 0', 'out-of-range «0»', 'a divisor is a number other than 0, not 0'],
  ['y = linear(user, 1, init: uniform(1, 0))', 'out-of-range «uniform(1, 0)»', '`uniform` is a range that rises, not 1 to 0'],
  ['y = linear(user, 1, init: normal(0, -1))', 'out-of-range «normal(0, -1)»', '`normal` is with a deviation ≥ 0, not -1'],
  [
    'h = sequence(history) n[t, r] = sum(h[t] * h[r]) y = sum(n)',
    'ragged-axis «n[t, r] = sum(h[t] * h[r])»',
    'an axis after the first cannot take a length that differs: only the first can',
  ],
  [
    'h = sequence(history) y = sum(stack[t](softmax[t](1) * h[t][0]))',
    'index-without-range «softmax[t](1)»',
    'nothing here has `t` as a subscript, so it has no range',
  ],
  [
    'y = linear(user, 1) y.loss = sum[t](sum[r](sum(batch(sequence(history)[t])[r])))',
    'wrong-operand «sequence(history)[t]»',
    '`batch` wants one value a row, not the values of a sequence, under `t`',
  ],
])('%s', (body, wanted, message) => {
  const { diagnostics } = check(spec(withNetwork(body)));
  const at = found(withNetwork(body)).indexOf(wanted);
  expect(found(withNetwork(body))).toContain(wanted);
  expect(diagnostics[at]?.message).toBe(message);
});

test('a code tells no more rows apart than a float can', () => {
  const text = (hash: string): string =>
    `model M { features { u: category(hash: ${hash}), n: number } label y: binary network { y = linear(n, 1) + code(u) } }`;
  expect(found(text('16_777_216'))).toEqual([]);
  expect(found(text('16_777_217'))).toEqual(['too-large «code(u)»']);
});

test('an output that nothing trains is warned of', () => {
  expect(found(withNetwork('u = linear(user, 3) y = sum(movie)', '', 'outputs: [u, y]'))).toContain('untrained-output «user»');
  expect(found(withNetwork('u = linear(user, 3) y = sum(u)', '', 'outputs: [u, y]'))).not.toContain('untrained-output «user»');
});

test('a million pairs, again and again, are refused before the machine is full', () => {
  const body = 'w = weight[900, 1] repeat 500 { p, q = pairs(w) } y = sum(p) + price';
  expect(found(withNetwork(body))).toContain('too-large «pairs(w)»');
});

test('the largest of many numbers is found', () => {
  const body = 'a = [0 for i in 15_000] b = a + a c = b + b y = linear(user, 1) + max(c)';
  expect(found(withNetwork(body)).filter((one) => !one.startsWith('unused'))).toEqual([]);
});
