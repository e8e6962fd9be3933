import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import type { Builder } from '../../../src/graph/builder.js';
import type { NodeId, OpName } from '../../../src/graph/graph.js';
import { runOnnx, expectAgreement, numbers, ort } from './support.js';
import type { GivenValues } from './support.js';
import { onnxModel } from '../../../src/target/onnx/model.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import { interpret } from '../../../src/graph/interpreter.js';

interface Case {
  readonly build: (b: Builder) => NodeId;
  readonly values: GivenValues;
}

const ROWS = 5;
const x = numbers(ROWS * 6);
const y = numbers(ROWS * 6, 2);
const positive = x.map((v) => Math.fround(Math.abs(v) + 0.1));
const matrix = (b: Builder, name = 'x') => b.input(name, ['rows', 6]);

const unary = (kind: Parameters<Builder['unary']>[0], values: readonly number[] = x): Case[] => [
  { build: (b) => b.unary(kind, matrix(b)), values: { x: values } },
];
const binary = (kind: Parameters<Builder['binary']>[0], right: readonly number[] = y): Case[] => [
  { build: (b) => b.binary(kind, matrix(b), matrix(b, 'y')), values: { x, y: right } },
  { build: (b) => b.binary(kind, matrix(b), b.parameter('y', [6])), values: { x, y: right.slice(0, 6) } },
  { build: (b) => b.binary(kind, matrix(b), b.input('y', ['rows', 1])), values: { x, y: right.slice(0, ROWS) } },
  { build: (b) => b.binary(kind, matrix(b), b.constant(0.25)), values: { x } },
];
const reduction = (kind: 'sum' | 'max'): Case[] =>
  [[0], [1], [2], [0, 2], [0, 1, 2]].flatMap((axes) =>
    [false, true].map((keepDims) => ({
      build: (b: Builder) => b[kind](b.input('x', ['rows', 2, 3]), axes, keepDims),
      values: { x },
    })),
  );
const product = (a: readonly (number | 'rows')[], c: readonly number[], transposeA: boolean, transposeB: boolean): Case => ({
  build: (b) => b.matmul(b.input('x', a), b.parameter('w', c), { transposeA, transposeB }),
  values: {
    x: a.includes('rows') ? x : x.slice(0, 12),
    w: numbers(
      c.reduce((n, d) => n * d, 1),
      3,
    ),
  },
});
const table = numbers(7 * 3, 5);
const ids = { ids: [3, 0, 3, 6, 1] };
const bags = { ids: [3, 0, 3, 6, 1, 1, 1], offsets: [0, 2, 2, 3, 7, 7] };
const bag = (b: Builder) => [b.input('ids', ['ids(tags)'], 'int'), b.input('offsets', ['rows+1'], 'int')] as const;

/** Too many for a matrix: 3000 elements, each at its own place; and the last thousand beside others. */
const distinct = Array.from({ length: 3000 }, (_, i) => (i * 7) % 3001);
const repeated = distinct.map((to, i) => (i < 2000 ? to : (distinct[i - 2000] ?? 0)));
const many = numbers(6000, 7);

