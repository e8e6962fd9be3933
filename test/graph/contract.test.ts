import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../src/graph/builder.js';
import { contract } from '../../src/graph/contract.js';
import type { Graph, OpName } from '../../src/graph/graph.js';
import type { Label, Labelled } from '../../src/graph/labelled.js';
import { evaluateProduct } from '../../src/graph/lowering/products.js';
import { expectClose, outputOf, randomValues } from './numbers.js';

const ROWS = 3;
const sizes: Record<Label, number | 'rows'> = { rows: 'rows', i0: 2, i1: 1, c0: 4, c1: 2, sum0: 3, sum1: 5 };
const labels = Object.keys(sizes);
const sizeOf = (label: Label) => (label === 'rows' ? ROWS : Number(sizes[label]));
const axes = fc.shuffledSubarray(labels, { maxLength: 5 });

/** Σ over the contracted axes of the product, by running through every combination of all axes. */
function bruteForce(
  factors: readonly { labels: readonly Label[]; data: Float64Array }[],
  result: readonly Label[],
): Float64Array {
  const all = labels.filter((label) => factors.some((factor) => factor.labels.includes(label)) || result.includes(label));
  const out = new Float64Array(result.reduce((product, label) => product * sizeOf(label), 1));
  const offset = (order: readonly Label[], at: Readonly<Record<Label, number>>) =>
    order.reduce((sum, label) => sum * sizeOf(label) + (at[label] ?? 0), 0);
  const visit = (depth: number, at: Readonly<Record<Label, number>>): void => {
    const label = all[depth];
    if (label === undefined) {
      const product = factors.reduce((value, factor) => value * (factor.data[offset(factor.labels, at)] ?? NaN), 1);
      const to = offset(result, at);
      out[to] = (out[to] ?? 0) + product;
      return;
    }
    for (let i = 0; i < sizeOf(label); i++) visit(depth + 1, { ...at, [label]: i });
  };
  visit(0, {});
  return out;
}

/** As large as layers are. */
const large: Record<Label, number | 'rows'> = { rows: 'rows', i0: 4, c0: 64, sum1: 96 };

function leaf(b: ReturnType<typeof createBuilder>, name: string, own: readonly Label[], of = sizes): Labelled {
  return {
    node: b.input(
      name,
      own.map((label) => of[label] ?? 1),
    ),
    labels: own,
  };
}

function kinds(graph: Graph): Partial<Record<OpName, number>> {
  const count: Partial<Record<OpName, number>> = {};
  for (const { kind } of graph.nodes) if (kind !== 'input') count[kind] = (count[kind] ?? 0) + 1;
  return count;
}

describe('contraction by names of axes', () => {
  test('of two operands is the sum over every combination', () => {
    fc.assert(
      fc.property(axes, axes, fc.subarray(labels.slice(1)), fc.nat(1000), fc.boolean(), (p, q, summed, seed, ordered) => {
        const b = createBuilder();
        const contracted = new Set(summed.filter((label) => p.includes(label) || q.includes(label)));
        const kept = labels.filter((label) => (p.includes(label) || q.includes(label)) && !contracted.has(label));
        const result = contract(b, leaf(b, 'x', p), leaf(b, 'y', q), contracted, ordered ? kept : undefined);
        expect([...result.labels].sort()).toEqual([...kept].sort());
        if (ordered) expect(result.labels).toEqual(kept);
        const graph = b.finish({ y: result.node });
        const values = randomValues(graph, ROWS, seed);
        const { shape, data } = outputOf(graph, values, ROWS);
        expect(shape).toEqual(result.labels.map(sizeOf));
        const operands = [
          { labels: p, data: values.x ?? new Float64Array() },
          { labels: q, data: values.y ?? new Float64Array() },
        ];
        expectClose(data, bruteForce(operands, result.labels));
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test('of several operands, pair by pair, is the same sum', () => {
    const factors = fc.array(fc.shuffledSubarray(labels, { maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(factors, fc.subarray(labels.slice(1)), fc.nat(1000), (operands, summed, seed) => {
        const b = createBuilder();
        const leaves = operands.map((own, i) => leaf(b, `x${String(i)}`, own));
        const contracted = new Map(summed.map((label): [Label, number] => [label, sizeOf(label)]));
        const result = evaluateProduct(b, { scale: 0.5, factors: leaves, contracted });
        const graph = b.finish({ y: result.node });
        const values = randomValues(graph, ROWS, seed);
        const given = operands.map((own, i) => ({ labels: own, data: values[`x${String(i)}`] ?? new Float64Array() }));
        // An axis that no factor has multiplies by its size.
        const ones = { labels: summed, data: new Float64Array(summed.reduce((n, label) => n * sizeOf(label), 1)).fill(0.5) };
        expectClose(outputOf(graph, values, ROWS).data, bruteForce([...given, ones], result.labels));
      }),
      { seed: 12, numRuns: 100 },
    );
  });

  const products: Record<string, [p: Label[], q: Label[], summed: Label[], expected: Partial<Record<OpName, number>>]> = {
    'a dense layer': [['c0', 'sum1'], ['rows', 'sum1'], ['sum1'], { matmul: 1 }],
    'the gradient of its weight': [['rows', 'c0'], ['rows', 'sum1'], ['rows'], { matmul: 1 }],
    'one weight for every index': [['c0', 'sum1'], ['rows', 'i0', 'sum1'], ['sum1'], { matmul: 1 }],
    'a weight for each index': [['i0', 'sum1', 'c0'], ['rows', 'sum1'], ['sum1'], { matmul: 1 }],
    'a weight for each index, batch first': [['i0', 'c0', 'sum1'], ['i0', 'rows', 'sum1'], ['sum1'], { matmul: 1 }],
    'a dot product of each row': [['rows', 'sum1'], ['rows', 'sum1'], ['sum1'], { multiply: 1, sum: 1 }],
    'a weighted sum of rows': [['rows', 'i0'], ['rows', 'c0', 'i0'], ['i0'], { matmul: 1, reshape: 2 }],
  };
  for (const [name, [p, q, summed, expected]] of Object.entries(products)) {
    test(`${name} needs no transpose`, () => {
      const b = createBuilder();
      const result = contract(b, leaf(b, 'x', p, large), leaf(b, 'y', q, large), new Set(summed));
      expect(kinds(b.finish({ y: result.node }))).toEqual(expected);
    });
  }

  test('folds the batch of a shared weight into one product for its gradient', () => {
    const b = createBuilder();
    const result = contract(
      b,
      leaf(b, 'x', ['rows', 'sum0', 'c0']),
      leaf(b, 'y', ['rows', 'sum0', 'c1']),
      new Set(['rows', 'sum0']),
    );
    expect(kinds(b.finish({ y: result.node }))).toEqual({ reshape: 2, matmul: 1 });
  });

  test('never multiplies two weights out before the batch', () => {
    const b = createBuilder();
    const U = leaf(b, 'U', ['c0', 'sum0']);
    const V = leaf(b, 'V', ['sum0', 'sum1']);
    const x = leaf(b, 'x', ['rows', 'sum1']);
    const contracted = new Map<Label, number>([
      ['sum0', 3],
      ['sum1', 5],
    ]);
    evaluateProduct(b, { scale: 1, factors: [U, V, x], contracted });
    const first = b.finish({}).nodes.find(({ kind }) => kind === 'matmul');
    expect(first?.shape).toEqual(['rows', 3]);
  });
});
