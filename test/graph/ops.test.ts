import { describe, expect, test } from 'vitest';
import { createBuilder, type BinaryKind, type Builder, type UnaryKind } from '../../src/graph/builder.js';
import type { NodeId, Shape } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { printGraph } from '../../src/graph/text.js';
import { expectClose, graphOf, outputOf, randomValues } from './numbers.js';

const COLUMN: Shape = ['rows', 1];
const ROW: Shape = [3];
const MATRIX: Shape = ['rows', 3];

/** Evaluates an op over inputs counted from 1, or given. */
function run(
  shapes: readonly Shape[],
  make: (b: Builder, xs: readonly NodeId[]) => NodeId,
  values: Record<string, number[]>,
  rows = 2,
) {
  const { shape, data } = outputOf(graphOf(shapes, make), values, rows);
  return { shape, data: [...data] };
}

describe('unary ops', () => {
  const points = [-800, -2.5, -1, -1e-9, 0, 1e-9, 0.5, 1, 3, 800];
  const formulas: Record<UnaryKind, (x: number) => number> = {
    negate: (x) => 0 - x,
    exp: (x) => Math.E ** x,
    log: (x) => Math.log2(x) / Math.log2(Math.E),
    sqrt: (x) => x ** 0.5,
    abs: (x) => (x < 0 ? -x : x),
    sign: (x) => Number(x > 0) - Number(x < 0),
    sigmoid: (x) => 0.5 * (1 + Math.tanh(x / 2)),
    tanh: (x) => (x > 300 ? 1 : x < -300 ? -1 : (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1)),
    relu: (x) => (x > 0 ? x : 0),
    softplus: (x) => (x > 300 ? x : x < -300 ? 0 : Math.log(1 + Math.exp(x))),
  };
  for (const kind of Object.keys(formulas) as UnaryKind[]) {
    test(kind, () => {
      const xs = kind === 'log' || kind === 'sqrt' ? points.map(Math.abs) : points;
      const { data, shape } = run([['rows']], (b, [x = -1]) => b.unary(kind, x), { x0: xs }, xs.length);
      expect(shape).toEqual([xs.length]);
      expectClose(data, xs.map(formulas[kind]), 1e-8);
    });
  }
});

describe('binary ops broadcast', () => {
  const formulas: Record<BinaryKind, (a: number, c: number) => number> = {
    add: (a, c) => c + a,
    subtract: (a, c) => -(c - a),
    multiply: (a, c) => c * a,
    divide: (a, c) => a * c ** -1,
    maximum: (a, c) => (a > c ? a : c),
    minimum: (a, c) => (a > c ? c : a),
    greater: (a, c) => (a - c > 0 ? 1 : 0),
  };
  for (const kind of Object.keys(formulas) as BinaryKind[]) {
    test(kind, () => {
      const column = [1, -2];
      const row = [0.5, 1, 4];
      const { data, shape } = run([COLUMN, ROW], (b, [x = -1, y = -1]) => b.binary(kind, x, y), { x0: column, x1: row });
      expect(shape).toEqual([2, 3]);
      expectClose(
        data,
        column.flatMap((a) => row.map((c) => formulas[kind](a, c))),
      );
    });
  }

  test('select', () => {
    const values = { x0: [0, 2, -1], x1: [1, 2, 3, 4, 5, 6], x2: [9] };
    const { data } = run([ROW, MATRIX, []], (b, [c = -1, x = -1, y = -1]) => b.select(c, x, y), values);
    expect(data).toEqual([9, 2, 3, 9, 5, 6]);
  });
});