/** For each op, graphs of it alone. */
const cases = {
  input: [
    { build: (b) => matrix(b), values: { x } },
    { build: (b) => b.binary('multiply', b.input('n', ['rows'], 'int'), b.constant(0.5)), values: { n: [3, -1, 0, 2, 7] } },
  ],
  parameter: [{ build: (b) => b.binary('add', b.parameter('p', [6]), matrix(b)), values: { p: y.slice(0, 6), x } }],
  state: [{ build: (b) => b.binary('subtract', matrix(b), b.state('mean', [6])), values: { mean: y.slice(0, 6), x } }],
  noise: [{ build: (b) => b.binary('add', b.noise('drop', ['rows', 6]), matrix(b)), values: { drop: y, x } }],
  constant: [
    { build: (b) => b.binary('add', b.constant([1, 2, -0, 4, 5, 6]), matrix(b)), values: { x } },
    { build: (b) => b.binary('add', b.constant(2, ['rows', 6]), matrix(b)), values: { x } },
  ],

  add: binary('add'),
  subtract: binary('subtract'),
  multiply: binary('multiply'),
  divide: binary('divide', positive),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  greater: binary('greater'),
  select: [
    {
      build: (b) => b.select(b.binary('greater', matrix(b), b.constant(0.1)), matrix(b, 'y'), b.constant(0)),
      values: { x, y },
    },
    {
      build: (b) => b.select(b.input('n', ['rows', 6]), matrix(b), matrix(b, 'y')),
      values: { x, y, n: x.map((v) => Math.round(v)) },
    },
  ],
  negate: unary('negate'),
  exp: unary('exp'),
  log: unary('log', positive),
  sqrt: unary('sqrt', positive),
  abs: unary('abs'),
  sign: unary('sign', [0, ...x.slice(1)]),
  sigmoid: unary(
    'sigmoid',
    x.map((v) => v * 30),
  ),
  tanh: unary(
    'tanh',
    x.map((v) => v * 5),
  ),
  relu: unary('relu'),
  softplus: unary(
    'softplus',
    x.map((v) => v * 60),
  ),

  sum: [...reduction('sum'), { build: (b) => b.sum(matrix(b), [0]), values: { x } }],
  max: reduction('max'),
  softmax: [0, 1, 2].map((axis) => ({ build: (b: Builder) => b.softmax(b.input('x', ['rows', 2, 3]), axis), values: { x } })),
  log_softmax: [1, 2].map((axis) => ({ build: (b: Builder) => b.logSoftmax(b.input('x', ['rows', 2, 3]), axis), values: { x } })),

  matmul: [
    product(['rows', 6], [6, 4], false, false),
    product(['rows', 6], [4, 6], false, true),
    product(['rows', 2, 3], [3, 4], false, false),
    product(['rows', 2, 3], [4, 3], false, true),
    product(['rows', 2, 3], [2, 4], true, false),
    { build: (b) => b.matmul(matrix(b), matrix(b, 'y'), { transposeA: true }), values: { x, y } },
    { build: (b) => b.matmul(matrix(b), matrix(b, 'y'), { transposeB: true }), values: { x, y } },
    {
      build: (b) => b.matmul(b.input('x', ['rows', 2, 3]), b.input('y', ['rows', 2, 3]), { transposeB: true }),
      values: { x, y },
    },
  ],
  transpose: [
    { build: (b) => b.transpose(b.input('x', ['rows', 2, 3]), [0, 2, 1]), values: { x } },
    { build: (b) => b.transpose(matrix(b), [1, 0]), values: { x } },
  ],
  reshape: [
    { build: (b) => b.reshape(matrix(b), ['rows', 3, 2]), values: { x } },
    { build: (b) => b.reshape(matrix(b), ['rows*6']), values: { x } },
    { build: (b) => b.reshape(b.reshape(matrix(b), ['rows*2', 3]), ['rows', 1, 6]), values: { x } },
  ],
  broadcast: [
    { build: (b) => b.broadcast(b.input('x', ['rows', 1]), ['rows', 4]), values: { x: x.slice(0, ROWS) } },
    {
      build: (b) => b.binary('add', b.broadcast(b.parameter('p', [6]), ['rows', 6]), matrix(b)),
      values: { p: y.slice(0, 6), x },
    },
  ],
  concat: [
    { build: (b) => b.concat([matrix(b), matrix(b, 'y'), matrix(b)], 1), values: { x, y } },
    {
      build: (b) => b.concat([b.parameter('p', [2, 3]), b.parameter('q', [1, 3])], 0),
      values: { p: x.slice(0, 6), q: y.slice(0, 3) },
    },
  ],
  slice: [{ build: (b) => b.slice(matrix(b), 1, 2, 5), values: { x } }],
  pad: [{ build: (b) => b.pad(matrix(b), 1, 2, 1), values: { x } }],
  take: [
    { build: (b) => b.take(matrix(b), 1, [5, 0, 0, 3]), values: { x } },
    { build: (b) => b.take(b.input('x', ['rows', 2, 3]), 1, [1, 1, 0]), values: { x } },
    { build: (b) => b.take(b.parameter('p', [6]), 0, [4, 2]), values: { p: x.slice(0, 6) } },
  ],
  place: [
    { build: (b) => b.place(matrix(b), 1, [7, 0, 2, 3, 9, 4], 10), values: { x } },
    { build: (b) => b.place(matrix(b), 1, [1, 0, 1, 1, 2, 0], 4), values: { x } },
    { build: (b) => b.place(b.input('x', ['rows', 2, 3]), 1, [3, 1], 5), values: { x } },
    { build: (b) => b.place(b.input('x', ['rows', 3, 2, 1]), 1, [1, 1, 0], 2), values: { x } },
    { build: (b) => b.place(b.parameter('p', [6]), 0, [5, 4, 3, 3, 1, 0], 7), values: { p: x.slice(0, 6) } },
    ...[distinct, repeated].map((at) => ({
      build: (b: Builder) => b.place(b.parameter('p', [3000]), 0, at, 3001),
      values: { p: many.slice(0, 3000) },
    })),
    { build: (b) => b.place(b.parameter('p', [3000, 2]), 0, repeated, 3001), values: { p: many } },
  ],

  lookup: [
    {
      build: (b) => b.lookup('f', b.parameter('t', ['V(f)', 3]), b.input('ids', ['rows', 2], 'int')),
      values: { t: table, ids: [3, 0, 3, 6, 1, 1, 2, 5, 0, 0] },
    },
    { build: (b) => b.lookup('f', b.parameter('t', [7, 3]), b.input('ids', ['rows'], 'int')), values: { t: table, ...ids } },
    { build: (b) => b.lookup('f', b.parameter('t', ['V(f)', 3]), b.input('ids', ['rows'], 'int')), values: { t: table, ...ids } },
    ...(['mean', 'sum'] as const).map((pool) => ({
      build: (b: Builder) => {
        const [values, offsets] = bag(b);
        return b.lookup('f', b.parameter('t', ['V(f)', 3]), values, { offsets, pool });
      },
      values: { t: table, ...bags },
    })),
  ],
  scatter_rows: [
    {
      build: (b) =>
        b.scatterRows('f', b.parameter('t', ['V(f)', 3]), b.input('ids', ['rows', 2], 'int'), b.input('g', ['rows', 2, 3])),
      values: { t: table, ids: [3, 0, 3, 6, 1, 1, 2, 5, 0, 0], g: numbers(30) },
    },
    {
      build: (b) => b.scatterRows('f', b.parameter('t', ['V(f)', 3]), b.input('ids', ['rows'], 'int'), b.input('g', ['rows', 3])),
      values: { t: table, ...ids, g: numbers(15) },
    },
    ...(['mean', 'sum'] as const).map((pool) => ({
      build: (b: Builder) => {
        const [values, offsets] = bag(b);
        return b.scatterRows('f', b.parameter('t', ['V(f)', 3]), values, b.input('g', ['rows', 3]), { offsets, pool });
      },
      values: { t: table, ...bags, g: numbers(15) },
    })),
  ],
} satisfies Readonly<Record<OpName, readonly Case[]>>;

