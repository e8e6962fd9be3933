import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckedModel } from '../../src/model/model.js';
import type { NodeId } from '../../src/model/network.js';
import { costs } from '../../src/graph/cost.js';
import type { Graph, OpName } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { lower } from '../../src/graph/lower.js';
import { forwardGraph, stepGraph } from '../../src/graph/pipeline.js';
import { elementsOf } from '../../src/graph/shapes.js';
import { printGraph } from '../../src/graph/text.js';
import { meaning, type Row } from './meaning.js';
import { sketch, type Sketch } from './networks.js';
import { expectClose, randomValues, type Numbers } from './numbers.js';

const ROWS = 3;

/** Lowers a network with the value of `node`, flattened and weighted, as its logit, and compares rows with their meaning. */
function expectMeaning(s: Sketch, node: NodeId, seed = 1): void {
  const model = s.model({ y: s.reduce('sum', node, 'all') });
  for (const graph of [lower(model, 'infer'), forwardGraph(model)]) {
    const unused = Object.fromEntries(
      s.weights.map(({ name, shape }) => [name, new Float64Array(shape.reduce((n, dim) => n * dim, 1))]),
    );
    const values = { ...unused, ...randomValues(graph, ROWS, seed) };
    const { 'logit.y': logit } = interpret(graph, values, ROWS);
    const given = { weights: values, states: {}, rows: rowsOf(s, values) };
    const expected = given.rows.map(
      (_, row) => meaning(model.network.nodes, model.network.logits[0]?.node ?? -1, given, row)[0] ?? NaN,
    );
    expectClose(logit?.data ?? [], expected, 1e-9);
  }
}

/** The dense inputs, row by row. */
function rowsOf(s: Sketch, values: Numbers): Row[] {
  return Array.from({ length: ROWS }, (_, row) => {
    const feature = (name: string, size: number) =>
      values[`dense.${name}`]?.slice(row * size, (row + 1) * size) ?? new Float64Array(size);
    return {
      features: Object.fromEntries(s.features.map((one) => [one.name, feature(one.name, one.kind === 'vector' ? one.size : 1)])),
    };
  });
}

/** Those that code can write. */
function expectFiniteConstants({ nodes }: Graph): void {
  expect(
    nodes.flatMap((node) => (node.kind === 'constant' ? node.value : [])).filter((value) => !Number.isFinite(value)),
  ).toEqual([]);
}

function count(model: CheckedModel, kind: OpName): number {
  return forwardGraph(model).nodes.filter((node) => node.kind === kind).length;
}

/** The network's own shapes as text, without leaves. */
function body(model: CheckedModel): string[] {
  return printGraph(forwardGraph(model))
    .split('\n')
    .filter((line) => line.startsWith('%') && !/= (input|parameter|constant)/.test(line))
    .map((line) => line.replace(/^%\d+ = /, '').replace(/%\d+/g, '%'));
}

/** Σ_e G_e x0 ⊙ (U_e g(C_e g(V_eᵀ x)) + b) + x, DCN-V2 Eq. (3) with (4). */
function crossMix(s: Sketch, x0: NodeId, x: NodeId, rank: number, experts: number): NodeId {
  const d = Number(s.at(x).shape[0]);
  const [U, C, V] = [s.weight('U', [experts, d, rank]), s.weight('C', [experts, rank, rank]), s.weight('V', [experts, d, rank])];
  const gate = s.softmax(s.matmul(s.weight('gate', [experts, d]), x), 'vector');
  const e = s.index('e', experts);
  const inner = s.unary('tanh', s.matmul(s.transpose(s.lift(V, e)), x));
  const middle = s.unary('tanh', s.matmul(s.lift(C, e), inner));
  const outer = s.binary('add', s.matmul(s.lift(U, e), middle), s.weight('b', [d]));
  return s.binary('add', s.reduce('sum', s.times(s.lift(gate, e), x0, outer), e), x);
}

