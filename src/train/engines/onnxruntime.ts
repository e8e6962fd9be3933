import type * as Ort from 'onnxruntime-node';
import { sizesOf } from '../../graph/shapes.js';
import { onnxModel } from '../../target/onnx/model.js';
import type { Engine, FloatBuffer, Session } from '../engine.js';
import { engineError } from './errors.js';
import { elements, hostInputs, isInt, outputShapes } from './leaves.js';

export interface OnnxruntimeOptions {
  /** Where the package comes from. */
  readonly load?: () => Promise<typeof Ort>;
}

/**
 * onnxruntime's CPU kernels, through onnxruntime-node. `run` blocks its thread while it computes. The process must not call
 * `process.exit`, nor end a worker, while a session lives there: onnxruntime then aborts it.
 * @throws EngineError `engine-missing` if onnxruntime-node, an optional dependency, cannot be loaded.
 */
export async function createOnnxruntimeEngine(options: OnnxruntimeOptions = {}): Promise<Engine> {
  const { load = importOrt } = options;
  const ort = await load().catch((cause: unknown): never => {
    throw engineError(
      'engine-missing',
      `the engine onnxruntime needs the package onnxruntime-node${whyNot(cause)}`,
      installLine,
      cause,
    );
  });
  let threadsInUse = 1;
  return {
    name: 'onnxruntime',
    inWorkers: options.load === undefined,
    describe: (threads = threadsInUse) => {
      const version = ort.env.versions.node ?? ort.env.versions.common;
      return `onnxruntime-node ${version}, CPU, ${String(threads)} ${threads === 1 ? 'thread' : 'threads'}`;
    },
    prepare: async ({ graph }, { rows, threads }) => {
      threadsInUse = threads;
      const session = await ort.InferenceSession.create(onnxModel(graph, { rows }), sessionOptions(threads));
      const inputs: Record<string, FloatBuffer | Int32Array> = {};
      const feeds: Record<string, Ort.Tensor> = {};
      for (const node of hostInputs(graph)) {
        const dims = sizesOf(node.shape, rows);
        const [buffer, tensor] = isInt(node) ? intTensor(ort, dims) : floatTensor(ort, dims);
        inputs[node.name] = buffer;
        feeds[node.name] = tensor;
      }
      const outputs: Record<string, FloatBuffer> = {};
      const fetches: Record<string, Ort.Tensor> = {};
      for (const [name, shape] of outputShapes(graph)) {
        [outputs[name], fetches[name]] = floatTensor(ort, sizesOf(shape, rows));
      }
      return {
        rows,
        inputs,
        outputs,
        run: async () => {
          await session.run(feeds, fetches);
        },
        close: () => session.release(),
      } satisfies Session;
    },
  };
}

/**
 * How long an idle thread of a session looks for work before it sleeps: past the gap between two kernels, not through the host's part
 * of a step. With onnxruntime's own choice, a million turns, two threads took five times as long as one where other programs wanted
 * the cores; on a quiet machine both are equally fast.
 */
const spinMicroseconds = 20;

const installLine = 'npm install onnxruntime-node';

/** Nothing of a package that is not there; of one that does not start, what it says. */
function whyNot(cause: unknown): string {
  if (!(cause instanceof Error) || ('code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) return '';
  return `, which does not start: ${cause.message.split('\n', 1)[0] ?? ''}`;
}

const importOrt = (): Promise<typeof Ort> => import('onnxruntime-node');

function sessionOptions(threads: number): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: true,
    enableCpuMemArena: true,
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { spin_duration_us: String(spinMicroseconds) },
      },
    },
  };
}

function floatTensor(ort: typeof Ort, dims: readonly number[]): [Float32Array, Ort.Tensor] {
  const buffer = new Float32Array(elements(dims));
  return [buffer, new ort.Tensor('float32', buffer, dims)];
}

function intTensor(ort: typeof Ort, dims: readonly number[]): [Int32Array, Ort.Tensor] {
  const buffer = new Int32Array(elements(dims));
  return [buffer, new ort.Tensor('int32', buffer, dims)];
}
