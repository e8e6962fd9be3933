import type { Engine } from '../engine.js';
import { engineError } from './errors.js';
import type { EngineOptions } from './options.js';
import { requirePackages, type PackageName } from './packages.js';

interface EngineEntry {
  readonly load: (options: EngineOptions) => Promise<Engine>;
  /** What it computes on, in a few words. */
  readonly about: string;
  /** What it needs besides reccompile. */
  readonly packages: readonly PackageName[];
}

const tfjs = async () => import('./load-tfjs.js');
const onnxruntime = async () => import('./onnxruntime.js');

/** Each engine's code, and the packages it needs, are loaded when it is asked for. */
const engines = {
  onnxruntime: {
    about: 'the processor, one worker a core',
    packages: ['onnxruntime-node'],
    load: async () => (await onnxruntime()).createOnnxruntimeEngine(),
  },
  'onnxruntime:webgpu': {
    about: 'a GPU; tables stay in memory',
    packages: ['onnxruntime-node', 'webgpu'],
    load: async (options) => (await import('./onnxruntime-webgpu.js')).loadOnnxruntimeWebgpu(options),
  },
  'tfjs:tensorflow': {
    about: "the processor, by TensorFlow's library",
    packages: ['@tensorflow/tfjs-node'],
    load: async (options) => (await tfjs()).loadTfjsEngine('tensorflow', options),
  },
  'tfjs:webgpu': {
    about: 'a GPU; tables live there if they fit',
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'],
    load: async (options) => (await tfjs()).loadTfjsEngine('webgpu', options),
  },
  'tfjs:webgl': {
    about: 'a GPU, in a browser only',
    packages: [],
    load: async (options) => (await tfjs()).loadTfjsEngine('webgl', options),
  },
  'tfjs:wasm': {
    about: 'the processor, one thread, WebAssembly',
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    load: async (options) => (await tfjs()).loadTfjsEngine('wasm', options),
  },
  'tfjs:cpu': {
    about: 'the processor, one thread, plain JavaScript',
    packages: ['@tensorflow/tfjs'],
    load: async (options) => (await tfjs()).loadTfjsEngine('cpu', options),
  },
  reference: {
    about: 'the processor, one thread, float64 in JavaScript: slow, exact',
    packages: [],
    load: async () => (await import('./reference.js')).createReferenceEngine(),
  },
} satisfies Readonly<Record<string, EngineEntry>>;

export type EngineName = keyof typeof engines;

export const engineNames = Object.keys(engines) as readonly EngineName[] as readonly [EngineName, ...EngineName[]];
export const defaultEngine: EngineName = 'onnxruntime';

export function isEngineName(name: string): name is EngineName {
  return Object.hasOwn(engines, name);
}

export const engineEntry = (name: EngineName): EngineEntry => engines[name];

/** The engine that a description of it begins with: what `describe` gave, which a run remembers. */
export const describedEngine = (description: string): EngineName | undefined =>
  [...engineNames].sort((a, b) => b.length - a.length).find((name) => description.startsWith(name));

/**
 * @throws EngineError `engine-unknown`; `engine-missing` if a package that it needs is not installed; `engine-adapter` if there is no GPU
 * for it; `engine-elsewhere` if it does not run in Node
 */
export async function loadEngine(name: string, options: EngineOptions = {}): Promise<Engine> {
  if (!isEngineName(name)) {
    const names = `${engineNames.slice(0, -1).join(', ')} or ${engineNames.at(-1) ?? ''}`;
    throw engineError('engine-unknown', `there is no engine ${JSON.stringify(name)}`, `choose ${names}`);
  }
  const { packages, load } = engines[name];
  requirePackages(name, packages);
  return load(options);
}
