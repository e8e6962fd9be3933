import { describe, expect, test } from 'vitest';
import { createBuilder, type Builder } from '../../src/graph/builder.js';
import type { Graph, NodeId } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { flattenStacks, foldResiduals, joinRows } from '../../src/graph/passes/index.js';
import { forEngine, inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { elementsOf } from '../../src/graph/shapes.js';
import { sketch } from './networks.js';
import { expectClose, randomValues, type Numbers } from './numbers.js';

const ROWS = 3;
type Build = (b: Builder) => Readonly<Record<string, NodeId>>;

const graphOf = (build: Build): Graph => {
  const b = createBuilder();
  return b.finish(build(b));
};

const expectSame = (before: Graph, after: Graph): void => {
  const values = randomValues(before, ROWS, 5);
  const [expected, actual] = [interpret(before, values, ROWS), interpret(after, values, ROWS)];
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    expectClose(actual[name]?.data ?? [], data, 1e-12);
  }
};

describe('fold-residuals', () => {
  const y = (b: Builder) => b.input('y', ['rows', 3]);
  const z = (b: Builder) => b.input('z', ['rows', 3]);
  const bias = (b: Builder) => b.parameter('b', [3]);
  const gain = (b: Builder) => b.binary('add', b.matmul(y(b), b.parameter('v', [3, 3]), { transposeB: true }), bias(b));
  const residual = (b: Builder, left: NodeId, u: NodeId) => b.binary('add', b.binary('multiply', left, u), left);

  test.each<[string, Build]>([
    ['a cross layer and its gradient', (b) => ({ r: residual(b, y(b), gain(b)), s: residual(b, z(b), gain(b)) })],
    ['a bias read elsewhere', (b) => ({ r: residual(b, y(b), gain(b)), s: b.unary('exp', bias(b)) })],
  ])('%s', (_title, build) => {
    const graph = graphOf(build);
    const folded = foldResiduals.run(graph);
    const adds = ({ nodes }: Graph) => nodes.filter(({ kind, shape }) => kind === 'add' && shape.length === 2).length;
    expect(adds(folded)).toBe(1);
    expect(adds(graph)).toBeGreaterThan(1);
    expectSame(graph, folded);
  });

  test.each<[string, Build]>([
    ['a layer read elsewhere', (b) => ({ r: residual(b, y(b), gain(b)), s: b.unary('exp', gain(b)) })],
    ['a later cross layer', (b) => ({ r: b.binary('add', b.binary('multiply', z(b), gain(b)), y(b)) })],
    [
      'a product read elsewhere',
      (b) => ({ r: residual(b, y(b), gain(b)), s: b.unary('exp', b.binary('multiply', y(b), gain(b))) }),
    ],
    ['a layer that is an output', (b) => ({ r: residual(b, y(b), gain(b)), u: gain(b) })],
    ['a square', (b) => ({ r: b.binary('add', b.binary('multiply', gain(b), gain(b)), gain(b)) })],
  ])('leaves alone %s', (_title, build) => {
    const graph = graphOf(build);
    expect(foldResiduals.run(graph)).toBe(graph);
  });
});

describe('flatten-stacks', () => {
  const vector = (b: Builder, i: number) => b.input(`x${String(i)}`, ['rows', 4]);
  const stack = (b: Builder) =>
    b.concat(
      [0, 1, 2].map((i) => b.reshape(vector(b, i), ['rows', 1, 4])),
      1,
    );
  const one = (b: Builder, i: number, axis = 1) => b.reshape(b.slice(stack(b), axis, i, i + 1), ['rows', 4]);

  test.each<[string, Build, readonly string[]]>([
    ['a stack is a concat', (b) => ({ r: b.unary('exp', stack(b)) }), ['concat', 'reshape', 'exp']],
    ['a vector of a stack is the vector', (b) => ({ r: b.unary('exp', one(b, 1)) }), ['exp']],
    [
      'a vector of a tensor is a slice',
      (b) => ({ r: b.reshape(b.slice(b.input('t', ['rows', 3, 4]), 1, 2, 3), ['rows', 4]) }),
      ['reshape', 'slice'],
    ],
    [
      'not: vectors of unlike sizes, or on the last axis',
      (b) => ({ r: b.concat([b.reshape(vector(b, 0), ['rows', 4, 1]), b.reshape(vector(b, 1), ['rows', 4, 1])], 2) }),
      ['reshape', 'reshape', 'concat'],
    ],
    [
      'not: two of three',
      (b) => ({ r: b.reshape(b.slice(b.input('t', ['rows', 3, 4]), 1, 0, 2), ['rows', 8]) }),
      ['slice', 'reshape'],
    ],
  ])('%s', (_title, build, kinds) => {
    const graph = graphOf(build);
    const flat = flattenStacks.run(graph);
    expect(flat.nodes.flatMap(({ kind }) => (kind === 'input' ? [] : [kind]))).toEqual(kinds);
    expectSame(graph, flat);
  });
});

