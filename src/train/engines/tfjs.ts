import { sizesOf } from '../../graph/shapes.js';
import type { Tensor, TfjsNamespace } from '../../target/tfjs/namespace.js';
import { prepareGraph } from '../../target/tfjs/run.js';
import type { Engine, FloatBuffer, Session, TableDevice } from '../engine.js';
import { orFault } from '../faults.js';
import { elements, hostInputs, isInt, outputShapes } from '../../graph/leaves.js';

/** Backends of TensorFlow.js, by the names that it has for them; `tensorflow` is that of tfjs-node. */
export const tfjsBackends = ['tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu'] as const;

export type TfjsBackend = (typeof tfjsBackends)[number];

/**
 * TensorFlow.js on the backend that is at work in `tf`: a run copies the inputs in and the outputs out. Its thread waits where the
 * backend computes on the processor.
 * @param about what is behind the backend: versions, an adapter
 * @param device whether tables can live on the backend, and how large they may be
 */
export const createTfjsEngine = (
  tf: TfjsNamespace,
  backend: TfjsBackend,
  about = `tfjs ${tf.version_core}`,
  device?: Omit<TableDevice, 'tf'>,
): Engine => ({
  name: `tfjs:${backend}`,
  ...(device && { device: { tf, ...device } }),
  describe: () => `tfjs:${backend}, ${about}`,
  prepare: ({ graph }, { rows }) => {
    const inputs: Record<string, FloatBuffer | Int32Array> = {};
    const leaves = hostInputs(graph).map((node) => {
      const shape = [...sizesOf(node.shape, rows)];
      const values = isInt(node) ? new Int32Array(elements(shape)) : new Float32Array(elements(shape));
      inputs[node.name] = values;
      return { name: node.name, values, shape, dtype: isInt(node) ? ('int32' as const) : ('float32' as const) };
    });
    const outputs: Record<string, Float32Array> = {};
    for (const [name, shape] of outputShapes(graph)) outputs[name] = new Float32Array(elements(sizesOf(shape, rows)));
    const runner = prepareGraph(tf, graph);
    return Promise.resolve({
      rows,
      inputs,
      outputs,
      run: () =>
        orFault(device?.fault, async () => {
          const given = leaves.map(({ name, values, shape, dtype }) => [name, tf.tensor(values, shape, dtype)] as const);
          const results = runner.run(Object.fromEntries(given));
          for (const [, tensor] of given) tensor.dispose();
          await readInto(tf, outputs, results);
        }),
      close: () => {
        runner.dispose();
        return Promise.resolve();
      },
    } satisfies Session);
  },
});

/** Reads tensors into buffers of their names, and frees them: all at once, since each reading is a journey to a GPU and back. */
const readInto = async (
  tf: TfjsNamespace,
  buffers: Readonly<Record<string, Float32Array>>,
  tensors: Readonly<Record<string, Tensor>>,
): Promise<void> => {
  const named = Object.entries(tensors);
  const all = tf.tidy(() => tf.concat1d(named.map(([, tensor]) => tf.reshape(tensor, [tensor.size]).as1D())));
  for (const [, tensor] of named) tensor.dispose();
  const values = await all.data<'float32'>();
  all.dispose();
  let at = 0;
  for (const [name, { size }] of named) {
    buffers[name]?.set(values.subarray(at, at + size));
    at += size;
  }
};
