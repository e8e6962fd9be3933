import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuilder, type Builder } from '../../src/graph/builder.js';
import type { NodeId } from '../../src/graph/graph.js';
import { live } from '../../src/graph/passes/pass.js';
import { interpret } from '../../src/graph/interpreter.js';
import { isRowLocal } from '../../src/graph/row-local.js';
import { follow, recipes } from './expressions.js';
import { expectClose, graphOf, randomValues } from './numbers.js';

const ROWS = 3;

/** Elements of every row but the first, and NaN for those of the first. */
function withoutFirstRow(shape: readonly number[], axis: number, data: Float64Array): number[] {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return Array.from(data, (value, i) => (Math.floor(i / inner) % ROWS === 0 ? NaN : value));
}

describe('row-local graphs', () => {
  test('keep a change of one row in that row', () => {
    let found = 0;
    fc.assert(
      fc.property(recipes, fc.nat(1000), (recipe, seed) => {
        const b = createBuilder();
        follow(b, recipe);
        for (const { id, shape } of b.finish({}).nodes) {
          const graph = live(b.finish({ y: id }));
          const axis = shape.indexOf('rows');
          if (axis < 0 || id % 5 !== 0 || !isRowLocal(graph)) continue;
          found++;
          const values = randomValues(graph, ROWS, seed);
          const moved = { ...values };
          for (const node of graph.nodes) {
            if (node.kind !== 'input' || node.shape[0] !== 'rows') continue;
            const first = (values[node.name]?.length ?? 0) / ROWS;
            moved[node.name] = (values[node.name] ?? new Float64Array()).map((value, i) => (i < first ? value + 0.5 : value));
          }
          const [before, after] = [interpret(graph, values, ROWS).y, interpret(graph, moved, ROWS).y];
          expectClose(
            withoutFirstRow(after?.shape ?? [], axis, after?.data ?? new Float64Array()),
            withoutFirstRow(before?.shape ?? [], axis, before?.data ?? new Float64Array()),
          );
        }
      }),
      { seed: 3, numRuns: 40 },
    );
    expect(found).toBeGreaterThan(40);
  });

  const coupled: Record<string, (b: Builder, x: NodeId) => NodeId> = {
    'a sum over the batch': (b, x) => b.sum(x, [0]),
    'a softmax over the batch': (b, x) => b.softmax(x, 0),
    'a product over the batch': (b, x) => b.matmul(x, x, { transposeA: true }),
    'a product of all pairs of rows': (b, x) => b.matmul(x, x, { transposeB: true }),
    'a reshape across rows': (b, x) => b.reshape(x, [2, 'rows']),
  };
  for (const [name, make] of Object.entries(coupled)) {
    test(`${name} is not`, () => {
      expect(isRowLocal(graphOf([['rows', 2]], (b, [x = -1]) => make(b, x)))).toBe(false);
    });
  }

  const apart: Record<string, (b: Builder, x: NodeId) => NodeId> = {
    'the batch folded with an axis before it': (b, x) => {
      const columns = b.reshape(b.transpose(x, [1, 0]), ['rows*2', 1]);
      return b.transpose(b.reshape(b.unary('tanh', columns), [2, 'rows']), [1, 0]);
    },
    'the batch folded with an axis after it': (b, x) => b.reshape(b.unary('tanh', b.reshape(x, ['rows*2'])), ['rows', 2]),
  };
  for (const [name, make] of Object.entries(apart)) {
    test(`${name} is`, () => {
      expect(isRowLocal(graphOf([['rows', 2]], (b, [x = -1]) => make(b, x)))).toBe(true);
    });
  }

  test('the batch folded in two ways is not', () => {
    const both = (b: Builder, x: NodeId) =>
      b.binary('add', b.reshape(x, ['rows*2']), b.reshape(b.transpose(x, [1, 0]), ['rows*2']));
    expect(isRowLocal(graphOf([['rows', 2]], (b, [x = -1]) => both(b, x)))).toBe(false);
  });

  test('a dense layer is', () => {
    const graph = graphOf(
      [
        ['rows', 2],
        [3, 2],
      ],
      (b, [x = -1, w = -1]) => b.unary('relu', b.matmul(x, w, { transposeB: true })),
    );
    expect(isRowLocal(graph)).toBe(true);
  });
});
