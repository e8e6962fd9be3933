import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import type { Builder } from '../../../src/graph/builder.js';
import type { NodeId } from '../../../src/graph/graph.js';
import { onnxModel } from '../../../src/target/onnx/model.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import { chooseKernels, rewrites } from '../../../src/target/onnx/rewrites.js';
import { expectAgreement, numbers, ort } from './support.js';

const ROWS = 7;
const values = {
  x: numbers(ROWS * 4),
  y: numbers(ROWS * 3, 2),
  z: numbers(ROWS * 3, 4),
  w: numbers(12, 3),
  b: numbers(3, 5),
  v: numbers(9, 6),
  t: numbers(ROWS * 6, 7),
  u: numbers(ROWS * 6, 8),
};

const x = (b: Builder) => b.input('x', ['rows', 4]);
const y = (b: Builder) => b.input('y', ['rows', 3]);
const z = (b: Builder) => b.input('z', ['rows', 3]);
const bias = (b: Builder) => b.parameter('b', [3]);
const product = (b: Builder) => b.matmul(x(b), b.parameter('w', [3, 4]), { transposeB: true });
const zeros = (b: Builder) => b.constant(0);

interface Case {
  readonly rewrite: string;
  readonly title: string;
  readonly build: (b: Builder) => Readonly<Record<string, NodeId>>;
  /** Op types of the model, in order. */
  readonly nodes: readonly string[];
}

const cases: readonly Case[] = [
  { rewrite: 'gemm-adds', title: 'a bias', build: (b) => ({ r: b.binary('add', product(b), bias(b)) }), nodes: ['Gemm'] },
  {
    rewrite: 'gemm-adds',
    title: 'a bias on the left',
    build: (b) => ({ r: b.binary('add', bias(b), product(b)) }),
    nodes: ['Gemm'],
  },
  { rewrite: 'gemm-adds', title: 'a matrix', build: (b) => ({ r: b.binary('add', product(b), y(b)) }), nodes: ['Gemm'] },
  {
    rewrite: 'gemm-adds',
    title: 'a bias spread out',
    build: (b) => ({ r: b.binary('add', product(b), b.broadcast(b.reshape(bias(b), [1, 3]), ['rows', 3])) }),
    nodes: ['Gemm'],
  },
  {
    rewrite: 'gemm-adds',
    title: 'two products',
    build: (b) => ({ r: b.binary('add', product(b), b.matmul(y(b), b.parameter('v', [3, 3]))) }),
    nodes: ['Gemm', 'Gemm'],
  },
  {
    rewrite: 'sum-of-rows',
    title: 'to a vector',
    build: (b) => ({ r: b.sum(y(b), [0]) }),
    nodes: ['Expand', 'MatMul'],
  },
  {
    rewrite: 'sum-of-rows',
    title: 'to one row',
    build: (b) => ({ r: b.sum(y(b), [0], true) }),
    nodes: ['Expand', 'MatMul'],
  },
  {
    rewrite: 'sum-of-rows',
    title: 'of each of three matrices',
    build: (b) => ({ r: b.sum(b.input('t', [3, 'rows', 2]), [1]), s: b.sum(b.input('t', [3, 'rows', 2]), [1], true) }),
    nodes: ['Expand', 'MatMul', 'Expand', 'MatMul'],
  },
  {
    rewrite: 'step-times',
    title: "relu's gradient by comparison",
    build: (b) => ({ r: b.select(b.binary('greater', y(b), zeros(b)), z(b), zeros(b)) }),
    nodes: ['HardSigmoid', 'Mul'],
  },
  {
    rewrite: 'step-times',
    title: "relu's gradient reads relu's result",
    build: (b) => {
      const p = b.binary('add', product(b), bias(b));
      const h = b.unary('relu', p);
      return { h, r: b.select(b.binary('greater', p, zeros(b)), z(b), zeros(b)) };
    },
    nodes: ['Gemm', 'Relu', 'HardSigmoid', 'Mul'],
  },
  {
    rewrite: 'step',
    title: 'sign of a relu',
    build: (b) => ({ r: b.unary('sign', b.unary('relu', y(b))) }),
    nodes: ['Relu', 'HardSigmoid'],
  },
  { rewrite: 'step', title: 'a comparison', build: (b) => ({ r: b.binary('greater', y(b), zeros(b)) }), nodes: ['HardSigmoid'] },
  {
    rewrite: 'compare-and-select',
    title: 'two tensors',
    build: (b) => ({ r: b.select(b.binary('greater', y(b), z(b)), y(b), bias(b)) }),
    nodes: ['Greater', 'Where'],
  },
  {
    rewrite: 'broadcast-in-place',
    title: 'a vector',
    build: (b) => ({ r: b.binary('multiply', y(b), b.broadcast(bias(b), ['rows', 3])) }),
    nodes: ['Mul'],
  },
  {
    rewrite: 'gemm-transposes',
    title: 'both sides',
    build: (b) => ({ r: b.matmul(b.transpose(y(b), [1, 0]), b.transpose(x(b), [1, 0]), { transposeB: true }) }),
    nodes: ['Gemm'],
  },
  {
    rewrite: 'no-move',
    title: 'an identical transpose',
    build: (b) => ({ r: b.unary('exp', b.transpose(y(b), [0, 1])) }),
    nodes: ['Exp'],
  },
];

