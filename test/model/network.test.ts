import { describe, expect, test } from 'vitest';
import type { CheckedModel } from '../../src/model/model.js';
import type { Size, TensorNode } from '../../src/model/network.js';
import { expectAlone, found, modelOf, parameters, weightsOf, type Wrong } from './support.js';

const features =
  'user: category, movie: category, genres: category[], price: number, seen: time(cycle: [day, week]), title: number[6]';
const withNetwork = (body: string, blocks = ''): string => `${blocks}
model M {
  features { ${features} }
  label y: binary
  embeddings { dim: 4 }
  network { ${body} }
}`;
const built = (body: string, blocks?: string): CheckedModel => modelOf(withNetwork(body, blocks));
/** Shape of what the network calls `x`. */
function shapeOf(expression: string, blocks?: string): readonly Size[] | undefined {
  const { network } = built(`x = 1 * (${expression}) y = sum(x) + price`, blocks);
  const x = network.named.find((n) => n.name === 'x');
  return x && network.nodes[x.node]?.shape;
}
const kinds = (model: CheckedModel): readonly TensorNode['kind'][] => model.network.nodes.map((n) => n.kind);

describe('features are vectors', () => {
  test.each([
    ['user', 4],
    ['genres', 4],
    ['price', 1],
    ['seen', 4],
    ['title', 6],
  ])('%s', (name, size) => {
    expect(shapeOf(`relu(${name})`)).toEqual([size]);
  });

  test('and lists of them are given', () => {
    expect(shapeOf('concat(features)')).toEqual([4 + 4 + 4 + 1 + 4 + 6]);
    expect(shapeOf('concat(categories)')).toEqual([12]);
    expect(shapeOf('concat(numbers)')).toEqual([11]);
    expect(shapeOf('concat(numbers, user, [movie, price])')).toEqual([20]);
    expect(shapeOf('fields(categories)')).toEqual([3, 4]);
  });

  test('a feature wins over a list of its name, a name of the network does not', () => {
    const text =
      'model M { features { numbers: number, b: number } label y: binary network { y = linear(numbers, 1) + linear(b, 1) } }';
    expect(parameters(modelOf(text))).toBe(4);
    expect(parameters(built('numbers = price y = linear(numbers, 1)'))).toBe(2);
  });
});

describe('shapes', () => {
  test.each<readonly [string, readonly number[]]>([
    ['linear(user, 3)', [3]],
    ['linear(x: user, units: 3, use_bias: false)', [3]],
    ['mlp(user, [8, 5])', [5]],
    ['mlp(concat(features), units: [8], activation: tanh, dropout: 0.5)', [8]],
    ['dot(user, movie)', []],
    ['fields(user, movie)', [2, 4]],
    ['flatten(fields(user, movie, genres))', [12]],
    ['unflatten(title, 2)', [2, 3]],
    ['stack(user, movie)', [2, 4]],
    ['concat(user, price)', [5]],
    ['concat(fields(user, movie), fields(genres))', [3, 4]],
    ['user * movie', [4]],
    ['user * price', [4]],
    ['price * price', [1]],
    ['2 * user - 1', [4]],
    ['user / 2', [4]],
    ['-user', [4]],
    ['weight[3, 4] @ user', [3]],
    ['weight[4, 3].T @ user', [3]],
    ['weight[2, 3] @ weight[3, 4] @ user', [2]],
    ['weight[4, 2] @ weight[4, 2].T @ user', [4]],
    ['weight[5, 4] @ fields(user, movie, genres).T', [5, 3]],
    ['title[2]', []],
    ['title[1..4]', [3]],
    ['title[..4]', [4]],
    ['title[4..]', [2]],
    ['fields(user, movie)[1]', [4]],
    ['fields(user, movie)[1, 2]', []],
    ['sum(user)', []],
    ['mean(fields(user, movie))', []],
    ['max(user, movie)', [4]],
    ['max(user, 0)', [4]],
    ['sum([user, movie, genres])', [4]],
    ['softmax(user)', [4]],
    ['log_sum_exp(title)', []],
    ['dropout(user, 0.5)', [4]],
    ['ones(title) * title', [6]],
    ['identity(user)', [4]],
    ['exp(log(sqrt(abs(sigmoid(tanh(relu(softplus(user))))))))', [4]],
    ['[user, title][1]', [6]],
    ['([user, movie] + [title])[2]', [6]],
    ['concat([user, movie, title][1..])', [10]],
    ['linear(user, len([1, 2, 3]))', [3]],
    ['linear(user, len(title))', [6]],
    ['linear(user, floor(7 / 2) + ceil(0.2) + round(1.5))', [6]],
    ['linear(user, 7 % 4)', [3]],
    ['if 3 > 2 then user else title', [4]],
    ['if not (3 > 2) or false then user else title', [6]],
    ['concat([linear(user, n + 1) for n in 3])', [6]],
    ['concat([relu(f) for f in [user, title]])', [10]],
  ])('%s', (expression, shape) => {
    expect(shapeOf(expression)).toEqual(shape);
  });
});

