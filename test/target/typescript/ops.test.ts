import { compileFunction } from 'node:vm';
import { transformSync } from 'esbuild';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createBuilder, type Builder } from '../../../src/graph/builder.js';
import { differentiate } from '../../../src/graph/differentiate.js';
import type { NodeId } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpreter.js';
import { identifier, trusted } from '../../../src/target/code/code.js';
import { printStage } from '../../../src/target/typescript/forward.js';
import { idiomsOf, trainedNodes } from '../../../src/target/typescript/idioms.js';
import { createNames } from '../../../src/target/code/names.js';
import { layerParts, type LayerName } from '../../../src/target/typescript/runtime/layers.js';
import { assemble } from '../../../src/target/code/parts.js';
import { reach } from '../../../src/target/typescript/stages.js';
import { createRandom } from './films.js';

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

const rows = 3;

/** `x` [rows, 4] and `y` [rows, 2, 4] are looked up, `d` [rows, 4] is not, `w` [4, 4], `v` [2, 4, 4] and `b` [4] are weights. */
interface Leaves {
  readonly x: NodeId;
  readonly y: NodeId;
  readonly d: NodeId;
  readonly w: NodeId;
  readonly v: NodeId;
  readonly b: NodeId;
}

const cases: Readonly<Record<string, (b: Builder, leaves: Leaves) => NodeId>> = {
  add: (b, { x, b: bias }) => b.binary('add', x, bias),
  'add a number': (b, { x }) => b.binary('add', b.constant(2), x),
  'subtract from a number': (b, { x }) => b.binary('subtract', b.constant(-2), x),
  multiply: (b, { x, y }) => b.binary('multiply', b.reshape(x, ['rows', 1, 4]), y),
  'divide by': (b, { x, b: bias }) => b.binary('divide', x, b.unary('exp', bias)),
  'divide a number': (b, { x }) => b.binary('divide', b.constant(1), b.unary('exp', x)),
  maximum: (b, { x, b: bias }) => b.binary('maximum', x, bias),
  minimum: (b, { x }) => b.binary('minimum', b.constant(0.1), x),
  'two numbers': (b, { x }) => b.binary('add', x, b.binary('maximum', b.constant(1), b.constant(2))),
  negate: (b, { x }) => b.unary('negate', x),
  log: (b, { x }) => b.unary('log', b.unary('exp', x)),
  sqrt: (b, { x }) => b.unary('sqrt', b.unary('exp', x)),
  abs: (b, { x }) => b.unary('abs', x),
  sigmoid: (b, { x }) => b.unary('sigmoid', x),
  tanh: (b, { x }) => b.unary('tanh', x),
  relu: (b, { x }) => b.unary('relu', x),
  softplus: (b, { x }) => b.unary('softplus', x),
  'sum of one axis': (b, { y }) => b.sum(y, [1]),
  'sum of two axes': (b, { y }) => b.sum(y, [1, 2]),
  'sum that keeps its axis': (b, { y }) => b.sum(y, [1], true),
  max: (b, { y }) => b.max(y, [2]),
  'max of two axes': (b, { y }) => b.max(y, [0, 2]),
  'max of what is equal': (b, { y }) => b.max(b.concat([y, y, b.broadcast(b.constant(0.2), ['rows', 1, 4])], 1), [1]),
  'log of a sum of exponentials': (b, { y }) => logSumExp(b, y, 1),
  'log of a sum of exponentials of equal numbers': (b, { y }) => logSumExp(b, b.concat([y, y], 2), 2),
  softmax: (b, { y }) => b.softmax(y, 2),
  'softmax of an inner axis': (b, { y }) => b.softmax(y, 1),
  'log_softmax of the first axis': (b, { y }) => b.logSoftmax(y, 0),
  matmul: (b, { x, w }) => b.matmul(x, w),
  'matmul, transposed': (b, { x, w }) => b.matmul(x, w, { transposeB: true }),
  'matmul, both transposed': (b, { x, w }) => b.matmul(w, x, { transposeA: true, transposeB: true }),
  'matmul of batches': (b, { x, v }) => b.matmul(b.broadcast(x, [2, 'rows', 4]), v, { transposeB: true }),
  'matmul of a batch and a matrix': (b, { y, w }) => b.matmul(y, w, { transposeB: true }),
  'matmul of a matrix and a batch': (b, { x, v }) => b.matmul(x, v),
  'matmul of a transposed batch and a matrix': (b, { x, v }) => b.matmul(v, x, { transposeA: true, transposeB: true }),
  transpose: (b, { y }) => b.transpose(y, [2, 0, 1]),
  reshape: (b, { y }) => b.reshape(y, ['rows', 8]),
  'reshape that folds the batch': (b, { y, w }) => b.reshape(b.matmul(b.reshape(y, ['rows*2', 4]), w), ['rows', 2, 4]),
  broadcast: (b, { x }) => b.broadcast(b.reshape(x, ['rows', 1, 4]), ['rows', 3, 4]),
  'broadcast of a weight': (b, { b: bias }) => b.broadcast(bias, ['rows', 4]),
  concat: (b, { x, y }) => b.concat([b.reshape(x, ['rows', 1, 4]), y], 1),
  slice: (b, { y }) => b.slice(y, 2, 1, 3),
  'slice of the first axis': (b, { w }) => b.slice(w, 0, 1, 3),
  pad: (b, { x }) => b.pad(x, 1, 1, 2),
  take: (b, { y }) => b.take(y, 1, [1, 0, 1, 1]),
  'take of the last axis, some places left out': (b, { x }) => b.take(x, 1, [2, 0]),
  'take of a weight': (b, { v }) => b.take(v, 2, [3, 3, 1]),
  greater: (b, { x, b: bias }) => b.binary('multiply', b.binary('greater', x, bias), x),
  'greater than a number': (b, { x }) => b.binary('multiply', b.binary('greater', b.constant(0.2), x), x),
  equal: (b, { x, b: bias }) => b.binary('multiply', equal(b, x, bias), x),
  select: (b, { x, b: bias }) => b.select(b.binary('greater', x, b.constant(0)), bias, b.constant(3)),
  'select of a few, for all': (b, { x, b: bias }) => b.select(b.reshape(b.sum(x, [1]), ['rows', 1]), bias, x),
  'select where values are equal': (b, { x, y }) => b.select(equal(b, x, x), b.sum(y, [1]), x),
  'the batch twice': (b, { x }) => b.softmax(b.matmul(x, x, { transposeB: true }), 1),
  'the batch twice, with what one row has': (b, { x, b: bias }) =>
    b.sum(
      b.binary('subtract', b.reshape(x, ['rows', 1, 4]), b.binary('multiply', b.broadcast(x, ['rows', 'rows', 4]), bias)),
      [1],
    ),
  'list of numbers': (b, { x }) => b.binary('multiply', x, b.constant([1, -2, 3, 4])),
  'one number for all': (b, { x }) => b.concat([x, b.broadcast(b.constant(2), ['rows', 1])], 1),
};

