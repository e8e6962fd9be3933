import type { Engine } from '../engine.js';
import type { EngineOptions } from './options.js';
import { createOnnxruntimeEngine } from './onnxruntime.js';
import { adapterText, chooseAdapter, openGpu } from './webgpu.js';

/**
 * onnxruntime's WebGPU kernels. It chooses an adapter without saying which: the package `webgpu`, which has the same implementation of
 * WebGPU and is asked in the same way, tells.
 * @throws EngineError `engine-missing`, or `engine-adapter` if there is no GPU, or a software one that was not asked for
 */
export const loadOnnxruntimeWebgpu = async ({ softwareGpu = false }: EngineOptions = {}): Promise<Engine> => {
  const engine = 'onnxruntime:webgpu';
  const adapter = await chooseAdapter(engine, openGpu(engine), softwareGpu);
  return createOnnxruntimeEngine({ gpu: adapterText(adapter) });
};
