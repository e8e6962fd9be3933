import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import { onnxModel } from '../../../src/target/onnx/model.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import { expectAgreement, numbers, ort } from './support.js';

const line = () => {
  const b = createBuilder();
  const x = b.input('rows.movie', ['rows', 2]);
  const y = b.binary('multiply', x, b.parameter('deep.0.b', [2]));
  return b.finish({ 'logit.rating': y });
};

test('a model of two inputs and one node, to the byte', () => {
  const b = createBuilder();
  const graph = b.finish({ s: b.binary('add', b.input('a', ['rows']), b.parameter('b', [1])) });
  const text = (s: string) => [...new TextEncoder().encode(s)];
  const field = (number: number, bytes: readonly number[]) => [(number << 3) | 2, bytes.length, ...bytes];
  const integer = (number: number, value: number) => [number << 3, value];
  const vector = (name: string, size: number) =>
    field(1, text(name)).concat(field(2, field(1, [...integer(1, 1), ...field(2, field(1, integer(1, size)))])));
  const node = [
    ...field(1, text('a')),
    ...field(1, text('b')),
    ...field(2, text('s')),
    ...field(3, text('add %0')),
    ...field(4, text('Add')),
  ];
  const inner = [
    ...field(1, node),
    ...field(2, text('g')),
    ...field(11, vector('a', 3)),
    ...field(11, vector('b', 1)),
    ...field(12, vector('s', 3)),
  ];
  const model = [
    ...integer(1, 8),
    ...field(2, text('reccompile')),
    ...field(7, inner),
    ...field(8, [...field(1, []), ...integer(2, 17)]),
  ];
  expect([...onnxModel(graph, { rows: 3, name: 'g' })]).toEqual(model);
});

test('inputs and outputs keep their names and shapes', () => {
  const { graph } = decodeModel(onnxModel(line(), { rows: 8, name: 'line' }));
  expect(graph.name).toBe('line');
  expect(graph.input.map(({ name }) => name)).toEqual(['rows.movie', 'deep.0.b']);
  expect(graph.output).toEqual([
    { name: 'logit.rating', type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_value: 8 }, { dim_value: 2 }] } } } },
  ]);
});

test('a dynamic batch axis is the dimension `rows`, and a table has the name of its vocabulary', () => {
  const b = createBuilder();
  const ids = b.input('ids.movie', ['rows'], 'int');
  const graph = b.finish({ rows: b.lookup('movie', b.parameter('table.movie', ['V(movie)', 2]), ids) });
  const { input } = decodeModel(onnxModel(graph, { rows: 'dynamic' })).graph;
  expect(input.map(({ type }) => type.tensor_type)).toEqual([
    { elem_type: 6, shape: { dim: [{ dim_param: 'rows' }] } },
    { elem_type: 1, shape: { dim: [{ dim_param: 'V(movie)' }, { dim_value: 2 }] } },
  ]);
});

test('what no output needs is not written', () => {
  const b = createBuilder();
  const x = b.input('x', ['rows']);
  b.binary('add', b.unary('exp', x), b.constant(3));
  const { graph } = decodeModel(onnxModel(b.finish({ r: b.unary('log', x) }), { rows: 2 }));
  expect(graph.node.map((node) => node.op_type)).toEqual(['Log']);
  expect(graph.initializer).toEqual([]);
});

test('one name for an input and an output is refused', () => {
  const b = createBuilder();
  const graph = b.finish({ x: b.unary('exp', b.input('x', ['rows'])) });
  expect(() => onnxModel(graph, { rows: 2 })).toThrow('x is both an input and an output of the graph');
});

describe.skipIf(!ort)('onnxruntime reads', () => {
  test('outputs that are inputs, constants, or one node under two names', async () => {
    const b = createBuilder();
    const x = b.input('x', ['rows', 3]);
    const n = b.input('n', ['rows'], 'int');
    const e = b.unary('exp', x);
    const graph = b.finish({ same: x, ids: n, one: b.constant(1), first: e, second: e, last: b.unary('log', e) });
    await expectAgreement(graph, { x: numbers(12), n: [1, 2, 3, 4] }, 4);
  });

  test('in-batch products, whose result has the batch axis twice', async () => {
    const b = createBuilder();
    const [u, v] = [b.input('u', ['rows', 3]), b.input('v', ['rows', 3])];
    const scores = b.matmul(u, v, { transposeB: true });
    const graph = b.finish({ loss: b.sum(b.binary('add', scores, b.broadcast(b.constant(1), ['rows', 'rows'])), [0, 1]) });
    await expectAgreement(graph, { u: numbers(15), v: numbers(15, 2) }, 5);
  });
});
