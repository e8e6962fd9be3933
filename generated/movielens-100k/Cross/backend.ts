import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { messageOf } from './files.js';

/** Backends of TensorFlow.js, the best first, and the packages that they need besides. */
const packages = {
  tensorflow: ['@tensorflow/tfjs-node@4.22.0'],
  webgpu: ['@tensorflow/tfjs-backend-webgpu@4.22.0', 'webgpu@0.6.2'],
  wasm: ['@tensorflow/tfjs-backend-wasm@4.22.0'],
  cpu: [],
  webgl: [],
} satisfies Readonly<Record<string, readonly string[]>>;

type Backend = keyof typeof packages;

export const backendNames = Object.keys(packages) as readonly Backend[];

/** Loads the backend that is asked for, or else the best that is there; returns its name. */
export async function useBackend(wanted?: string): Promise<string> {
  if (wanted !== undefined) {
    const backend = backendNames.find((name) => name === wanted);
    if (backend === undefined) throw new Error(`there is no backend ${wanted}: choose one of ${backendNames.join(', ')}`);
    await load(backend);
    return backend;
  }
  for (const backend of backendNames) {
    if (!packages[backend].every(isInstalled)) continue;
    try {
      await load(backend, true);
      return backend;
    } catch (error) {
      console.error(`${backend} is left out: ${messageOf(error)}`);
    }
  }
  throw new Error('no backend works');
}

const nameOf = (versioned: string): string => versioned.replace(/(?<=.)@.*$/, '');

function isInstalled(versioned: string): boolean {
  try {
    import.meta.resolve(nameOf(versioned));
    return true;
  } catch {
    return false;
  }
}

async function load(backend: Backend, refusesSoftware = false): Promise<void> {
  const missing = packages[backend].filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new Error(`the backend ${backend} needs: npm install --no-save ${missing.join(' ')}`);
  if (backend === 'tensorflow') keepOldUtilities();
  if (backend === 'webgpu') await findAdapter(refusesSoftware);
  if (backend !== 'cpu' && backend !== 'webgl') await import(nameOf(packages[backend][0]));
  const isSet = await tf.setBackend(backend).catch(() => false);
  if (!isSet || tf.getBackend() !== backend) throw new Error(`the backend ${backend} does not work here`);
}

/** tfjs-node 4.22 calls functions that Node 23 has no more. */
function keepOldUtilities(): void {
  const old = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  };
  for (const [name, of] of Object.entries(old)) if (!(name in util)) Object.assign(util, { [name]: of });
}

interface Gpu {
  readonly requestAdapter: (options: { readonly powerPreference: 'high-performance' }) => Promise<{
    readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & {
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

interface WebGpuPackage {
  readonly create: (options: readonly string[]) => Gpu;
  readonly globals: object;
}

/** Gives Node the interface of a browser to the GPU. A program on the processor is refused where the user has not chosen the GPU. */
async function findAdapter(refusesSoftware: boolean): Promise<void> {
  const { create, globals } = (await import(nameOf(packages.webgpu[1]))) as WebGpuPackage;
  const gpu = create([]);
  Object.assign(globalThis, globals);
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: {} });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('there is no GPU');
  const { vendor, architecture, device, description, isFallbackAdapter = false } = adapter.info;
  const name = [vendor, architecture, device, description].filter((text) => text !== '').join(' ');
  const isSoftware = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i.test(name);
  if (refusesSoftware && isSoftware) throw new Error(`the GPU is a program: ${name}`);
}
