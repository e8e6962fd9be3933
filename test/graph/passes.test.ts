import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuilder, type Builder } from '../../src/graph/builder.js';
import { differentiate } from '../../src/graph/differentiate.js';
import type { Graph, NodeId } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { cutTables, foldConstants, simplifications, simplify, type Pass } from '../../src/graph/passes/index.js';
import { printGraph } from '../../src/graph/text.js';
import { follow, recipes, type Recipe } from './expressions.js';
import { expectClose, randomValues } from './numbers.js';

const ROWS = 2;
const passes = [...new Set(simplifications)];

/** A random expression and the gradients of its inputs. */
function build(recipe: Recipe): Graph {
  const b = createBuilder();
  const y = follow(b, recipe);
  const inputs = b.finish({}).nodes.filter(({ kind }) => kind === 'input');
  const gradients = differentiate(
    b,
    y,
    inputs.map(({ id }) => id),
  );
  return b.finish({ y, ...Object.fromEntries(gradients.map((id, i) => [`g${String(i)}`, id])) });
}

function expectSame(before: Graph, after: Graph, seed: number): void {
  const values = randomValues(before, ROWS, seed);
  const expected = interpret(before, values, ROWS);
  const actual = interpret(after, values, ROWS);
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    expectClose(actual[name]?.data ?? [], data, 1e-9);
  }
}

const check = (pass: Pass, property: (recipe: Recipe, seed: number) => void) => {
  test(pass.name, () => {
    fc.assert(fc.property(recipes, fc.nat(1000), property), { seed: 31, numRuns: 30 });
  });
};

