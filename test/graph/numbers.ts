import { expect } from 'vitest';
import { createBuilder, type Builder } from '../../src/graph/builder.js';
import { differentiate } from '../../src/graph/differentiate.js';
import type { Graph, NodeId, Shape } from '../../src/graph/graph.js';
import { interpret, prepareInterpreter, type Values } from '../../src/graph/interpreter.js';
import { elementsOf } from '../../src/graph/shapes.js';

export type Numbers = Record<string, Float64Array>;

/** Numbers in (-1, 1), the same for the same seed. */
export function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A number for every element of every leaf. Ints count up from 0. */
export function randomValues(graph: Graph, rows: number, seed: number): Numbers {
  const next = generator(seed);
  const values: Numbers = {};
  for (const node of graph.nodes) {
    if (!('name' in node)) continue;
    const length = elementsOf(node.shape, rows);
    const isInt = node.kind === 'input' && node.dtype === 'int';
    const number = node.kind === 'noise' ? () => (next() + 1) / 2 : () => 1.5 * next();
    values[node.name] = Float64Array.from({ length }, (_, i) => (isInt ? i : number()));
  }
  return values;
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] ?? NaN, expected[i] ?? NaN];
    const near = Object.is(a, e) || Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e));
    if (!near) expect.fail(`element ${String(i)}: ${String(a)} instead of ${String(e)}`);
  }
}

export function outputOf(
  graph: Graph,
  values: Values,
  rows: number,
  name = 'y',
): { shape: readonly number[]; data: Float64Array } {
  const tensor = interpret(graph, values, rows)[name];
  if (!tensor) throw new Error(`no output ${name}`);
  return tensor;
}

/** A graph of one output `y` over inputs x0, x1, … of these shapes. */
export function graphOf(shapes: readonly Shape[], make: (b: Builder, xs: readonly NodeId[]) => NodeId): Graph {
  const b = createBuilder();
  return b.finish({
    y: make(
      b,
      shapes.map((shape, i) => b.input(`x${String(i)}`, shape)),
    ),
  });
}

/**
 * Compares the gradients of Σ w·y, with w random, against central differences of step 1e-5, for every float input that
 * stands in `graph`.
 */
export function checkGradients(make: (b: Builder) => NodeId, rows: number, seed: number, given: Numbers = {}): void {
  const b = createBuilder();
  const y = make(b);
  const weights = b.input('test weights', b.shape(y));
  const loss = b.sum(
    b.binary('multiply', y, weights),
    b.shape(y).map((_, axis) => axis),
  );
  const leaves = b.finish({}).nodes.flatMap((node) => {
    return 'name' in node && node.kind !== 'noise' && !(node.kind === 'input' && node.dtype === 'int') && node.id !== weights
      ? [node]
      : [];
  });
  const gradients = differentiate(
    b,
    loss,
    leaves.map(({ id }) => id),
  );
  leaves.forEach(({ id }, i) => expect(b.shape(gradients[i] ?? -1)).toEqual(b.shape(id)));
  const named = leaves.map(({ name }, i): [string, NodeId] => [`gradient ${name}`, gradients[i] ?? -1]);
  const graph = b.finish({ loss, ...Object.fromEntries(named) });
  const values = { ...randomValues(graph, rows, seed), ...given };
  const results = interpret(graph, values, rows);
  const evaluateLoss = prepareInterpreter(b.finish({ loss }), rows);
  for (const { name } of leaves) {
    const at = values[name] ?? new Float64Array();
    const lossAt = (i: number, step: number) => {
      const moved = at.slice();
      moved[i] = (moved[i] ?? 0) + step;
      return evaluateLoss({ ...values, [name]: moved }).loss?.data[0] ?? NaN;
    };
    const step = 1e-5;
    const differences = Array.from(at, (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step));
    expectClose(results[`gradient ${name}`]?.data ?? [], differences, 1e-5);
  }
}