/** As reductions are lowered. */
function logSumExp(b: Builder, x: NodeId, axis: number): NodeId {
  const largest = b.max(x, [axis]);
  const kept = b.reshape(
    largest,
    b.shape(x).map((dim, i) => (i === axis ? 1 : dim)),
  );
  return b.binary('add', b.unary('log', b.sum(b.unary('exp', b.binary('subtract', x, kept)), [axis])), largest);
}

/** 1 where a is b, else 0, as comparisons are lowered. */
function equal(b: Builder, x: NodeId, y: NodeId): NodeId {
  const differ = b.binary('add', b.binary('greater', x, y), b.binary('greater', y, x));
  return b.binary('subtract', b.constant(1), differ);
}

const ungraded: Readonly<Record<string, (b: Builder, leaves: Leaves) => NodeId>> = {
  sign: (b, { x }) => b.unary('sign', x),
  'greater of inputs': (b, { d }) => b.binary('greater', d, b.reshape(b.sum(d, [1]), ['rows', 1])),
  'equal of inputs': (b, { d }) => equal(b, b.slice(d, 1, 0, 2), b.slice(d, 1, 0, 1)),
  'at most': (b, { d }) => b.binary('subtract', b.constant(1), b.binary('greater', d, b.constant(0.1))),
  'select by inputs': (b, { d, x }) => b.select(equal(b, d, d), x, b.constant(3)),
};

const shapes = { x: [rows, 4], y: [rows, 2, 4], d: [rows, 4], w: [4, 4], v: [2, 4, 4], b: [4] } as const;