describe('dense layers', () => {
  test('are one plain product and an addition', () => {
    const s = sketch();
    const model = s.model({ y: s.reshape(s.linear('out', s.unary('relu', s.linear('deep.0', s.vector('x', 5), 4)), 1), []) });
    expect(body(model)).toEqual([
      'matmul(%, %) transposeB : [rows, 4]',
      'add(%, %) : [rows, 4]',
      'relu(%) : [rows, 4]',
      'matmul(%, %) transposeB : [rows, 1]',
      'add(%, %) : [rows, 1]',
      'reshape(%) : [rows]',
    ]);
  });

  test('shared by an index are one product', () => {
    const s = sketch();
    const i = s.index('i', 3);
    const v = s.reshape(s.vector('x', 12), [3, 4]);
    const y = s.bind(s.linear('shared', s.lift(v, i), 6), i);
    expect(count(s.model({ y: s.reduce('max', y, 'all') }), 'matmul')).toBe(1);
    expect(count(s.model({ y: s.reduce('max', y, 'all') }), 'transpose')).toBe(0);
    expectMeaning(s, y);
  });
});

describe('cross layers give the numbers of TensorFlow Recommenders', () => {
  const x0 = [0.1, 0.2, 0.3];
  const x = [0.4, 0.5, 0.6];
  const layers: Record<string, (s: Sketch, x0: NodeId, x: NodeId) => NodeId> = {
    full: (s, a, b) => s.binary('add', s.times(a, s.binary('add', s.matmul(s.weight('W', [3, 3]), b), s.weight('b', [3]))), b),
    'low rank': (s, a, b) => {
      const product = s.matmul(s.weight('W', [3, 1]), s.matmul(s.transpose(s.weight('V', [3, 1])), b));
      return s.binary('add', s.times(a, s.binary('add', product, s.weight('b', [3]))), b);
    },
    'the first version': (s, a, b) => {
      const product = s.times(a, s.reduce('sum', s.times(s.weight('W', [3]), b), 'all'));
      return s.binary('add', s.binary('add', product, s.weight('b', [3])), b);
    },
    'with its diagonal scaled': (s, a, b) => {
      const product = s.binary('add', s.matmul(s.weight('W', [3, 3]), b), s.weight('b', [3]));
      return s.binary('add', s.times(a, s.binary('add', product, s.times(s.constant(1), b))), b);
    },
  };
  const golden: [layer: string, x: number[], bias: number, expected: number[]][] = [
    ['full', x, 0, [0.55, 0.8, 1.05]],
    ['low rank', x, 0, [0.55, 0.8, 1.05]],
    ['the first version', x, 0, [0.55, 0.8, 1.05]],
    ['full', x0, 0, [0.16, 0.32, 0.48]],
    ['low rank', x0, 0, [0.16, 0.32, 0.48]],
    ['with its diagonal scaled', x, 0, [0.59, 0.9, 1.23]],
    ['full', x, 1, [0.65, 1, 1.35]],
  ];
  for (const [layer, second, bias, expected] of golden) {
    test(`${layer} of ${second.join()}, bias ${String(bias)}`, () => {
      const s = sketch();
      const y = layers[layer]?.(s, s.vector('x0', 3), s.vector('x', 3)) ?? -1;
      const model = s.model({ y }, { labels: [{ name: 'y', task: { kind: 'class', classes: 3 } }] });
      const ones = Array<number>(9).fill(1);
      const length = layer === 'full' || layer === 'with its diagonal scaled' ? 9 : 3;
      const values = { 'dense.x0': x0, 'dense.x': second, W: ones.slice(0, length), V: ones.slice(0, 3), b: [bias, bias, bias] };
      expectClose(interpret(forwardGraph(model), values, 1)['logit.y']?.data ?? [], expected);
    });
  }

  test('low rank never forms U @ V.T', () => {
    const s = sketch();
    const product = s.matmul(s.weight('U', [50, 4]), s.matmul(s.transpose(s.weight('V', [50, 4])), s.vector('x', 50)));
    const model = s.model({ y: s.reduce('max', product, 'all') });
    expect(body(model).filter((line) => !line.startsWith('max'))).toEqual([
      'matmul(%, %) : [rows, 4]',
      'matmul(%, %) transposeB : [rows, 50]',
    ]);
  });
});