const refusals: readonly Omit<Case, 'nodes'>[] = [
  {
    rewrite: 'gemm-adds',
    title: 'a product that is read twice',
    build: (b) => {
      const p = product(b);
      return { r: b.binary('add', p, bias(b)), s: b.unary('exp', p) };
    },
  },
  {
    rewrite: 'gemm-adds',
    title: 'a product that is spread out by the addition',
    build: (b) => ({ r: b.binary('add', b.matmul(b.parameter('b', [1, 3]), b.parameter('v', [3, 3])), y(b)) }),
  },
  { rewrite: 'sum-of-rows', title: 'a sum over columns', build: (b) => ({ r: b.sum(y(b), [1]) }) },
  { rewrite: 'sum-of-rows', title: 'a small sum in each row', build: (b) => ({ r: b.sum(b.input('u', ['rows', 3, 2]), [1]) }) },
  {
    rewrite: 'step-times',
    title: 'another constant than 0',
    build: (b) => ({ r: b.select(b.binary('greater', y(b), zeros(b)), z(b), b.constant(1)) }),
  },
  { rewrite: 'step', title: 'a sign of anything', build: (b) => ({ r: b.unary('sign', y(b)) }) },
  {
    rewrite: 'broadcast-in-place',
    title: 'a broadcast that gives the result its shape',
    build: (b) => ({ e: b.unary('exp', y(b)), r: b.binary('multiply', bias(b), b.broadcast(bias(b), ['rows', 3])) }),
  },
  { rewrite: 'no-move', title: 'a transpose', build: (b) => ({ r: b.transpose(y(b), [1, 0]) }) },
];

const applied = (build: Case['build'], rows: number | 'dynamic') => {
  const b = createBuilder();
  const kernels = [...chooseKernels(b.finish(build(b)), rows).values()];
  return kernels.flatMap((kernel) => (kernel === 'plain' ? [] : [kernel.rewrite]));
};

test('every rewrite has a case', () => {
  expect([...new Set(cases.map(({ rewrite }) => rewrite))].sort()).toEqual(Object.keys(rewrites).sort());
});

test.each(cases)('$rewrite: $title', ({ rewrite, build, nodes }) => {
  const b = createBuilder();
  expect(applied(build, ROWS)).toContain(rewrite);
  expect(decodeModel(onnxModel(b.finish(build(b)), { rows: ROWS })).graph.node.map((node) => node.op_type)).toEqual(nodes);
});

test.each(refusals)('$rewrite leaves $title alone', ({ rewrite, build }) => {
  expect(applied(build, ROWS)).not.toContain(rewrite);
});

test('sums over rows stay sums where the rows are not known', () => {
  expect(applied((b) => ({ r: b.sum(y(b), [0]) }), 'dynamic')).toEqual([]);
});

describe.skipIf(!ort)('no rewrite changes a result', () => {
  test.each([...cases, ...refusals])('$rewrite: $title', async ({ build }) => {
    const b = createBuilder();
    await expectAgreement(b.finish(build(b)), values, ROWS);
  });
});