describe('indices', () => {
  const v = 'fields(user, movie, genres)';
  test.each<readonly [string, readonly number[]]>([
    ['sum[i](title[i] * title[i])', []],
    ['stack[i](2 * title[i])', [6]],
    [`sum[i](${v}[i])`, [4]],
    [`mean[i](${v}[i])`, [4]],
    [`max[i](${v}[i])`, [4]],
    [`min[i](${v}[i])`, [4]],
    [`log_sum_exp[i](title[i])`, []],
    [`stack[i](linear(${v}[i], 7))`, [3, 7]],
    [`concat[i](linear(${v}[i], 7))`, [21]],
    [`stack[i](stack[j](dot(${v}[i], ${v}[j])))`, [3, 3]],
    [`stack[i, j](title[i] * user[j])`, [6, 4]],
    [`sum[i, j](title[i] * user[j])`, []],
    [`sum[i](stack[j](title[i] * user[j]))`, [4]],
    [`stack[i](sum[j](weight[3, 3][i, j] * ${v}[j]))`, [3, 4]],
    [`stack[i](softmax[i](title[i]))`, [6]],
    [`sum[i](softmax[i](title[i]) * title[i])`, []],
    [`stack[i](${v}[i, 0])`, [3]],
    [`stack[i](title[i])`, [6]],
    [`sum[e](weight[5, 2, 4][e] @ user)`, [2]],
  ])('%s', (expression, shape) => {
    expect(shapeOf(expression)).toEqual(shape);
  });

  test('y[i, j] = e stacks', () => {
    const { network } = built(`v = ${v} a[i, j] = dot(v[i], v[j]) b[i] = softmax[i](sum[j](a[i, j])) y = sum(b)`);
    const shape = (name: string) => network.nodes[network.named.find((n) => n.name === name)?.node ?? -1]?.shape;
    expect([shape('a'), shape('b')]).toEqual([[3, 3], [3]]);
  });

  test('weights made inside do not depend on the index, in a comprehension they do', () => {
    expect(weightsOf(built(`v = ${v} x = stack[i](linear(v[i], 2)) y = sum(x)`))).toEqual([
      'x.linear.weight[2, 4]',
      'x.linear.bias[2]',
    ]);
    expect(parameters(built(`v = ${v} x = stack([linear(v[i], 2) for i in 3]) y = sum(x)`))).toBe(3 * 10);
  });

  test('an index is not a row of its tensor', () => {
    const node = built(`y = sum[i](title[i] * title[i])`).network.nodes.find((n) => n.kind === 'lift');
    expect(node).toMatchObject({ shape: [], rows: true, indices: [{ name: 'i', size: 6 }] });
  });
});