describe('indices', () => {
  test('experts agree with a loop over the equation', () => {
    const s = sketch();
    const [d, rank, experts] = [4, 2, 3];
    const x = s.vector('x', d);
    const logits = { y: crossMix(s, s.vector('x0', d), x, rank, experts) };
    const model = s.model(logits, { labels: [{ name: 'y', task: { kind: 'class', classes: d } }] });
    const graph = forwardGraph(model);
    const v = randomValues(graph, 1, 3);
    const of = (name: string, i: number) => v[name]?.[i] ?? NaN;
    const range = (n: number) => [...Array(n).keys()];
    const add = (n: number, term: (i: number) => number) => range(n).reduce((total, i) => total + term(i), 0);
    const scores = range(experts).map((e) => Math.exp(add(d, (i) => of('gate', e * d + i) * of('dense.x', i))));
    const expected = range(d).map((i) => {
      const mixed = add(experts, (e) => {
        const h = range(rank).map((r) => Math.tanh(add(d, (j) => of('V', (e * d + j) * rank + r) * of('dense.x', j))));
        const c = range(rank).map((r) => Math.tanh(add(rank, (q) => of('C', (e * rank + r) * rank + q) * (h[q] ?? NaN))));
        const u = add(rank, (r) => of('U', (e * d + i) * rank + r) * (c[r] ?? NaN)) + of('b', i);
        return ((scores[e] ?? NaN) / add(experts, (k) => scores[k] ?? NaN)) * of('dense.x0', i) * u;
      });
      return mixed + of('dense.x', i);
    });
    expectClose(interpret(graph, v, 1)['logit.y']?.data ?? [], expected);
  });

  test('experts move no activations but the gate', () => {
    const s = sketch();
    const x = s.vector('x', 64);
    const model = s.model({ y: s.reduce('max', crossMix(s, x, x, 16, 4), 'all') });
    expect(body(model).filter((line) => line.startsWith('transpose'))).toEqual(['transpose(%) permutation=[1, 0] : [4, rows]']);
    expect(count(model, 'matmul')).toBe(4);
  });

  test('attention: softmax over one index, sums over another', () => {
    const s = sketch();
    const v = s.reshape(s.vector('x', 12), [3, 4]);
    const [Q, K, V] = ['Q', 'K', 'V'].map((name) => s.weight(name, [2, 5, 4])) as [NodeId, NodeId, NodeId];
    const [h, i, j] = [s.index('h', 2), s.index('i', 3), s.index('j', 3)];
    const query = s.matmul(s.lift(Q, h), s.lift(v, i));
    const key = s.matmul(s.lift(K, h), s.lift(v, j));
    const scores = s.binary('divide', s.reduce('sum', s.times(query, key), 'all'), s.constant(Math.sqrt(5)));
    const a = s.softmax(scores, j);
    const value = s.reduce('sum', s.times(a, s.matmul(s.lift(V, h), s.lift(v, j))), j);
    expectMeaning(s, s.unary('tanh', s.bind(s.bind(value, h), i)));
  });

  test('attention is batched products, and spreads nothing out', () => {
    const s = sketch();
    const [fields, size, heads] = [20, 16, 2];
    const v = s.reshape(s.vector('x', fields * size), [fields, size]);
    const [h, i, j] = [s.index('h', heads), s.index('i', fields), s.index('j', fields)];
    const [Q, K, V] = ['Q', 'K', 'V'].map((name) => s.lift(s.weight(name, [heads, 8, size]), h)) as [NodeId, NodeId, NodeId];
    const scores = s.reduce('sum', s.times(s.matmul(Q, s.lift(v, i)), s.matmul(K, s.lift(v, j))), 'all');
    const y = s.bind(s.bind(s.reduce('sum', s.times(s.softmax(scores, j), s.matmul(V, s.lift(v, j))), j), h), i);
    const model = s.model({ y: s.reduce('max', y, 'all') });
    expect(count(model, 'matmul')).toBe(5);
    const perRow = forwardGraph(model).nodes.map(({ shape }) => elementsOf(shape, 1));
    expect(Math.max(...perRow)).toBe(heads * fields * fields);
    const products = heads * (3 * fields * size * 8 + 2 * fields * fields * 8);
    expect(costs(forwardGraph(model), 1).multiplyAdds).toBeLessThan(1.2 * products);
  });

  test('compressed interaction: Σ_ij W_hij x_i ⊙ x0_j is one product of matrices', () => {
    const s = sketch();
    const x = s.reshape(s.vector('x', 30), [3, 10]);
    const x0 = s.reshape(s.vector('x0', 40), [4, 10]);
    const [h, i, j] = [s.index('h', 6), s.index('i', 3), s.index('j', 4)];
    const W = s.lift(s.lift(s.lift(s.weight('W', [6, 3, 4]), h), i), j);
    const y = s.bind(s.reduce('sum', s.reduce('sum', s.times(W, s.lift(x, i), s.lift(x0, j)), j), i), h);
    const model = s.model({ y: s.reduce('max', y, 'all') });
    expect(count(model, 'matmul')).toBe(1);
    const largest = Math.max(
      ...forwardGraph(model).nodes.map(({ shape }) => shape.reduce<number>((n, dim) => n * Number(dim === 'rows' ? 1 : dim), 1)),
    );
    expect(largest).toBe(3 * 4 * 10);
    expectMeaning(s, y);
  });

  test('factorization machines: sums of squares and squares of sums', () => {
    const s = sketch();
    const v = s.reshape(s.vector('x', 12), [3, 4]);
    const [i, j] = [s.index('i', 3), s.index('j', 3)];
    const total = s.reduce('sum', s.lift(v, i), i);
    const squares = s.reduce('sum', s.times(s.lift(v, j), s.lift(v, j)), j);
    expectMeaning(s, s.times(s.constant(0.5), s.binary('subtract', s.times(total, total), squares)));
  });

  test('bilinear fusion: Σ_h a_hᵀ W_h c_h', () => {
    const s = sketch();
    const [a, c] = [s.reshape(s.vector('a', 6), [2, 3]), s.reshape(s.vector('c', 8), [2, 4])];
    const h = s.index('h', 2);
    const inner = s.matmul(s.lift(s.weight('W', [2, 3, 4]), h), s.lift(c, h));
    expectMeaning(s, s.reduce('sum', s.reduce('sum', s.times(s.lift(a, h), inner), 'all'), h));
  });

  test('hundreds of factors under one sum take no longer than their number', { timeout: 5_000 }, () => {
    const s = sketch();
    const [x, y] = [s.vector('x', 3), s.vector('y', 3)];
    const product = Array.from({ length: 400 }).reduce<NodeId>((all) => s.times(all, s.binary('add', x, y)), x);
    expectMeaning(s, s.reduce('sum', product, 'all'));
  });

  test('so do thousands that are multiplied as a tree', { timeout: 5_000 }, () => {
    const s = sketch();
    const x = s.vector('x', 3);
    const i = s.index('i', 3);
    let left = Array.from({ length: 2048 }, (_, n) => s.binary('add', s.lift(x, i), s.constant(n % 2)));
    while (left.length > 1) left = left.flatMap((a, n) => (n % 2 === 0 ? [s.times(a, left[n + 1] ?? a)] : []));
    expectMeaning(s, s.reduce('sum', left[0] ?? -1, i));
  });

  test('a division by 0 under a sum is no number, and is not written as one', () => {
    for (const divisor of [0, 1e-320]) {
      const s = sketch();
      const y = s.reduce('sum', s.binary('divide', s.vector('x', 3), s.constant(divisor)), 'all');
      expectFiniteConstants(forwardGraph(s.model({ y })));
      expectMeaning(s, y);
    }
    const s = sketch();
    const huge = s.times(s.constant(1e200), s.vector('x', 3), s.constant(1e200));
    expectFiniteConstants(forwardGraph(s.model({ y: s.reduce('sum', huge, 'all') })));
  });
});

