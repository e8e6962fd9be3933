import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { interpret } from '../../../src/graph/interpreter.js';
import type { ops } from '../../../src/graph/ops/index.js';
import { kernels } from '../../../src/target/tfjs/kernels.js';
import { runGraph } from '../../../src/target/tfjs/run.js';
import { expectClose } from '../../graph/numbers.js';
import { leavesOf } from './leaves.js';
import { opCases } from './op-cases.js';

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