describe('join-rows', () => {
  /** The inputs of the joined graph, and the outputs of the graph it was made of, from the same numbers. */
  const joinedValues = (before: Graph, values: Numbers, places: ReturnType<typeof joinRows>['places']): Numbers => {
    const all: Numbers = { ...values };
    for (const [site, { input, offset, width }] of places) {
      const own = values[`rows.${site}`] ?? new Float64Array();
      const joint = (all[`rows.${input}`] ??= new Float64Array(ROWS * width));
      const size = own.length / ROWS;
      own.forEach((value, i) => (joint[Math.floor(i / size) * width + offset + (i % size)] = value));
    }
    expect(elementsOf(before.nodes[0]?.shape ?? [], 1)).toBeGreaterThan(0);
    return all;
  };

  const expectJoined = (before: Graph, { graph, places }: ReturnType<typeof joinRows>): void => {
    const values = randomValues(before, ROWS, 9);
    const expected = interpret(before, values, ROWS);
    const actual = interpret(graph, joinedValues(before, values, places), ROWS);
    for (const [name, { data }] of Object.entries(expected)) {
      const place = places.get(name.replace(/^gradient\.rows\./, ''));
      if (place === undefined || !name.startsWith('gradient.rows.')) expectClose(actual[name]?.data ?? [], data, 1e-12);
      else {
        const size = data.length / ROWS;
        const joint = actual[`gradient.rows.${place.input}`]?.data ?? [];
        const own = Array.from(data, (_, i) => joint[Math.floor(i / size) * place.width + place.offset + (i % size)] ?? NaN);
        expectClose(own, data, 1e-12);
      }
    }
  };

  const namesOf = ({ nodes }: Graph) => nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : [])).sort();

  /** A feature of each width; all are concatenated, and the first is read once more if it is asked for. */
  const widths = (dims: readonly number[], again = true) => {
    const s = sketch();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const all = dims.map((dim, i) => s.category(names[i] ?? '', { name: `t${names[i] ?? ''}`, dim }));
    const x = s.concat(...all);
    const y = s.linear('y', s.unary('tanh', s.linear('deep', x, 4)), 1);
    return s.model({ y: s.reshape(again ? s.binary('add', y, s.linear('again', all[0] ?? -1, 1)) : y, []) });
  };

  test('neighbours in a concat are one input, and one gradient', () => {
    const step = stepGraph(widths([4, 8, 4]));
    const joined = joinRows(step.graph);
    expect(namesOf(joined.graph)).toEqual(['label.y', 'rows.a+b+c', 'total_weight', 'weight']);
    expect(Object.fromEntries(joined.places)).toEqual({
      a: { input: 'a+b+c', offset: 0, width: 16 },
      b: { input: 'a+b+c', offset: 4, width: 16 },
      c: { input: 'a+b+c', offset: 12, width: 16 },
    });
    expect(Object.keys(joined.graph.outputs).filter((name) => name.includes('rows.'))).toEqual(['gradient.rows.a+b+c']);
    expectJoined(step.graph, joined);
    const moves = ({ nodes }: Graph) => nodes.filter(({ kind }) => kind === 'concat' || kind === 'slice').length;
    const plain = stepGraph(widths([4, 8, 4], false)).graph;
    expect([moves(plain), moves(joinRows(plain).graph)]).toEqual([4, 0]);
  });

  test('a width that is no multiple of 4 stands alone, and parts its neighbours', () => {
    const step = stepGraph(widths([4, 8, 3, 4, 4]));
    const joined = joinRows(step.graph);
    expect(namesOf(joined.graph)).toEqual(['label.y', 'rows.a+b', 'rows.c', 'rows.d+e', 'total_weight', 'weight']);
    expectJoined(step.graph, joined);
  });

  test('nothing to join: the graph as it was', () => {
    const step = stepGraph(widths([4, 3, 4]));
    expect(joinRows(step.graph).graph).toBe(step.graph);
  });

  test('an engine is given the places beside the sites, for training and for inference', () => {
    const model = widths([4, 8, 4]);
    for (const graph of [stepGraph(model), inferenceGraph(model)]) {
      const of = forEngine(graph);
      expect(of.sites.map(({ name, place }) => [name, place?.offset])).toEqual([
        ['a', 0],
        ['b', 4],
        ['c', 12],
      ]);
      expect(namesOf(of.graph)).toContain('rows.a+b+c');
    }
  });
});