describe('reductions', () => {
  const x0 = [1, 5, 2, 7, -3, 4];

  test('sum', () => {
    expect(run([MATRIX], (b, [x = -1]) => b.sum(x, [0]), { x0 })).toEqual({ shape: [3], data: [8, 2, 6] });
    expect(run([MATRIX], (b, [x = -1]) => b.sum(x, [1], true), { x0 })).toEqual({ shape: [2, 1], data: [8, 8] });
    expect(run([MATRIX], (b, [x = -1]) => b.sum(x, [0, 1]), { x0 })).toEqual({ shape: [], data: [16] });
    expect(run([MATRIX], (b, [x = -1]) => b.sum(x, []), { x0 })).toEqual({ shape: [2, 3], data: x0 });
  });

  test('max', () => {
    expect(run([MATRIX], (b, [x = -1]) => b.max(x, [0], true), { x0 })).toEqual({ shape: [1, 3], data: [7, 5, 4] });
    expect(run([['rows', 3, 1]], (b, [x = -1]) => b.max(x, [1, 2]), { x0 })).toEqual({ shape: [2], data: [5, 7] });
  });

  test('softmax and log_softmax are stable', () => {
    const large = { x0: [1000, 1001, -1000, 0, 0, 0] };
    const share = 1 / (1 + Math.E);
    const soft = run([MATRIX], (b, [x = -1]) => b.softmax(x, 1), large);
    expectClose(soft.data, [share, 1 - share, 0, 1 / 3, 1 / 3, 1 / 3]);
    const log = run([MATRIX], (b, [x = -1]) => b.logSoftmax(x, 1), large);
    expectClose(log.data, [
      Math.log(share),
      Math.log(1 - share),
      Math.log(1 - share) - 2001,
      ...Array<number>(3).fill(-Math.log(3)),
    ]);
    const columns = run([MATRIX], (b, [x = -1]) => b.softmax(x, 0), { x0: [1, 2, 3, 1, 2, 3] });
    expectClose(columns.data, Array<number>(6).fill(0.5));
  });
});

describe('products', () => {
  const at = (x: readonly number[], columns: number, i: number, j: number) => x[i * columns + j] ?? NaN;
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      test(`matmul, flags ${String(transposeA)} ${String(transposeB)}, with either batch absent`, () => {
        const [n, m, k] = [2, 3, 4];
        for (const [batchA, batchB] of [
          [[], []],
          [
            ['rows', 2],
            ['rows', 2],
          ],
          [['rows'], []],
          [[], ['rows']],
        ] as [Shape, Shape][]) {
          const shapes = [
            [...batchA, ...(transposeA ? [m, n] : [n, m])],
            [...batchB, ...(transposeB ? [k, m] : [m, k])],
          ];
          const graph = graphOf(shapes, (b, [x = -1, y = -1]) => b.matmul(x, y, { transposeA, transposeB }));
          const values = randomValues(graph, 3, 5);
          const { data, shape } = outputOf(graph, values, 3);
          const items = Math.max(batchA.length, batchB.length) === 2 ? 6 : batchA.length + batchB.length > 0 ? 3 : 1;
          expect(shape.slice(-2)).toEqual([n, k]);
          const expected: number[] = [];
          for (let item = 0; item < items; item++) {
            const a = [...(values.x0 ?? [])].slice(batchA.length > 0 ? item * n * m : 0);
            const c = [...(values.x1 ?? [])].slice(batchB.length > 0 ? item * m * k : 0);
            for (let i = 0; i < n; i++) {
              for (let j = 0; j < k; j++) {
                let sum = 0;
                for (let l = 0; l < m; l++) {
                  sum += (transposeA ? at(a, n, l, i) : at(a, m, i, l)) * (transposeB ? at(c, m, j, l) : at(c, k, l, j));
                }
                expected.push(sum);
              }
            }
          }
          expectClose(data, expected);
        }
      });
    }
  }
});

