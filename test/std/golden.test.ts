import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { expectClose } from '../graph/numbers.js';
import { modelOver } from './models.js';

const valueOf = (call: string, size: number, x0: readonly number[], x: readonly number[] = [0]): readonly number[] => {
  const label = size === 1 ? 'number' : `class(${size})`;
  const { graph } = inferenceGraph(
    modelOver({ x0: x0.length, x: x.length }, 'vectors', label, `y = ${call} + 0 * sum(x) + 0 * sum(x0)`),
  );
  return [...(interpret(graph, { 'dense.x0': x0, 'dense.x': x }, 1)['logit.y']?.data ?? [])];
};

describe('worked by hand', () => {
  const v = [1, 2, 3, 4, 5, 6];
  test.each([
    ['bi_interaction(unflatten(x0, 3))', [23, 44]],
    ['fm(unflatten(x0, 3))', [67]],
    ['dots(unflatten(x0, 3))', [11, 17, 39]],
    ['dots(unflatten(x0, 3), self: true)', [5, 11, 25, 17, 39, 61]],
    ['dot_rows(unflatten(x0, 3), unflatten(x0, 3))', [5, 25, 61]],
    ['normalize(x0[2..4])', [0.6, 0.8]],
    ['cosine(x0[2..4], -x0[2..4])', [-1]],
    ['match(x0[..2], x0[2..4], temperature: 0.5)', [22]],
  ])('%s', (call, wanted) => {
    expectClose(valueOf(call, wanted.length, v), wanted, 1e-12);
  });
});

describe('where a formula of a paper is on the edge', () => {
  test('the zero vector is not divided by its length', () => {
    expect(valueOf('normalize(x0)', 3, [0, 0, 0])).toEqual([0, 0, 0]);
    expect(valueOf('cosine(x0, x)', 1, [0, 0, 0], [1, 2, 3])).toEqual([0]);
    const { graph } = stepGraph(modelOver(3, 'tables', 'number', 'y = cosine(x0, x)'));
    const step = interpret(
      graph,
      { 'rows.x0': [0, 0, 0], 'rows.x': [1, 2, 3], 'label.y': [1], weight: [1], total_weight: [1] },
      1,
    );
    for (const site of ['x0', 'x']) expect(step[`gradient.rows.${site}`]!.data.every(Number.isFinite)).toBe(true);
  });

  test('equal numbers are layer-normalized to 0', () => {
    const weights = { 'y.layer_norm.weight': [1, 1, 1], 'y.layer_norm.bias': [0, 0, 0] };
    const { graph } = inferenceGraph(modelOver(3, 'vectors', 'class(3)', 'y = layer_norm(x) + 0 * x0'));
    const result = interpret(graph, { ...weights, 'dense.x0': [0, 0, 0], 'dense.x': [7, 7, 7] }, 1)['logit.y'];
    expectClose(result?.data ?? [], [0, 0, 0], 1e-12);
  });

  test.each([
    [800, 800, 800 - Math.log(2)],
    [-800, 3, -800 - Math.log(1 + Math.exp(-3))],
    [-800, -700, -1500],
    [800, 0, 0],
  ])('both(%d, %d) neither overflows nor vanishes', (a, b, wanted) => {
    expectClose(valueOf('both(x0, x)', 1, [a], [b]), [wanted], 1e-12);
  });
});
