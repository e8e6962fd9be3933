import type * as Ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { forEngine, stepGraph } from '../../../src/graph/pipeline.js';
import { sizesOf } from '../../../src/graph/shapes.js';
import { gatheredFeed } from '../../../src/target/onnx/gathered-feed.js';
import { onnxModel } from '../../../src/target/onnx/model.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import { printOnnx } from '../../../src/target/onnx/text.js';
import { createOnnxruntimeEngine } from '../../../src/train/engines/onnxruntime.js';
import { richModel, richNetworks } from '../../train/rich.js';
import { ort } from './support.js';

const rows = 4;

/** Two small inputs, ids, one large matrix, and three outputs, of which one is large. */
function sample(): Graph {
  const b = createBuilder();
  const x = b.input('dense.x', ['rows', 3]);
  const bias = b.parameter('b', [3]);
  const wide = b.parameter('w', [2048, 3]);
  const ids = b.input('code.x', ['rows'], 'int');
  const sum = b.binary('add', x, bias);
  return b.finish({
    first: sum,
    again: sum,
    ids,
    product: b.matmul(sum, wide, { transposeB: true }),
  });
}

const written = (graph: Graph) => onnxModel(graph, { rows, feed: gatheredFeed(graph, rows) });

test('small float inputs are one, small outputs are one, in order and without a gap; others stay', () => {
  const { gatheredInputs, gatheredOutputs } = gatheredFeed(sample(), rows);
  expect(gatheredInputs).toEqual({
    name: '%inputs',
    places: [
      { name: 'dense.x', from: 0, to: 12 },
      { name: 'b', from: 12, to: 15 },
    ],
  });
  expect(gatheredOutputs).toEqual({
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
      '%dense.x, b = Split(%inputs, %0:[2]) axis=0 # gather-inputs',
      'dense.x = Reshape(%dense.x, %1:[2]) # gather-inputs',
      'first = Add(dense.x, b) # add',
      'product = Gemm(first, w) transA=0 transB=1 # matmul',
      'ids = Cast(code.x) to=1 # matmul',
      '%6 = Reshape(first, %5:[1]) # gather-outputs',
      '%outputs = Concat(%6, %6, ids) axis=0 # gather-outputs',
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

/** The same of the model as it is without gathering. */
async function plainly(
  { InferenceSession, Tensor }: typeof Ort,
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const session = await InferenceSession.create(onnxModel(graph, { rows }), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    graph.nodes.flatMap((node) => {
      if (!('name' in node)) return [];
      const [values, sizes] = [inputs[node.name] ?? [], sizesOf(node.shape, rows)];
      const isInt = node.kind === 'input' && node.dtype === 'int';
      return [
        [
          node.name,
          isInt ? new Tensor('int32', Int32Array.from(values), sizes) : new Tensor('float32', Float32Array.from(values), sizes),
        ],
      ];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}

describe.skipIf(!ort)('a step gives the same bits, gathered or not:', () => {
  test.each(Object.entries(richNetworks))('%s', async (_, network) => {
    if (!ort) throw new Error('onnxruntime-node is not installed');
    const step = forEngine(stepGraph(richModel({ network })));
    const engine = await createOnnxruntimeEngine();
    const session = await engine.prepare(step, { rows, threads: 1 });
    let at = 0;
    for (const buffer of Object.values(session.inputs))
      for (let i = 0; i < buffer.length; i++) buffer[i] = buffer instanceof Int32Array ? 1 : Math.sin(++at) / 2 + 0.6;
    await session.run();
    const { gatheredInputs, gatheredOutputs } = gatheredFeed(step.graph, rows);
    expect(gatheredInputs.places.length).toBeGreaterThan(4);
    expect(gatheredOutputs.places.length).toBeGreaterThan(4);
    const gathered = Object.fromEntries(Object.entries(session.outputs).map(([name, data]) => [name, Array.from(data)]));
    expect(gathered).toEqual(await plainly(ort, step.graph, session.inputs));
    await session.close();
  });
});