describe('pairs', () => {
  const fields = (s: Sketch, n: number, k: number) => s.reshape(s.vector('x', n * k), [n, k]);

  test('dot products are one product of matrices and its lower triangle', () => {
    const s = sketch();
    const y = s.dotRows(...s.pairs(fields(s, 4, 16)));
    const model = s.model({ y: s.reduce('max', y, 'all') });
    expect(body(model).filter((line) => !line.startsWith('max'))).toEqual([
      'reshape(%) : [rows, 4, 16]',
      'matmul(%, %) transposeB : [rows, 4, 4]',
      'reshape(%) : [rows, 16]',
      'take(%) axis=1 at=[4, 8, 9, 12, 13, 14] : [rows, 6]',
    ]);
    expect(stepGraph(model).graph.nodes.filter(({ shape }) => shape.includes(6) && shape.length > 2)).toEqual([]);
    expectMeaning(s, s.unary('tanh', y));
  });

  test('of projections, with numbers for kernels, summed over the pairs', () => {
    const s = sketch();
    const v = fields(s, 4, 5);
    const i = s.index('i', 4);
    const projected = s.bind(s.matmul(s.weight('W', [3, 5]), s.lift(v, i)), i);
    const [p, q] = s.pairs(projected);
    const m = s.index('m', 6);
    const products = s.reduce('sum', s.times(s.lift(p, m), s.lift(q, m)), 'all');
    const y = s.reduce('sum', s.times(s.lift(s.weight('K', [6]), m), products), m);
    expect(count(s.model({ y }), 'take')).toBe(1);
    expectMeaning(s, y);
  });

  test('of two values', () => {
    const s = sketch();
    const at = [3, 0, 0, 2];
    const p = s.take(fields(s, 4, 6), at);
    const q = s.take(s.reshape(s.vector('z', 18), [3, 6]), [1, 1, 2, 0]);
    const y = s.dotRows(p, q);
    expect(count(s.model({ y: s.reduce('max', y, 'all') }), 'take')).toBe(1);
    expectMeaning(s, s.unary('tanh', y));
  });

  test('with vectors for kernels are gathered', () => {
    const s = sketch();
    const [p, q] = s.pairs(fields(s, 4, 5));
    const y = s.dotRows(p, s.times(s.weight('K', [6, 5]), q));
    expect(count(s.model({ y: s.reduce('max', y, 'all') }), 'take')).toBe(2);
    expectMeaning(s, s.unary('tanh', y));
  });

  test('with matrices for kernels are products, one for each pair', () => {
    const s = sketch();
    const [p, q] = s.pairs(fields(s, 4, 5));
    const m = s.index('m', 6);
    const mapped = s.matmul(s.lift(s.weight('K', [6, 5, 5]), m), s.lift(q, m));
    const y = s.bind(s.reduce('sum', s.times(s.lift(p, m), mapped), 'all'), m);
    const model = s.model({ y: s.reduce('max', y, 'all') });
    expect(count(model, 'take')).toBe(2);
    expect(count(model, 'matmul')).toBe(1);
    expectMeaning(s, s.unary('tanh', y));
  });

  test('few pairs of many rows are gathered', () => {
    const s = sketch();
    const v = fields(s, 40, 2);
    const y = s.dotRows(s.take(v, [3, 5]), s.take(v, [17, 2]));
    expect(count(s.model({ y: s.reduce('max', y, 'all') }), 'matmul')).toBe(0);
    expectMeaning(s, s.unary('tanh', y));
  });
});

