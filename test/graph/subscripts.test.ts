import { expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { forwardGraph } from '../../src/graph/pipeline.js';
import { richModel } from '../train/rich.js';
import { expectClose, randomValues } from './numbers.js';

test.each([
  ['w[1.., 2, ..3]', 'stack([w[1, 2][..3], w[2, 2][..3]])'],
  ['w[..2, 1..3, 4]', 'stack([stack([w[i, 1, 4], w[i, 2, 4]]) for i in 2])'],
  ['stack[i](w[i, 1..3, 4])[1..]', 'stack([stack([w[i, 1, 4], w[i, 2, 4]]) for i in [1, 2]])'],
  ['stack[i](d[i, i])', 'stack([d[0, 0], d[1, 1], d[2, 2]])'],
  ['stack[i](stack[j](d[j])[i, i])', 'stack([d[0, 0], d[1, 1], d[2, 2]])'],
])('of slices and diagonals: %s', (short, spelled) => {
  const logitsOf = (expression: string): readonly number[] => {
    const network = `w = weight[3, 4, 5] d = weight[3, 3, 2] v = ${expression} scale = weight[len(v), len(v[0])] y = sum(v * scale) + sum(d) + sum(x)`;
    const graph = forwardGraph(richModel({ network }));
    return [...(interpret(graph, randomValues(graph, 2, 3), 2)['logit.y']?.data ?? [])];
  };
  expect(logitsOf(short)[0]).not.toBeNaN();
  expectClose(logitsOf(short), logitsOf(spelled));
});