describe('sizes are matched at the call', () => {
  const bilinear =
    'block bilinear(a: vector[m], b: vector[n], k: int = m + n) -> vector[k] { return weight[k, m] @ a + weight[k, n] @ b }';
  test('names take what they meet', () => {
    expect(shapeOf('bilinear(user, title)', bilinear)).toEqual([10]);
    expect(shapeOf('bilinear(user, title, 3)', bilinear)).toEqual([3]);
    expect(shapeOf('bilinear(b: user, a: price)', bilinear)).toEqual([5]);
  });

  test('expressions are computed and compared', () => {
    const flat = 'block flat(v: fields[n, k]) -> vector[n * k] { return flatten(v) }';
    expect(shapeOf('flat(fields(user, movie))', flat)).toEqual([8]);
    const half = 'block half(x: vector[d], y: vector[d / 2]) -> vector[_] { return concat(x, y) }';
    expect(shapeOf('half(user, linear(price, 2))', half)).toEqual([6]);
    expect(found(withNetwork('y = sum(half(user, title))', half))).toEqual(['size-mismatch «title»']);
    expect(found(withNetwork('y = sum(half(price, title))', half))).toEqual(['not-whole «d / 2»']);
  });

  test('scalar and vector[1] stand for each other', () => {
    const blocks = 'block s(x: scalar) -> vector[1] { return x } block v(x: vector[d]) -> scalar { return x * d }';
    expect(shapeOf('s(price)', blocks)).toEqual([1]);
    expect(shapeOf('v(sum(user))', blocks)).toEqual([]);
    expect(shapeOf('v(3) * user', blocks)).toEqual([4]);
  });

  test('lists take their elements by position', () => {
    const blocks = 'block total(v: vector[k][], scale: float = 1) -> vector[k] { return scale * sum(v) }';
    expect(shapeOf('total(user, movie)', blocks)).toEqual([4]);
    expect(shapeOf('total([user, movie], scale: 0.5)', blocks)).toEqual([4]);
    expect(shapeOf('total(v: [user, movie])', blocks)).toEqual([4]);
    expect(found(withNetwork('y = sum(total(user, title))', blocks))).toEqual(['unequal-embedding-dims «user»']);
  });

  test('features, lists of them and flags are passed on', () => {
    const blocks = `block pick(f: feature[], second: bool = false) -> vector[_] { return if second then f[1] else f[0] }
      block one(f: feature) -> vector[_] { return relu(f) }`;
    expect(shapeOf('pick(user, title)', blocks)).toEqual([4]);
    expect(shapeOf('pick(user, title, second: true)', blocks)).toEqual([6]);
    expect(shapeOf('one(title)', blocks)).toEqual([6]);
  });

  test('a default may use what stands before it', () => {
    const blocks = 'block up(x: vector[d], to: int = 2 * d, f: function = linear(_, to)) -> vector[to] { return f(x) }';
    expect(shapeOf('up(user)', blocks)).toEqual([8]);
    expect(shapeOf('up(user, 3)', blocks)).toEqual([3]);
    expect(shapeOf('up(user, 8, mlp(_, [2, 8]))', blocks)).toEqual([8]);
  });
});

describe('functions with holes', () => {
  test('are called with what was left out', () => {
    const blocks = 'block twice(x: vector[d], f: function) -> vector[_] { return f(f(x)) }';
    expect(shapeOf('twice(user, linear(_, 3))', blocks)).toEqual([3]);
    expect(shapeOf('twice(user, linear(x: _, units: 5))', blocks)).toEqual([5]);
    expect(shapeOf('twice(user, relu)', blocks)).toEqual([4]);
  });

  test('evaluate their other arguments once, and make weights at each call', () => {
    const blocks = 'block twice(x: vector[d], f: function) -> vector[_] { return f(f(x)) }';
    expect(weightsOf(built('y = sum(twice(user, linear(_, 4, use_bias: false)))', blocks))).toEqual([
      'y.twice.linear.weight[4, 4]',
      'y.twice.linear_2.weight[4, 4]',
    ]);
    expect(parameters(built('w = weight[4] y = sum(twice(user, max(_, w)))', blocks))).toBe(4);
  });

  test('may have holes filled by holes', () => {
    const blocks = 'block apply(a: vector[d], b: vector[d], f: function) -> vector[_] { return f(a, b) }';
    expect(shapeOf('apply(user, movie, cross_low_rank(_, _, rank: 1))', blocks)).toEqual([4]);
    expect(shapeOf('apply(user, movie, cross_low_rank(x: _, x0: _, rank: 1))', blocks)).toEqual([4]);
  });

  test('are values', () => {
    expect(built('f = linear(_, 3) g = mlp(_, [2]) y = sum(f(user)) + sum(g(title))').network.weights).toHaveLength(4);
  });
});

describe('loops', () => {
  test('repeat unrolls, and a name may change its shape', () => {
    expect(weightsOf(built('h = user repeat 2 { h = linear(h, len(h) + 1, use_bias: false) } y = sum(h)'))).toEqual([
      'h.0.weight[5, 4]',
      'h.1.weight[6, 5]',
    ]);
    expect(parameters(built('h = user repeat 0 { h = linear(h, 9) } y = sum(h)'))).toBe(0);
  });

  test('for runs over a list or a count', () => {
    expect(parameters(built('h = user for u in [8, 2] { h = linear(h, u) } y = sum(h)'))).toBe(8 * 4 + 8 + 2 * 8 + 2);
    expect(parameters(built('h = user for n in 3 { h = linear(h, n + 1) } y = sum(h)'))).toBe(5 + 4 + 9);
    expect(
      built('h = 0 * user for f in [user, movie] { h = h + f } y = sum(h)').network.nodes.filter((n) => n.kind === 'lookup'),
    ).toHaveLength(2);
  });

  test('a name of a loop ends with its braces', () => {
    expect(found(withNetwork('repeat 2 { z = user } y = sum(z)'))).toEqual(['unknown-name «z»']);
    expect(parameters(built('h = price repeat 2 { z = linear(h, 1) h = z } y = h'))).toBe(4);
  });

  test('a list is taken apart', () => {
    expect(parameters(built('a, b = [user, title] y = linear(a, 1) + linear(b, 1)'))).toBe(5 + 7);
  });
});