describe('random networks mean what their nodes mean', () => {
  const steps = fc.array(fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999)), { minLength: 3, maxLength: 18 });

  /** Adds nodes as the numbers say, where they fit, and closes what indices are left. */
  function grow(s: Sketch, numbers: readonly (readonly [number, number, number, number])[]): NodeId {
    const [i, j] = [s.index('i', 2), s.index('j', 3)];
    const pool = [
      s.vector('x', 3),
      s.reshape(s.vector('f', 6), [2, 3]),
      s.weight('w', [3]),
      s.weight('M', [2, 3]),
      s.weight('N', [3, 3]),
      s.weight('T', [2, 3, 3]),
      s.constant(0.5),
      s.constant(2, [3]),
    ];
    for (const [operation, first, second, option] of numbers) {
      const at = (choice: number) => pool[choice % pool.length] ?? 0;
      const made = extend(s, operation % 21, at(first), at(second), option, option % 2 === 0 ? i : j);
      if (made !== undefined) pool.push(made);
    }
    const last = pool.slice(-2).map((id) => {
      const closed = s.at(id).indices.reduce((x, index) => s.reduce('mean', x, index), id);
      return s.reduce('sum', s.unary('tanh', closed), 'all');
    });
    return last.reduce((a, b) => s.binary('add', a, b));
  }

  function extend(
    s: Sketch,
    operation: number,
    x: NodeId,
    y: NodeId,
    option: number,
    index: ReturnType<Sketch['index']>,
  ): NodeId | undefined {
    const [p, q] = [s.at(x).shape.map(Number), s.at(y).shape.map(Number)];
    const has = s.at(x).indices.some(({ id }) => id === index.id);
    const same = p.length === 0 || q.length === 0 || (p.length === q.length && p.every((dim, axis) => dim === q[axis]));
    switch (operation) {
      case 17:
        return p.length > 0
          ? s.take(
              x,
              [option, option >> 2, option + 1].map((i) => i % (p[0] ?? 1)),
            )
          : undefined;
      case 0:
        return s.unary((['tanh', 'sigmoid', 'relu', 'negate', 'abs', 'softplus'] as const)[option % 6] ?? 'tanh', x);
      case 1:
      case 2:
      case 3:
        return same ? s.times(x, y) : undefined;
      case 4:
        return same ? s.binary((['add', 'subtract', 'max', 'min'] as const)[option % 4] ?? 'add', x, y) : undefined;
      case 5:
      case 6:
        return p.length === 2 && (q.length === 1 || q.length === 2) && p[1] === q[0] ? s.matmul(x, y) : undefined;
      case 7:
        return p.length === 2 ? s.transpose(x) : undefined;
      case 8:
      case 9:
        return p.length > 0 && p[0] === index.size ? s.lift(x, index) : undefined;
      case 10:
        return p.length < 3 ? s.bind(x, index) : undefined;
      case 11:
      case 12:
        return s.reduce('sum', x, option % 3 === 0 ? 'all' : index);
      case 13:
        return s.reduce(
          (['mean', 'max', 'min', 'log_sum_exp'] as const)[option % 4] ?? 'mean',
          s.unary('tanh', x),
          option % 3 === 0 ? 'all' : index,
        );
      case 14:
        return s.softmax(s.unary('tanh', x), p.length === 1 && !has ? 'vector' : index);
      case 15:
        if (p.length === 0) return undefined;
        return option % 2 === 0 ? s.pick(x, option % (p[0] ?? 1)) : s.slice(x, option % (p[0] ?? 1), p[0] ?? 1);
      case 18:
        return same ? s.compare((['<', '>=', '=='] as const)[option % 3] ?? '<', x, y) : undefined;
      case 19:
        return same ? s.where(s.compare('>', x, y), s.unary('tanh', x), y) : undefined;
      case 16:
        if (!same || p.length !== q.length || p.length === 3) return undefined;
        return option % 2 === 0 || p.length === 0 ? s.stack(x, y) : s.concat(x, y);
      default:
        return p.length === 2
          ? s.reshape(x, [(p[0] ?? 1) * (p[1] ?? 1)])
          : p.length === 1
            ? s.reshape(x, [p[0] ?? 1, 1])
            : s.reshape(x, [...p, 1]);
    }
  }

  test('for eighty of them', () => {
    fc.assert(
      fc.property(steps, fc.nat(1000), (numbers, seed) => {
        const s = sketch();
        expectMeaning(s, grow(s, numbers), seed);
      }),
      { seed: 5, numRuns: 80 },
    );
  });
});
