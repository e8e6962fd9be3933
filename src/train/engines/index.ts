import type { Engine } from '../engine.js';
import { engineError } from './errors.js';

/** Each engine's code, and the packages it needs, are loaded when it is asked for. */
const loaders = {
  onnxruntime: async () => (await import('./onnxruntime.js')).createOnnxruntimeEngine(),
  reference: async () => (await import('./reference.js')).createReferenceEngine(),
} satisfies Readonly<Record<string, () => Promise<Engine>>>;

export type EngineName = keyof typeof loaders;

export const engineNames = Object.keys(loaders) as EngineName[];
export const defaultEngine: EngineName = 'onnxruntime';

export function isEngineName(name: string): name is EngineName {
  return Object.hasOwn(loaders, name);
}

/** @throws EngineError `engine-unknown`, or `engine-missing` if a package that it needs is not installed. */
export async function loadEngine(name: string): Promise<Engine> {
  if (!isEngineName(name)) {
    throw engineError('engine-unknown', `there is no engine ${JSON.stringify(name)}`, `choose ${engineNames.join(' or ')}`);
  }
  return loaders[name]();
}