function prepare(make: (b: Builder, leaves: Leaves) => NodeId) {
  const b = createBuilder();
  const leaves: Leaves = {
    x: b.input('rows.x', ['rows', 4]),
    y: b.input('rows.y', ['rows', 2, 4]),
    d: b.input('dense.d', ['rows', 4]),
    w: b.parameter('w', [4, 4]),
    v: b.parameter('v', [2, 4, 4]),
    b: b.parameter('b', [4]),
  };
  const result = make(b, leaves);
  // Uneven weights, so that the gradient of a softmax is not zero.
  const loss = b.sum(
    b.binary('multiply', result, result),
    Array.from(b.shape(result), (_, axis) => axis),
  );
  const order = Object.keys(leaves) as (keyof Leaves)[];
  const gradients = differentiate(
    b,
    loss,
    order.map((name) => leaves[name]),
  );
  const graph = b.finish({ result, ...Object.fromEntries(order.map((name, i) => [name, gradients[i] ?? -1])) });
  const trained = trainedNodes(graph);
  const named = { graph, names: new Map<number, string>(), norms: [], trained, idioms: idiomsOf(graph, trained) };
  const layers = new Set<LayerName>();
  const unused = (): never => {
    throw new Error('not a part of these graphs');
  };
  const { statements, results } = printStage(
    named,
    { results: [result], ...reach(named, [result]) },
    {
      leaf: ({ kind, name }) => trusted(kind === 'parameter' ? `weights.${name}` : `inputs.${name.slice(name.indexOf('.') + 1)}`),
      state: unused,
      noise: unused,
      isTraining: unused,
      given: unused,
      newName: createNames(['weights', 'inputs', 'rows']),
      use: (layer) => {
        layers.add(layer);
        return identifier(layer);
      },
    },
  );
  const { code: helpers } = transformSync(assemble(layerParts, layers).code, { loader: 'ts' });
  const body = [...statements.map(({ code }) => code), `return { result: ${results.get(result)?.code ?? ''} };`];
  const run = compileFunction([helpers, ...body].join('\n'), ['tf', 'weights', 'inputs', 'rows']) as (
    library: typeof tf,
    weights: Record<string, tf.Tensor>,
    inputs: Record<string, tf.Tensor>,
    rows: number,
  ) => { readonly result: tf.Tensor };
  const random = createRandom(17);
  const values = Object.fromEntries(
    order.map((name) => [name, Array.from({ length: shapes[name].reduce((n, m) => n * m, 1) }, () => 2 * random() - 1)]),
  );
  const wanted = interpret(
    graph,
    { ...values, 'rows.x': values.x ?? [], 'rows.y': values.y ?? [], 'dense.d': values.d ?? [] },
    rows,
  );
  const tensors = order.map((name) => tf.tensor(values[name] ?? [], [...shapes[name]]));
  const forward = (...[x, y, d, w, v, bias]: tf.Tensor[]): tf.Tensor =>
    run(tf, { w: w!, v: v!, b: bias! }, { x: x!, y: y!, d: d! }, rows).result;
  return { order, wanted, tensors, forward };
}

function expectSame(
  actual: tf.Tensor,
  wanted: { readonly shape: readonly number[]; readonly data: Float64Array } | undefined,
): void {
  expect(actual.shape).toEqual(wanted?.shape);
  const numbers = actual.dataSync();
  wanted?.data.forEach((value, i) =>
    expect(Math.abs((numbers[i] ?? NaN) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))),
  );
}

describe('an op as TensorFlow.js agrees with the interpreter', () => {
  test.each(Object.entries(cases))('%s, and its gradient', (_, make) => {
    const { order, wanted, tensors, forward } = prepare(make);
    expectSame(forward(...tensors), wanted.result);
    const gradients = tf.grads((...given) =>
      forward(...given)
        .square()
        .sum()
        .add(tf.addN(given.map((one) => one.sum().mul(0)))),
    )(tensors);
    order.forEach((name, i) => expectSame(gradients[i]!, wanted[name]));
  });

  test.each(Object.entries(ungraded))('%s', (_, make) => {
    const { wanted, tensors, forward } = prepare(make);
    expectSame(forward(...tensors), wanted.result);
  });
});