describe('changes no result', () => {
  for (const pass of passes) {
    check(pass, (recipe, seed) => {
      const graph = build(recipe);
      expectSame(graph, pass.run(graph), seed);
    });
  }

  test('all of them, one after the other', () => {
    fc.assert(
      fc.property(recipes, fc.nat(1000), (recipe, seed) => {
        const graph = build(recipe);
        const after = simplifications.reduce((g, pass) => pass.run(g), graph);
        expectSame(graph, after, seed);
        expect(after.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
      }),
      { seed: 32, numRuns: 30 },
    );
  });
});

describe('is idempotent', () => {
  for (const pass of passes) {
    check(pass, (recipe) => {
      const once = pass.run(build(recipe));
      expect(printGraph(pass.run(once))).toBe(printGraph(once));
    });
  }
});

function text(pass: Pass, make: (b: Builder, x: NodeId) => NodeId): string[] {
  const b = createBuilder();
  const x = b.input('x', ['rows', 4]);
  const graph = pass.run(b.finish({ y: make(b, x) }));
  return printGraph(graph)
    .split('\n')
    .filter((line) => line.startsWith('%') && !line.includes('input'))
    .map((line) => line.replace(/^%\d+ = /, ''));
}

describe('simplify', () => {
  const scalar = (b: Builder) => b.input('s', []);
  const gone: Record<string, (b: Builder, x: NodeId) => NodeId> = {
    'x + 0': (b, x) => b.binary('add', b.constant(0), x),
    'x - 0': (b, x) => b.binary('subtract', x, b.constant(0, [4])),
    'x · 1': (b, x) => b.binary('multiply', x, b.constant(1, ['rows', 4])),
    'x / 1': (b, x) => b.binary('divide', x, b.constant(1)),
    '-(-x)': (b, x) => b.unary('negate', b.unary('negate', x)),
    'two transposes': (b, x) => b.transpose(b.transpose(x, [1, 0]), [1, 0]),
    'two reshapes': (b, x) => b.reshape(b.reshape(x, ['rows', 2, 2]), ['rows', 4]),
    'a slice of a concat': (b, x) => b.slice(b.concat([b.input('z', ['rows', 2]), x], 1), 1, 2, 6),
    'a concat of all slices': (b, x) => b.concat([b.slice(x, 1, 0, 1), b.slice(x, 1, 1, 4)], 1),
    'a take of everything in order': (b, x) => b.take(x, 1, [0, 1, 2, 3]),
    'a take that undoes another': (b, x) => b.take(b.take(x, 1, [3, 1, 0, 2]), 1, [2, 1, 3, 0]),
    'a place that undoes another': (b, x) => b.place(b.place(x, 1, [3, 1, 0, 2], 4), 1, [2, 1, 3, 0], 4),
    'a sum over axes of 1': (b, x) => b.sum(b.reshape(x, ['rows', 1, 4]), [1]),
    'pads that meet': (b, x) => b.binary('add', b.pad(b.slice(x, 1, 3, 4), 1, 3, 0), b.pad(b.slice(x, 1, 0, 3), 1, 0, 1)),
  };
  for (const [name, make] of Object.entries(gone)) {
    test(`nothing is left of ${name}`, () => {
      expect(text(simplify, make)).toEqual([]);
    });
  }

  const left: Record<string, [make: (b: Builder, x: NodeId) => NodeId, expected: string[]]> = {
    'x + (-y)': [(b, x) => b.binary('add', x, b.unary('negate', scalar(b))), ['subtract(%0, %1) : [rows, 4]']],
    '(-y) + x': [(b, x) => b.binary('add', b.unary('negate', scalar(b)), x), ['subtract(%0, %1) : [rows, 4]']],
    'x - (-y)': [(b, x) => b.binary('subtract', x, b.unary('negate', scalar(b))), ['add(%0, %1) : [rows, 4]']],
    '0 - x': [(b, x) => b.binary('subtract', b.constant(0), x), ['negate(%0) : [rows, 4]']],
    'x · 0, which may be NaN': [
      (b, x) => b.binary('multiply', x, b.constant(0)),
      ['constant 0 : []', 'multiply(%0, %1) : [rows, 4]'],
    ],
    '1 + y, larger than y': [
      (b) => b.binary('multiply', b.constant(1, ['rows', 4]), scalar(b)),
      ['constant 1 : [rows, 4]', 'multiply(%0, %1) : [rows, 4]'],
    ],
    '3 (2 x)': [
      (b, x) => b.binary('multiply', b.constant(3), b.binary('multiply', x, b.constant(2))),
      ['constant 6 : []', 'multiply(%0, %1) : [rows, 4]'],
    ],
    'a broadcast operand': [
      (b, x) => b.binary('multiply', x, b.broadcast(b.reshape(scalar(b), [1, 1]), ['rows', 4])),
      ['multiply(%0, %1) : [rows, 4]'],
    ],
    'a transposed operand of a product': [
      (b, x) => b.matmul(b.transpose(x, [1, 0]), b.transpose(b.input('w', [3, 'rows']), [1, 0])),
      ['matmul(%0, %1) transposeA transposeB : [4, 3]'],
    ],
    'a transpose of an axis of 1': [
      (b, x) => b.transpose(b.reshape(x, ['rows', 1, 4]), [1, 0, 2]),
      ['reshape(%0) : [1, rows, 4]'],
    ],
    'a take of neighbours': [(b, x) => b.take(x, 1, [1, 2]), ['slice(%0) axis=1 1..3 : [rows, 2]']],
    'a place of neighbours': [(b, x) => b.place(x, 1, [1, 2, 3, 4], 6), ['pad(%0) axis=1 before=1 after=1 : [rows, 6]']],
    'a slice of a take': [(b, x) => b.slice(b.take(x, 1, [3, 1, 0, 2]), 1, 1, 4), ['take(%0) axis=1 at=[1, 0, 2] : [rows, 3]']],
    'a sum of a sum': [(b, x) => b.sum(b.sum(x, [0]), [0]), ['sum(%0) axes=[0, 1] : []']],
  };
  for (const [name, [make, expected]] of Object.entries(left)) {
    test(`of ${name}`, () => {
      expect(text(simplify, make)).toEqual(expected);
    });
  }
});

describe('fold-constants', () => {
  test('computes what depends on constants only', () => {
    const twice = (b: Builder) => b.binary('add', b.constant([1, 2]), b.unary('exp', b.constant(0)));
    expect(text(foldConstants, twice)).toEqual(['constant [2, 3] : [2]']);
  });

  test('takes elements of constants', () => {
    expect(text(foldConstants, (b) => b.take(b.constant([5, 6, 7]), 0, [2, 2, 0]))).toEqual(['constant [7, 7, 5] : [3]']);
    const same = (b: Builder) => b.take(b.constant(2, ['rows', 9]), 1, [8, 0]);
    expect(text(foldConstants, same)).toEqual(['constant 2 : [rows, 2]']);
  });

  test('keeps one number one number over the batch', () => {
    const mean = (b: Builder) => b.unary('sqrt', b.broadcast(b.constant(4), ['rows', 3]));
    expect(text(foldConstants, mean)).toEqual(['constant 2 : [rows, 3]']);
  });

  test('leaves what is not finite to be computed', () => {
    const same = (b: Builder) => b.unary('log', b.constant(0, ['rows', 2]));
    expect(text(foldConstants, same)).toEqual(['constant 0 : [rows, 2]', 'log(%0) : [rows, 2]']);
    const some = (b: Builder) => b.binary('divide', b.constant([1, 0]), b.constant([2, 0]));
    expect(text(foldConstants, some)).toHaveLength(3);
    const huge = (b: Builder) =>
      b.binary('multiply', b.constant(1e200), b.binary('multiply', b.constant(1e200), b.input('one', [])));
    expect(text(simplify, huge)).toHaveLength(3);
  });

  test.each([Infinity, -Infinity, NaN])('%d is a division by 0', (value) => {
    const b = createBuilder();
    const graph = b.finish({ one: b.constant(value), all: b.constant([value, value]) });
    const { one, all } = interpret(
      simplifications.reduce((g, pass) => pass.run(g), graph),
      {},
      1,
    );
    expect([one, all].map((tensor) => [...(tensor?.data ?? [])])).toEqual([[value], [value, value]]);
    expect(graph.nodes.flatMap((node) => (node.kind === 'constant' ? node.value : [])).every(Number.isFinite)).toBe(true);
  });

  test('does not write large constants out', () => {
    const large = (b: Builder) => b.pad(b.constant(1, [5000]), 0, 1, 0);
    expect(text(foldConstants, large)).toHaveLength(2);
  });
});

describe('cut-tables', () => {
  const b = createBuilder();
  const table = b.parameter('table.words', ['V(words)', 2]);
  const first = b.lookup('first', table, b.input('ids.first', ['rows'], 'int'));
  const offsets = b.input('offsets.bag', ['rows+1'], 'int');
  const bag = b.lookup('bag', table, b.input('ids.bag', ['ids(bag)'], 'int'), { offsets, pool: 'mean' });
  const unused = b.lookup('unused', table, b.input('ids.unused', ['rows'], 'int'));
  const y = b.sum(b.binary('multiply', first, bag), [1]);
  const loss = b.sum(b.binary('multiply', y, y), [0]);
  const [gradient = -1] = differentiate(b, loss, [table]);
  const uncut = b.finish({ loss, 'gradient.table.words': gradient, 'logit.other': b.sum(unused, [1]) });
  const cut = cutTables.run(uncut);

  test('makes an input and an output of each site', () => {
    const names = cut.nodes.flatMap((node) => ('name' in node ? [node.name] : []));
    expect(names.sort()).toEqual(['rows.bag', 'rows.first', 'rows.unused']);
    expect(Object.keys(cut.outputs)).toEqual([
      'loss',
      'logit.other',
      'gradient.rows.first',
      'gradient.rows.bag',
      'gradient.rows.unused',
    ]);
  });

  test('the rows of all sites, put back, are the gradient of the table', () => {
    const values = {
      'table.words': [1, 2, 3, 4, 5, 6],
      'ids.first': [2, 0],
      'ids.unused': [0, 0],
      'ids.bag': [1, 2, 1],
      'offsets.bag': [0, 2, 3],
    };
    const whole = interpret(uncut, values, 2);
    const rows = { 'rows.first': [5, 6, 1, 2], 'rows.bag': [4, 5, 3, 4], 'rows.unused': [1, 2, 1, 2] };
    const parts = interpret(cut, rows, 2);
    expect(parts.loss?.data).toEqual(whole.loss?.data);
    const [p = 0, q = 0, r = 0, s = 0] = parts['gradient.rows.first']?.data ?? [];
    const [t = 0, u = 0, v = 0, w = 0] = parts['gradient.rows.bag']?.data ?? [];
    expectClose(whole['gradient.table.words']?.data ?? [], [r, s, t / 2 + v, u / 2 + w, p + t / 2, q + u / 2]);
    expect([...(parts['gradient.rows.unused']?.data ?? [])]).toEqual([0, 0, 0, 0]);
  });
});
