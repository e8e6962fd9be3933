import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import type { InputValue } from '../target/tfjs/graph-model-support.js';

setWasmPaths('./');

/** Loads a model as any page would, and gives what it predicts. */
async function predictWith(
  backend: string,
  url: string,
  inputs: Readonly<Record<string, InputValue>>,
): Promise<Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>> {
  await tf.setBackend(backend);
  if (tf.getBackend() !== backend) throw new Error(`there is no ${backend} here`);
  const model = await tf.loadGraphModel(url);
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape, dtype }]) => [name, tf.tensor([...values], [...shape], dtype)]),
  );
  const results = model.predict(tensors) as tf.NamedTensorMap;
  const read = await Promise.all(
    Object.entries(results).map(
      async ([name, tensor]) => [name, { shape: tensor.shape, data: [...(await tensor.data())] }] as const,
    ),
  );
  tf.dispose([tensors, results]);
  model.dispose();
  return Object.fromEntries(read);
}

Object.assign(globalThis, { predictWith });