describe('blocks that never end', () => {
  test('reach themselves directly, through another, or as a function', () => {
    const a = 'block a(x: vector[d]) -> vector[d] { return b(x) } block b(x: vector[d]) -> vector[d] { return a(x) }';
    expect(found(withNetwork('y = sum(a(user))', a))).toEqual(['recursion «a(x)»']);
    const f = 'block f(x: vector[d], g: function) -> vector[_] { return g(x, g) }';
    expect(found(withNetwork('y = sum(f(user, f))', f))).toEqual(['recursion «g(x, g)»']);
  });

  test('a block that nobody calls may', () => {
    expect(built('y = price', 'block a(x: vector[d]) -> vector[d] { return a(x) }').network.weights).toEqual([]);
  });

  test('each costs calls', () => {
    const double = Array.from(
      { length: 18 },
      (_, i) => `block b${i}(x: vector[d]) -> vector[d] { return ${i === 0 ? 'x' : `b${i - 1}(b${i - 1}(x))`} }`,
    );
    expect(found(withNetwork('y = sum(b17(user))', double.join(' ')))).toEqual([expect.stringMatching(/^too-many-calls /)]);
  });

  test('lists that grow without end are too large', () => {
    expect(found(withNetwork('x = [price] repeat 60 { x = x + x } y = sum(x)'))).toEqual(['too-large «x + x»']);
    expect(found(withNetwork('x = [price] repeat 20_000 { x = x + [price] } y = sum(x)'))).toEqual(['too-large «x + [price]»']);
  });

  test('functions of functions are too deep', () => {
    expect(found(withNetwork('f = max(_, 1) repeat 900 { f = f(_) } y = f(price)'))).toEqual(['nesting-too-deep «f(_)»']);
  });
});

describe('scopes', () => {
  test('before ( a name is a function first, elsewhere a value', () => {
    const text =
      'model M { features { sum: number, relu: number } label y: binary network { cross = concat(sum, relu) cross = cross(cross) dropout = 0.5 y = sum(dropout(relu(cross), dropout)) } }';
    expect(modelOf(text).network.weights).toHaveLength(4);
  });

  test('a block sees no features', () => {
    expect(found(withNetwork('y = sum(b(user))', 'block b(x: vector[d]) -> vector[d] { return x * price }'))).toEqual([
      'unknown-name «price»',
    ]);
  });

  test('the names of the network are kept for reports', () => {
    const { network } = built('a = relu(user) b = dot(a, movie) unused = linear(title, 3) y = b');
    expect(network.named.map((n) => n.name)).toEqual(['a', 'b', 'y']);
    expect(network.logits).toHaveLength(1);
  });
});

describe('what no label depends on is not made', () => {
  test('weights, features and tables', () => {
    const m = built('u = linear(movie, 8) v = linear(u, 9) y = linear(user, 1)');
    expect(weightsOf(m)).toEqual(['y.weight[1, 4]', 'y.bias[1]']);
    expect(m.features.map((f) => f.name)).toEqual(['user']);
    expect(m.tables.map((t) => t.name)).toEqual(['user']);
    expect(m.network.nodes.every((n, i) => n.id === i)).toBe(true);
  });

  test('nodes stand in topological order', () => {
    const { network } = built(`v = fields(user, movie) y = sum(cross(flatten(v), depth: 3))`);
    for (const node of network.nodes) {
      for (const key of ['x', 'a', 'b'] as const)
        if (key in node) expect((node as unknown as Record<string, number>)[key]).toBeLessThan(node.id);
    }
  });

  test('dropout of 0 and identity leave no node', () => {
    expect(kinds(built('y = sum(dropout(identity(user), 0))'))).toEqual(['lookup', 'reduce']);
  });
});

