import { describe, expect, test } from 'vitest';
import { createBuilder } from '../../../src/graph/builder.js';
import type { StepGraph } from '../../../src/graph/step.js';
import type { Engine } from '../../../src/train/engine.js';
import {
  defaultEngine,
  describedEngine,
  engineNames,
  isEngineName,
  loadEngine,
  type EngineName,
} from '../../../src/train/engines/index.js';
import { isEngineError } from '../../../src/train/engines/errors.js';
import { createOnnxruntimeEngine } from '../../../src/train/engines/onnxruntime.js';

const works = async (name: EngineName): Promise<boolean> =>
  loadEngine(name).then(
    () => true,
    () => false,
  );
const installed = await works('onnxruntime');

/** Engines that need nothing but what `npm ci` installs, and how they describe themselves. */
const everywhere: readonly (readonly [EngineName, RegExp])[] = [
  ['onnxruntime', /^onnxruntime-node \d+\.\d+\.\d+, CPU, 2 threads$/],
  ['tfjs:wasm', /^tfjs:wasm, tfjs \d+\.\d+\.\d+$/],
  ['tfjs:cpu', /^tfjs:cpu, tfjs \d+\.\d+\.\d+$/],
  ['reference', /^reference, float64/],
];

/** Squared error of relu(x W' + b) with its gradients, written out by hand. */
function step(): StepGraph {
  const b = createBuilder();
  const x = b.input('dense.x', ['rows', 3]);
  const y = b.input('label.y', ['rows']);
  const total = b.input('total_weight', []);
  const w = b.parameter('w', [2, 3]);
  const bias = b.parameter('b', [2]);
  const h = b.unary('relu', b.binary('add', b.matmul(x, w, { transposeB: true }), bias));
  const error = b.binary('subtract', b.sum(h, [1]), y);
  const loss = b.binary('divide', b.sum(b.binary('multiply', error, error), [0]), total);
  const g = b.binary('divide', b.binary('multiply', error, b.constant(2)), total);
  const gh = b.binary('multiply', b.reshape(g, ['rows', 1]), b.unary('sign', h));
  const graph = b.finish({
    loss,
    'gradient.w': b.matmul(gh, x, { transposeA: true }),
    'gradient.b': b.sum(gh, [0]),
  });
  return { graph, parameters: [], states: [], sites: [], isRowLocal: true };
}

const fill = (session: Awaited<ReturnType<Engine['prepare']>>, offset = 0) => {
  const values: Record<string, number[]> = {
    'dense.x': [1, 2, 3, -1, 0, 1, 0.5, 0.25, 2, 1, 1, 1],
    'label.y': [1 + offset, 2, 3, 4],
    total_weight: [4],
    w: [0.1, 0.2, 0.3, -0.4, 0.5, -0.6],
    b: [0.25, 0.75],
  };
  for (const [name, buffer] of Object.entries(session.inputs)) buffer.set(values[name] ?? []);
};

describe.each(everywhere)('%s', (name, description) => {
  describe.skipIf(name === 'onnxruntime' && !installed)('runs', () => {
    test('a step in place: the same buffers, new numbers', async () => {
      const engine = await loadEngine(name);
      const session = await engine.prepare(step(), { rows: 4, threads: 1 });
      expect(Object.keys(session.inputs).sort()).toEqual(['b', 'dense.x', 'label.y', 'total_weight', 'w']);
      const { loss, 'gradient.b': gradient } = session.outputs;
      fill(session);
      await session.run();
      const first = [...(gradient ?? []), ...(loss ?? [])];
      fill(session, 1);
      await session.run();
      const second = [...(gradient ?? []), ...(loss ?? [])];
      expect(session.outputs['gradient.b']).toBe(gradient);
      expect(first).not.toEqual(second);
      await session.close();
    });

    test('the numbers of the interpreter', async () => {
      const [engine, reference] = await Promise.all([loadEngine(name), loadEngine('reference')]);
      const sessions = await Promise.all([engine, reference].map((e) => e.prepare(step(), { rows: 4, threads: 2 })));
      const [outputs, wanted] = await Promise.all(
        sessions.map(async (session) => {
          fill(session);
          await session.run();
          return session.outputs;
        }),
      );
      for (const [output, values] of Object.entries(wanted ?? {})) {
        values.forEach((value, i) => expect(outputs?.[output]?.[i]).toBeCloseTo(value, 5));
      }
      expect(Object.values(wanted ?? {}).some((values) => values.some((value) => value !== 0))).toBe(true);
      await Promise.all(sessions.map((session) => session.close()));
    });

    test('its description', async () => {
      const engine = await loadEngine(name);
      await (await engine.prepare(step(), { rows: 4, threads: 2 })).close();
      expect(engine.describe()).toMatch(description);
      expect(describedEngine(engine.describe())).toBe(name);
    });
  });
});

test.skipIf(!installed)('onnxruntime leaves denormals to JavaScript unless told otherwise', async () => {
  const tiny = new Float64Array([5e-310]);
  const engine = await createOnnxruntimeEngine();
  await (await engine.prepare(step(), { rows: 4, threads: 1 })).close();
  expect((tiny[0] ?? 0) * 1.5).toBeGreaterThan(0);
});

test('without onnxruntime-node the error names the one line that is missing', async () => {
  const missing = Object.assign(new Error("Cannot find package 'onnxruntime-node'"), { code: 'ERR_MODULE_NOT_FOUND' });
  const error: unknown = await createOnnxruntimeEngine({ load: () => Promise.reject(missing) }).catch((e: unknown) => e);
  expect(isEngineError(error) && [error.code, error.message, error.help]).toEqual([
    'engine-missing',
    'the engine onnxruntime needs the package onnxruntime-node',
    'npm install onnxruntime-node@1.30',
  ]);
});

test('an onnxruntime-node that does not start says why', async () => {
  const load = () => Promise.reject(new Error('libonnxruntime.so.1: cannot open shared object file\nRequire stack:'));
  const error: unknown = await createOnnxruntimeEngine({ load }).catch((e: unknown) => e);
  expect(isEngineError(error) && error.message).toBe(
    'the engine onnxruntime needs the package onnxruntime-node, which does not start: libonnxruntime.so.1: cannot open shared object file',
  );
});

test('an unknown engine is named, with those there are', async () => {
  const error: unknown = await loadEngine('pytorch').catch((e: unknown) => e);
  expect(isEngineError(error) && `${error.message}; ${error.help}`).toBe(
    'there is no engine "pytorch"; choose onnxruntime, onnxruntime:webgpu, tfjs:tensorflow, tfjs:webgpu, tfjs:webgl, tfjs:wasm, tfjs:cpu or reference',
  );
  expect(isEngineName('toString')).toBe(false);
  expect(isEngineName(defaultEngine)).toBe(true);
});

test('a run that was begun with an engine is known by its description', () => {
  for (const name of engineNames) expect(describedEngine(`${name}, 4.22.0`)).toBe(name);
  expect(describedEngine('onnxruntime-node 1.30.0, CPU, 4 threads')).toBe('onnxruntime');
  expect(describedEngine('pytorch')).toBeUndefined();
});

test('webgl is refused in Node, with what to do instead', async () => {
  const error: unknown = await loadEngine('tfjs:webgl').catch((e: unknown) => e);
  expect(isEngineError(error) && [error.code, error.message, error.help]).toEqual([
    'engine-elsewhere',
    'the engine tfjs:webgl runs in a browser alone: Node has no WebGL',
    'choose tfjs:webgpu for a GPU, or tfjs:tensorflow; for a page, reccompile build --target typescript',
  ]);
});
