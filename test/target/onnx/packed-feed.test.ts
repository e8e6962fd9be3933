import type * as Ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { createBuilder, type Builder } from '../../../src/graph/builder.js';
import type { Graph, NodeId } from '../../../src/graph/graph.js';
import { elements, hostInputs, isInt } from '../../../src/graph/leaves.js';
import { forEngine, stepGraph } from '../../../src/graph/pipeline.js';
import { sizesOf } from '../../../src/graph/shapes.js';
import type { StepGraph } from '../../../src/graph/step.js';
import { packedFeed } from '../../../src/target/onnx/packed-feed.js';
import { onnxModel } from '../../../src/target/onnx/model.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import { printOnnx } from '../../../src/target/onnx/text.js';
import { createOnnxruntimeEngine } from '../../../src/train/engines/onnxruntime.js';
import { richModel, richNetworks } from '../../train/rich.js';
import { ort, runOnnx } from './support.js';

const rows = 4;

/** Two small inputs, ids, one large matrix, and three outputs, of which one is large. */
function sample(): Graph {
  const b = createBuilder();
  const x = b.input('dense.x', ['rows', 3]);
  const bias = b.parameter('b', [3]);
  const wide = b.parameter('w', [4096, 3]);
  const ids = b.input('code.x', ['rows'], 'int');
  const sum = b.binary('add', x, bias);
  return b.finish({
    first: sum,
    again: sum,
    ids,
    product: b.matmul(sum, wide, { transposeB: true }),
  });
}

const written = (graph: Graph) => onnxModel(graph, { rows, feed: packedFeed(graph, rows) });

test('small float inputs are one, small outputs are one, in order and without a gap; others stay', () => {
  const { packedInputs, packedOutputs } = packedFeed(sample(), rows);
  expect(packedInputs).toEqual({
    name: '%inputs',
    places: [
      { name: 'dense.x', from: 0, to: 12 },
      { name: 'b', from: 12, to: 15 },
    ],
  });
  expect(packedOutputs).toEqual({
    name: '%outputs',
    places: [
      { name: 'first', from: 0, to: 12 },
      { name: 'again', from: 12, to: 24 },
      { name: 'ids', from: 24, to: 28 },
    ],
  });
  const { graph } = decodeModel(written(sample()));
  expect(graph.input.map(({ name }) => name)).toEqual(['w', 'code.x', '%inputs']);
  expect(graph.output.map(({ name }) => name)).toEqual(['product', '%outputs']);
});

test('the values keep their names, and one with two names is made flat once', () => {
  expect(printOnnx(written(sample()))).toBe(
    [
      '%1, b = Split(%inputs, %0:[2]) axis=0 # pack-inputs',
      'dense.x = Reshape(%1, %3:[2]) # pack-inputs',
      'first = Add(dense.x, b) # add',
      'product = Gemm(first, w) transA=0 transB=1 # matmul',
      'ids = Cast(code.x) to=1 # matmul',
      '%9 = Reshape(first, %8:[1]) # pack-outputs',
      '%outputs = Concat(%9, %9, ids) axis=0 # pack-outputs',
      '',
    ].join('\n'),
  );
});

test('one small tensor alone stays as it is', () => {
  const b = createBuilder();
  const graph = b.finish({ r: b.unary('exp', b.input('x', ['rows'])) });
  const { input, output } = decodeModel(written(graph)).graph;
  expect([...input, ...output].map(({ name }) => name)).toEqual(['x', 'r']);
});

test('one name for a packed input and a packed output is refused', () => {
  const b = createBuilder();
  const [s, t] = [b.parameter('s', [3]), b.parameter('t', [3])];
  const graph = b.finish({ s: b.binary('add', s, t), u: t });
  expect(() => written(graph)).toThrow('s is both an input and an output of the graph');
});