const wrong: readonly Wrong[] = [
  ['y = price(3)', 'not-a-function «price»', /`price` cannot be called/],
  ['y = sum(user) + [1]', 'wrong-operand «[1]»', /a tensor, not a list of 1/],
  ['y = sum(user + title)', 'shape-mismatch «+»', /`user` \(vector\[4\]\) and `title` \(vector\[6\]\)/],
  ['y = sum(weight[3, 5] @ user)', 'shape-mismatch «weight[3, 5] @ user»', /matrix\[3, 5\] and `user` \(vector\[4\]\)/],
  ['y = sum(user.T)', 'wrong-operand «user.T»', /`\.T` wants a matrix/],
  ['y = sum(user.U)', 'unknown-name «U»', /`\.U`/],
  ['y = linear(user)', 'missing-argument «linear(user)»', /`linear` needs `units`/],
  ['y = linear(user, 1, true, 3)', 'too-many-arguments «3»', /at most 3 without a name, not 4/],
  ['y = linear(user, units: 1, units: 2)', 'duplicate-name «units»', /arguments of `linear`/],
  ['y = linear(user, 1, x: movie)', 'duplicate-name «x»', /arguments of `linear`/],
  ['y = linear(user, 1, bias: true)', 'unknown-argument «bias»', /no `bias`/],
  ['y = linear(3.5, 1.5)', 'not-whole «1.5»', /1\.5 is not a whole number/],
  ['y = linear(user, 0)', 'out-of-range «0»', /a size of `weight` is a whole number ≥ 1/],
  ['y = linear(user, -1)', 'out-of-range «-1»', /≥ 1/],
  ['y = linear(user, title)', 'wrong-argument «title»', /`units` of `linear` is a whole number, not feature `title`/],
  ['y = linear("user", 1)', 'wrong-argument «"user"»', /is a vector, not "user"/],
  ['y = sum(mlp(user, [2], activation: 3))', 'wrong-argument «3»', /is a function, not 3/],
  ['y = linear(user, 1, use_bias: 1)', 'wrong-argument «1»', /`true` or `false`, not 1/],
  ['y = linear(fields(user, movie), 1)', 'size-mismatch «fields(user, movie)»', /wants vector\[d\], found matrix\[2, 4\]/],
  ['y = dot(user, title)', 'size-mismatch «title»', /wants vector\[4\], found `title` \(vector\[6\]\)/],
  ['y = sum(stack(user, title))', 'shape-mismatch «stack(user, title)»', /cannot take/],
  ['y = sum(concat(user, fields(user)))', 'shape-mismatch «concat(user, fields(user))»', /cannot take/],
  ['y = sum(concat())', 'wrong-operand «concat()»', /at least one tensor/],
  ['y = sum()', 'missing-argument «sum()»', /`sum` needs/],
  ['y = sum(unflatten(title, 4))', 'size-mismatch «unflatten(title, 4)»', /a multiple of 4, found 6/],
  ['y = sum(softmax(fields(user)))', 'wrong-operand «softmax(fields(user))»', /a vector, not matrix\[1, 4\]/],
  ['y = sum(dropout(user, 1))', 'out-of-range «1»', /≥ 0 and < 1, not 1/],
  ['y = sum(dropout(user, price))', 'wrong-operand «price»', /a number known while compiling, not feature `price`/],
  ['y = title[6]', 'out-of-bounds «6»', /6 is outside 0 … 5/],
  ['y = title[-1]', 'out-of-bounds «-1»', /-1 is outside/],
  ['y = title[0.5]', 'not-whole «0.5»', /not a whole number/],
  ['y = title[0, 0]', 'out-of-bounds «0»', /this subscript is outside/],
  ['y = sum(title[4..9])', 'out-of-bounds «4..9»', /4\.\.9 is outside 0\.\.6/],
  ['y = sum(title[3..3])', 'out-of-bounds «3..3»', /outside/],
  ['y = [user][1]', 'out-of-bounds «1»', /a list of 1/],
  ['y = sum(fields(user, movie)[..1, 4])', 'out-of-bounds «4»', /4 is outside 0 … 3/],
  ['y = sum[i](title)', 'index-without-range «i»', /nothing here has `i`/],
  ['y = sum[i](title[j])', 'not-an-index «j»', /`j` is no index/],
  ['y = sum[user](title[user])', 'index-not-new «user»', /needs a new name/],
  ['y = sum[3](title)', 'wrong-operand «3»', /names of indices/],
  ['y = sum[i](title[i] * i)', 'wrong-operand «i»', /used as a subscript/],
  ['y = sum[i](fields(user, movie)[i, i])', 'index-sizes-differ «i»', /over 4 here, but over 2/],
  ['y = softmax[i](title)', 'not-an-index «i»', /`i` is no index/],
  ['y = relu[i](title[i])', 'wrong-operand «relu[i]»', /called without an index/],
  ['y = linear[i](title[i], 1)', 'wrong-operand «linear[i]»', /called without an index/],
  ['y = sum[i]', 'wrong-operand «sum[i]»', /called/],
  ['y = sum[i](title[i], title[i])', 'too-many-arguments «sum[i](title[i], title[i])»', /at most 1/],
  ['y = _', 'misplaced-hole «_»', /a hole in a call/],
  ['y = sum(linear(_, 3))', 'wrong-operand «linear(_, 3)»', /a tensor, not function `linear`/],
  ['f = linear(_, 1) y = f()', 'missing-argument «f()»', /`linear` needs `_`/],
  ['f = linear(_, 1) y = f(user, 3)', 'too-many-arguments «3»', /at most 1/],
  ['f = linear(_, unit: 1) y = f(user)', 'unknown-argument «unit»', /no `unit`/],
  ['y = if price > 0 then user else movie', 'wrong-operand «price > 0»', /a condition known while compiling/],
  ['y = if 1 then user else movie', 'wrong-operand «1»', /a condition known while compiling/],
  ['y = not price', 'wrong-operand «price»', /a condition known while compiling/],
  ['y = sum(user) + 1 / 0', 'out-of-range «1 / 0»', /a finite number/],
  ['y = user % 2', 'wrong-operand «%»', /two numbers/],
  ['y = price in [1]', 'wrong-operand «in»', /over columns/],
  ['y = sum(weight)', 'unknown-name «weight»', /`weight`/],
  ['y = sum(weight(3))', 'missing-argument «weight»', /its|needs `shape`/],
  ['y = sum(weight[2](size: 3)) * price', 'unknown-argument «size»', /no `size`/],
  ['y = sum(weight[..3]) * price', 'wrong-operand «..3»', /a whole number, not a range/],
  ['y = sum(weight[4](init: user) * movie)', 'wrong-operand «user»', /an initializer/],
  ['y = sum(weight[4](l2: -1) * movie)', 'out-of-range «-1»', /`l2`/],
  ['y = linear(user, 1, frozen: 1)', 'wrong-operand «1»', /`frozen` wants `true` or `false`/],
  ['repeat -1 { } y = linear(user, 1)', 'out-of-range «-1»', /the count of a loop/],
  ['repeat 1.5 { } y = linear(user, 1)', 'not-whole «1.5»', /not a whole number/],
  ['repeat price { } y = linear(user, 1)', 'wrong-operand «price»', /known while compiling/],
  ['repeat 1_000_000 { } y = linear(user, 1)', 'too-many-calls «1_000_000»', /more than 25,000 calls/],
  ['for i in 1000 { for j in 1000 { x = i } } y = linear(user, 1)', 'too-many-calls «1000»', /more than 25,000 calls/],
  ['for i in 3 { i = 2 } y = linear(user, 1)', 'cannot-rebind «i»', /a loop variable/],
  ['user = 3 y = linear(movie, 1)', 'cannot-rebind «user»', /a feature/],
  ['a, b = user y = linear(movie, 1)', 'wrong-operand «user»', /a list of 2/],
  ['a, b = [user] y = linear(movie, 1)', 'wrong-operand «[user]»', /a list of 2, not a list of 1/],
  ['z = linear(user, 1)', 'label-not-computed «network»', /never says what `y` is/],
  ['y = user', 'label-shape «y = user»', /is a scalar, but the network makes it/],
  ['y = weight[1]', 'label-shape «y = weight[1]»', /the same for every row/],
  ['y = "a"', 'wrong-operand «y = "a"»', /a tensor, not "a"/],
  ['y = { a: 1 }', 'wrong-operand «{ a: 1 }»', /not a record/],
  ['y = sum(weight[50_000, 50_000])', 'too-large «weight[50_000, 50_000]»', /more than/],
  ['y = lienar(user, 1)', 'unknown-function «lienar»', /`lienar`/],
  ['y = sum(usr)', 'unknown-name «usr»', /`usr`/],
];

test.each(wrong)('%s', (...row) => expectAlone((body) => withNetwork(body).replace('number[6] }', 'number[6] }'), row));

test('the diagonal of one tensor has its index once', () => {
  expect(shapeOf('stack[i](fields(user, movie, genres, seen)[i, i])')).toEqual([4]);
  expect(shapeOf('stack[i](weight[3, 5, 3, 2][i, 1, i])')).toEqual([3, 2]);
});
