import type * as Ort from 'onnxruntime-node';
import { sizesOf } from '../../graph/shapes.js';
import { packedFeed, type Packed } from '../../target/onnx/packed-feed.js';
import { onnxModel } from '../../target/onnx/model.js';
import type { Engine, FloatBuffer, Session } from '../engine.js';
import { elements, hostInputs, isInt, outputShapes } from '../../graph/leaves.js';
import { doesNotStart, findTogether, loadPackage } from './packages.js';

export interface OnnxruntimeOptions {
  /** Where the package comes from. */
  readonly load?: () => Promise<typeof Ort>;
  /** The GPU that its kernels run on; without it, the processor. */
  readonly gpu?: string;
}

/**
 * onnxruntime's kernels, through onnxruntime-node. `run` blocks its thread while it computes. The process must not call
 * `process.exit`, nor end a worker, while a session lives there: onnxruntime then aborts it.
 * @throws EngineError `engine-missing` if onnxruntime-node, an optional dependency, cannot be loaded.
 */
export async function createOnnxruntimeEngine({ load, gpu }: OnnxruntimeOptions = {}): Promise<Engine> {
  const name = gpu === undefined ? 'onnxruntime' : 'onnxruntime:webgpu';
  const ort = await (load === undefined
    ? loadOrt(name)
    : load().catch((cause: unknown): never => {
        throw doesNotStart(name, 'onnxruntime-node', cause);
      }));
  const version = ort.env.versions.node ?? ort.env.versions.common;
  let threadsInUse = 1;
  return {
    name,
    inWorkers: gpu === undefined && load === undefined,
    describe: (threads = threadsInUse) =>
      gpu === undefined
        ? `onnxruntime-node ${version}, CPU, ${String(threads)} ${threads === 1 ? 'thread' : 'threads'}`
        : `${name}, onnxruntime-node ${version}, ${gpu}`,
    prepare: async ({ graph }, { rows, threads }) => {
      threadsInUse = threads;
      // A GPU binds few buffers at once: there every tensor stays alone.
      const feed = gpu === undefined ? packedFeed(graph, rows) : undefined;
      const session = await ort.InferenceSession.create(
        onnxModel(graph, { rows, ...(feed && { feed }) }),
        sessionOptions(threads, gpu === undefined ? 'cpu' : 'webgpu'),
      );
      const inputs: Record<string, FloatBuffer | Int32Array> = {};
      const outputs: Record<string, FloatBuffer> = {};
      const feeds = packed(ort, inputs, feed?.packedInputs);
      const fetches = packed(ort, outputs, feed?.packedOutputs);
      for (const node of hostInputs(graph)) {
        if (Object.hasOwn(inputs, node.name)) continue;
        const dims = sizesOf(node.shape, rows);
        const [buffer, tensor] = isInt(node) ? intTensor(ort, dims) : floatTensor(ort, dims);
        inputs[node.name] = buffer;
        feeds[node.name] = tensor;
      }
      for (const [name, shape] of outputShapes(graph)) {
        if (Object.hasOwn(outputs, name)) continue;
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

const isOrt = (loaded: unknown): loaded is typeof Ort =>
  typeof loaded === 'object' && loaded !== null && 'InferenceSession' in loaded && 'env' in loaded;

const loadOrt = (engine: string): typeof Ort => {
  const [found] = findTogether(engine, ['onnxruntime-node']);
  const loaded = found && loadPackage(engine, found);
  if (!isOrt(loaded)) throw doesNotStart(engine, 'onnxruntime-node', new Error('it has no sessions'));
  return loaded;
};

function sessionOptions(threads: number, provider: 'cpu' | 'webgpu'): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
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

/** One tensor, of which buffers by their names are parts. */
function packed(
  ort: typeof Ort,
  buffers: Record<string, FloatBuffer | Int32Array>,
  pack: Packed | undefined,
): Record<string, Ort.Tensor> {
  const length = pack?.places.at(-1)?.to;
  if (pack === undefined || length === undefined) return {};
  const [whole, tensor] = floatTensor(ort, [length]);
  for (const { name, from, to } of pack.places) buffers[name] = whole.subarray(from, to);
  return { [pack.name]: tensor };
}

function floatTensor(ort: typeof Ort, dims: readonly number[]): [Float32Array, Ort.Tensor] {
  const buffer = new Float32Array(elements(dims));
  return [buffer, new ort.Tensor('float32', buffer, dims)];
}

function intTensor(ort: typeof Ort, dims: readonly number[]): [Int32Array, Ort.Tensor] {
  const buffer = new Int32Array(elements(dims));
  return [buffer, new ort.Tensor('int32', buffer, dims)];
}