describe('place is written', () => {
  const types = (at: readonly number[], size: number): readonly string[] => {
    const b = createBuilder();
    const graph = b.finish({ result: b.place(b.input('x', ['rows', at.length]), 1, at, size) });
    return decodeModel(onnxModel(graph, { rows: ROWS })).graph.node.map((node) => node.op_type);
  };
  test.each([
    ['as a product where that is fast', [2, 0, 2, 1], 5, ['MatMul']],
    ['as a reading of each place', distinct, 3001, ['Pad', 'Gather']],
    ['as one of a permutation, without zeros', Array.from({ length: 3000 }, (_, i) => (i * 7) % 3000), 3000, ['Gather']],
    ['as a sum of several readings', repeated, 3001, ['Pad', 'Gather', 'ReduceSum']],
  ])('%s', (_title, at, size, wanted) => {
    expect(types(at, size)).toEqual(wanted);
  });
});

describe.skipIf(!ort)('one op in onnxruntime is one op in the interpreter', () => {
  test.each(Object.entries(cases))('%s', async (_op, graphs: readonly Case[]) => {
    for (const { build, values } of graphs) {
      const b = createBuilder();
      await expectAgreement(b.finish({ result: build(b) }), values, ROWS);
    }
  });

  test('equal ids add up whatever the number of threads', async () => {
    const rows = 20_000;
    const b = createBuilder();
    const [t, i, g] = [b.parameter('t', [3, 16]), b.input('ids', ['rows'], 'int'), b.input('g', ['rows', 16])];
    const graph = b.finish({ result: b.scatterRows('f', t, i, g) });
    const values = {
      t: numbers(48),
      ids: Array.from({ length: rows }, (_, r) => r % 3),
      g: Array.from({ length: rows * 16 }, () => 1),
    };
    const { result } = await runOnnx(graph, values, rows, { threads: 2 });
    expect(result?.data).toEqual(interpret(graph, values, rows).result?.data);
  });
});