describe('shapes', () => {
  const x0 = [1, 2, 3, 4, 5, 6];

  test('transpose', () => {
    expect(run([MATRIX], (b, [x = -1]) => b.transpose(x, [1, 0]), { x0 })).toEqual({ shape: [3, 2], data: [1, 4, 2, 5, 3, 6] });
    const three = run([[1, 2, 3]], (b, [x = -1]) => b.transpose(x, [2, 0, 1]), { x0 });
    expect(three).toEqual({ shape: [3, 1, 2], data: [1, 4, 2, 5, 3, 6] });
  });

  test('reshape, folding the batch', () => {
    expect(run([MATRIX], (b, [x = -1]) => b.reshape(x, ['rows*3']), { x0 })).toEqual({ shape: [6], data: x0 });
  });

  test('broadcast', () => {
    const { shape, data } = run([COLUMN], (b, [x = -1]) => b.broadcast(x, [2, 'rows', 2]), { x0: [1, 2] });
    expect(shape).toEqual([2, 2, 2]);
    expect(data).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  test('concat, slice and pad', () => {
    const joined = run([COLUMN, MATRIX], (b, [x = -1, y = -1]) => b.concat([x, y], 1), { x0: [8, 9], x1: x0 });
    expect(joined).toEqual({ shape: [2, 4], data: [8, 1, 2, 3, 9, 4, 5, 6] });
    expect(run([MATRIX], (b, [x = -1]) => b.slice(x, 1, 1, 3), { x0 })).toEqual({ shape: [2, 2], data: [2, 3, 5, 6] });
    expect(run([COLUMN], (b, [x = -1]) => b.pad(x, 1, 2, 1), { x0: [8, 9] })).toEqual({
      shape: [2, 4],
      data: [0, 0, 8, 0, 0, 0, 9, 0],
    });
  });
});

describe('take and place', () => {
  test('pick elements, and add them to their places', () => {
    const x0 = [1, 2, 3, 4, 5, 6];
    expect(run([MATRIX], (b, [x = -1]) => b.take(x, 1, [2, 0, 2, 1]), { x0 })).toEqual({
      shape: [2, 4],
      data: [3, 1, 3, 2, 6, 4, 6, 5],
    });
    expect(run([MATRIX], (b, [x = -1]) => b.place(x, 1, [3, 0, 3], 5), { x0 })).toEqual({
      shape: [2, 5],
      data: [2, 0, 0, 4, 0, 5, 0, 0, 10, 0],
    });
    expect(run([[2, 3]], (b, [x = -1]) => b.place(x, 0, [1, 1], 2), { x0 }).data).toEqual([0, 0, 0, 5, 7, 9]);
  });
});

describe('embeddings', () => {
  const b = createBuilder();
  const table = b.parameter('table', ['V(v)', 2]);
  const ids = b.input('ids', ['ids(f)'], 'int');
  const offsets = b.input('offsets', ['rows+1'], 'int');
  const gradient = b.input('g', ['rows', 2]);
  const one = b.input('one', ['rows'], 'int');
  const graph = b.finish({
    mean: b.lookup('f', table, ids, { offsets, pool: 'mean' }),
    sum: b.lookup('f', table, ids, { offsets, pool: 'sum' }),
    single: b.lookup('f', table, one),
    sequence: b.lookup('g', table, b.input('several', ['rows', 2], 'int')),
    scattered: b.scatterRows('f', table, ids, gradient, { offsets, pool: 'mean' }),
    added: b.scatterRows('f', table, one, gradient),
  });
  const values = {
    table: [1, 2, 10, 20, 100, 200],
    ids: [0, 2, 2, 1],
    offsets: [0, 0, 3, 4],
    one: [2, 0, 2],
    several: [0, 1, 2, 2, 1, 0],
    g: [5, 6, 3, 9, 1, 2],
  };

  test('rows of ids, and of bags', () => {
    const { mean, sum, single } = interpret(graph, values, 3);
    expectClose(mean?.data ?? [], [0, 0, 67, 134, 10, 20]);
    expectClose(sum?.data ?? [], [0, 0, 201, 402, 10, 20]);
    expectClose(single?.data ?? [], [100, 200, 1, 2, 100, 200]);
  });

  test('the rows of a sequence side by side', () => {
    const { sequence } = interpret(graph, values, 3);
    expect(sequence?.shape).toEqual([3, 2, 2]);
    expectClose(sequence?.data ?? [], [1, 2, 10, 20, 100, 200, 100, 200, 10, 20, 1, 2]);
  });

  test('gradients of rows add up', () => {
    const { scattered, added } = interpret(graph, values, 3);
    expect(scattered?.shape).toEqual([3, 2]);
    expectClose(scattered?.data ?? [], [1, 3, 1, 2, 2, 6]);
    expectClose(added?.data ?? [], [3, 9, 0, 0, 6, 8]);
  });

  test('an id outside the table is an error', () => {
    expect(() => interpret(graph, { ...values, one: [0, 3, 0] }, 3)).toThrow('id 3 is outside the table');
  });
});

describe('shape rules refuse', () => {
  const refused: Record<string, (b: Builder, x: NodeId, y: NodeId) => NodeId> = {
    'add of [rows, 3] and [rows, 2]': (b, x, y) => b.binary('add', x, y),
    'matmul of sizes that differ': (b, x, y) => b.matmul(x, y),
    'matmul of a vector': (b, x) => b.matmul(x, b.input('v', [3])),
    'an axis that is not there': (b, x) => b.sum(x, [2]),
    'axes out of order': (b, x) => b.sum(x, [1, 0]),
    'a permutation with an axis twice': (b, x) => b.transpose(x, [0, 0]),
    'a reshape to another number of elements': (b, x) => b.reshape(x, ['rows', 4]),
    'a reshape of the batch to a number': (b, x) => b.reshape(x, [2, 3]),
    'a broadcast that shrinks': (b, x) => b.broadcast(x, ['rows', 1]),
    'a concat of other rows': (b, x) => b.concat([x, b.input('v', [2, 3])], 1),
    'a slice past the end': (b, x) => b.slice(x, 1, 1, 4),
    'a slice of the batch': (b, x) => b.slice(x, 0, 0, 1),
    'a take past the end': (b, x) => b.take(x, 1, [0, 3]),
    'a take of the batch': (b, x) => b.take(x, 0, [0]),
    'a place for fewer than there are': (b, x) => b.place(x, 1, [0, 1], 5),
    'a place past the end': (b, x) => b.place(x, 1, [0, 1, 5], 5),
    'a bag of sequences': (b) => {
      const ids = b.input('ids', ['rows', 2], 'int');
      return b.lookup('f', b.parameter('t', [4, 2]), ids, { offsets: b.input('offsets', ['rows+1'], 'int'), pool: 'sum' });
    },
    'softmax along no axis': (b, x) => b.softmax(x, 2),
    'a constant of other length': (b) => b.constant([1, 2, 3], [2]),
    'two shapes of one input': (b) => b.input('x', [1]),
  };
  for (const [name, make] of Object.entries(refused)) {
    test(name, () => {
      const b = createBuilder();
      const [x, y] = [b.input('x', ['rows', 3]), b.input('y', ['rows', 2])];
      expect(() => make(b, x, y)).toThrow(expect.objectContaining({ name: 'ShapeError' }) as Error);
    });
  }
});

describe('builder', () => {
  test('equal nodes are one, whatever the order of a commutative op', () => {
    const b = createBuilder();
    const [x, y] = [b.input('x', ['rows', 3]), b.input('y', ['rows', 3])];
    expect(b.binary('add', x, y)).toBe(b.binary('add', y, x));
    expect(b.binary('subtract', x, y)).not.toBe(b.binary('subtract', y, x));
    expect(b.constant([2, 2])).toBe(b.constant(2, [2]));
    expect(b.constant(0)).not.toBe(b.constant(-0));
    expect(b.constant(Infinity)).not.toBe(b.constant(NaN));
    expect(b.sum(x, [0])).not.toBe(b.sum(x, [1]));
  });

  test('text form', () => {
    const b = createBuilder();
    const x = b.input('x', ['rows', 3]);
    const w = b.parameter('deep.0.weight', [4, 3]);
    const h = b.binary('add', b.matmul(x, w, { transposeB: true }), b.constant([1, 2, 3, 4]));
    const ids = b.input('ids.f', ['ids(f)'], 'int');
    const bag = b.lookup('f', b.parameter('table.f', ['V(f)', 2]), ids, {
      offsets: b.input('offsets.f', ['rows+1'], 'int'),
      pool: 'sum',
    });
    const moved = b.place(b.take(x, 1, [2, 0]), 1, [0, 0], 3);
    const mean = b.state('norm.mean', [3]);
    expect(printGraph(b.finish({ y: b.sum(h, [0], true), bag, moved, mean }))).toBe(
      [
        '%0 = input "x" : [rows, 3]',
        '%1 = parameter "deep.0.weight" : [4, 3]',
        '%2 = matmul(%0, %1) transposeB : [rows, 4]',
        '%3 = constant [1, 2, 3, 4] : [4]',
        '%4 = add(%2, %3) : [rows, 4]',
        '%5 = input "ids.f" int : [ids(f)]',
        '%6 = parameter "table.f" : [V(f), 2]',
        '%7 = input "offsets.f" int : [rows+1]',
        '%8 = lookup(%6, %5, %7) site="f" pool=sum : [rows, 2]',
        '%9 = take(%0) axis=1 at=[2, 0] : [rows, 2]',
        '%10 = place(%9) axis=1 at=[0, 0] of 3 : [rows, 3]',
        '%11 = state "norm.mean" : [3]',
        '%12 = sum(%4) axes=[0] keepDims : [1, 4]',
        'output "y" = %12',
        'output "bag" = %8',
        'output "moved" = %10',
        'output "mean" = %11',
        '',
      ].join('\n'),
    );
  });
});

describe('interpreter', () => {
  test('says which value is missing or has the wrong length', () => {
    const graph = graphOf([MATRIX], (b, [x = -1]) => b.unary('exp', x));
    expect(() => interpret(graph, {}, 2)).toThrow('no value for x0');
    expect(() => interpret(graph, { x0: [1] }, 2)).toThrow('1 numbers for x0 of shape [rows, 3]');
  });
});
