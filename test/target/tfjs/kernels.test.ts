import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import { interpret } from '../../../src/graph/interpreter.js';
import type { ops } from '../../../src/graph/ops/index.js';
import { kernels } from '../../../src/target/tfjs/kernels.js';
import { prepareGraph } from '../../../src/target/tfjs/run.js';
import { expectClose } from '../../graph/numbers.js';
import { leavesOf } from './leaves.js';
import { opCases } from './op-cases.js';
import { runGraph } from './run-graph.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('each op gives what the interpreter gives, and frees what it makes', () => {
  test.each(opCases)('$name', ({ graph, rows, values }) => {
    const leaves = leavesOf(tf, graph, values, rows);
    const before = tf.memory().numTensors;
    const { y } = runGraph(tf, graph, leaves, rows);
    expect(tf.memory().numTensors).toBe(before + 1);
    const expected = interpret(graph, values, rows).y;
    expect(y?.shape).toEqual(expected?.shape);
    expectClose(y?.dataSync() ?? [], expected?.data ?? [], 3e-6);
    tf.dispose([y, leaves]);
  });

  test('every op has a case', () => {
    const tried = new Set(opCases.map(({ op }) => op));
    expect(Object.keys(kernels).filter((kind) => !tried.has(kind as keyof typeof ops))).toEqual([]);
  });
});

test('constants of one number of rows are kept, not of all that were run', () => {
  const b = createBuilder();
  const graph = b.finish({ y: b.take(b.input('x', ['rows', 4]), 1, [3, 0]), two: b.constant(2, ['rows', 3]) });
  const before = tf.memory().numTensors;
  const runner = prepareGraph(tf, graph);
  const counts = [5, 1, 2, 5, 7].map((rows) => {
    const x = tf.ones([rows, 4]);
    const outputs = runner.run({ x });
    expect(outputs.two?.shape).toEqual([rows, 3]);
    tf.dispose([x, outputs]);
    return tf.memory().numTensors;
  });
  expect(new Set(counts).size).toBe(1);
  runner.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test.each(['cpu', 'wasm'])('the sign of a small number is not 0 on %s', async (backend) => {
  await tf.setBackend(backend);
  expect(tf.getBackend()).toBe(backend);
  const b = createBuilder();
  const graph = b.finish({ y: b.unary('sign', b.input('x', ['rows'])) });
  const x = tf.tensor1d([1, 1e-7, 1e-30, 0, -1e-30, -1e-7, -1]);
  const { y } = runGraph(tf, graph, { x }, 7);
  expect([...(y?.dataSync() ?? [])].map((sign) => sign + 0)).toEqual([1, 1, 1, 0, -1, -1, -1]);
  tf.dispose([x, y]);
  await tf.setBackend('cpu');
});