/** Of the engine, that packs. */
async function byEngine(step: StepGraph, inputs: Readonly<Record<string, ArrayLike<number>>>) {
  const session = await (await createOnnxruntimeEngine()).prepare(step, { rows, threads: 1 });
  for (const [name, values] of Object.entries(inputs)) session.inputs[name]?.set(values);
  await session.run();
  const outputs = Object.fromEntries(Object.entries(session.outputs).map(([name, data]) => [name, Array.from(data)]));
  await session.close();
  return outputs;
}

/** Numbers for every input. */
function someInputs(graph: Graph): Readonly<Record<string, readonly number[]>> {
  let at = 0;
  return Object.fromEntries(
    hostInputs(graph).map((node) => [
      node.name,
      Array.from({ length: elements(sizesOf(node.shape, rows)) }, () => (isInt(node) ? 1 : Math.sin(++at) / 2 + 0.6)),
    ]),
  );
}

const alone = (graph: Graph): StepGraph => ({ graph, parameters: [], states: [], sites: [], isRowLocal: true });

describe.skipIf(!ort)('the engine gives the same bits as the model as it is:', () => {
  const expectSame = async (step: StepGraph): Promise<void> => {
    const inputs = someInputs(step.graph);
    const plain = Object.entries(await runOnnx(step.graph, inputs, rows)).map(([name, { data }]) => [name, Array.from(data)]);
    expect(await byEngine(step, inputs)).toEqual(Object.fromEntries(plain));
  };

  test.each(Object.entries(richNetworks))('a step, %s', async (_, network) => {
    const step = forEngine(stepGraph(richModel({ network })));
    const { packedInputs, packedOutputs } = packedFeed(step.graph, rows);
    expect(packedInputs.places.length).toBeGreaterThan(4);
    expect(packedOutputs.places.length).toBeGreaterThan(4);
    await expectSame(step);
  });

  test.each<[string, (b: Builder) => Readonly<Record<string, NodeId>>]>([
    [
      'names that the packed tensors have in other models',
      (b) => ({ r: b.matmul(b.parameter('inputs', [2, 3]), b.parameter('outputs', [3, 2])), s: b.parameter('0', [1, 2]) }),
    ],
    [
      'inputs that are outputs, twice and in another order',
      (b) => {
        const [x, y] = [b.input('x', ['rows', 2]), b.parameter('y', [])];
        return { first: y, second: x, third: x };
      },
    ],
    [
      'constants, and integers as outputs',
      (b) => ({ one: b.constant(1), more: b.constant([1, 2, 3]), ids: b.input('n', ['rows'], 'int'), x: b.input('y', ['rows']) }),
    ],
    [
      'nothing of a size of 0',
      (b) => {
        const x = b.input('x', ['rows', 3]);
        return { none: b.slice(x, 1, 0, 0), some: b.unary('exp', x), rest: b.slice(x, 1, 1, 2) };
      },
    ],
  ])('%s', async (_, build) => {
    const b = createBuilder();
    await expectSame(alone(b.finish(build(b))));
  });
});

test('a GPU is given every tensor alone', async () => {
  const given: string[][] = [];
  class Tensor {
    constructor(readonly type: string) {}
  }
  const run = (feeds: object, fetches: object): Promise<object> => {
    given.push(Object.keys(feeds), Object.keys(fetches));
    return Promise.resolve({});
  };
  const load = () =>
    Promise.resolve({
      env: { versions: { common: '0' } },
      Tensor,
      InferenceSession: { create: () => Promise.resolve({ run, release: () => Promise.resolve() }) },
    } as unknown as typeof Ort);
  for (const gpu of [undefined, 'a GPU']) {
    const session = await (
      await createOnnxruntimeEngine({ load, ...(gpu !== undefined && { gpu }) })
    ).prepare(alone(sample()), {
      rows,
      threads: 1,
    });
    await session.run();
  }
  expect(given).toEqual([
    ['%inputs', 'w', 'code.x'],
    ['%outputs', 'product'],
    ['dense.x', 'b', 'w', 'code.x'],
    ['first', 'again', 'ids', 'product'],
  ]);
});
