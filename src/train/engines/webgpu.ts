import { softwareAdapters } from '../../target/software-adapters.js';
import { engineError } from './errors.js';
import { doesNotStart, findTogether, loadPackage } from './packages.js';

/** What WebGPU says of an adapter; all of it may be empty. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

interface GpuAdapter {
  readonly info: AdapterInfo;
}

export interface Gpu {
  readonly requestAdapter: (options: { readonly powerPreference: 'high-performance' }) => Promise<GpuAdapter | null>;
}

/** The package `webgpu`: Dawn, and the classes that WebGPU has. */
interface DawnPackage {
  readonly create: (options: readonly string[]) => Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Whether an adapter is a program on the processor. Drivers do not all say so by `isFallbackAdapter`. */
export const isSoftware = ({ vendor, architecture, device, description, isFallbackAdapter }: AdapterInfo): boolean =>
  isFallbackAdapter === true || softwareAdapters.test([vendor, architecture, device, description].join(' '));

/** `nvidia, turing, NVIDIA GeForce RTX 2070` */
export const adapterText = (info: AdapterInfo): string => {
  const parts = [info.vendor, info.architecture, info.description || info.device].filter((part) => part !== '');
  return `${parts.length === 0 ? 'unnamed adapter' : parts.join(' ')}${isSoftware(info) ? ' (software)' : ''}`;
};

const isDawn = (loaded: unknown): loaded is DawnPackage =>
  typeof loaded === 'object' && loaded !== null && 'create' in loaded && 'globals' in loaded;

/**
 * WebGPU in Node, by the package `webgpu`. It stays `navigator.gpu` of the process, where TensorFlow.js looks for it.
 * @throws EngineError `engine-missing`
 */
export const openGpu = (engine: string): Gpu => {
  const place = globalThis as { navigator?: { gpu?: Gpu } };
  if (place.navigator?.gpu !== undefined) return place.navigator.gpu;
  const [found] = findTogether(engine, ['webgpu']);
  const dawn = found && loadPackage(engine, found);
  if (!isDawn(dawn)) throw doesNotStart(engine, 'webgpu', new Error('it has no function `create`'));
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  // Node 20 has no navigator; later ones have one that lacks `gpu`.
  if (place.navigator === undefined) Object.defineProperty(place, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(place.navigator ?? {}, 'gpu', { value: gpu, configurable: true });
  return gpu;
};

export const softwareFlag = '--software-gpu';

/**
 * The adapter that training would run on.
 * @throws EngineError `engine-adapter` if there is none, or a software one that was not asked for
 */
export const chooseAdapter = async (engine: string, gpu: Gpu, allowsSoftware: boolean): Promise<AdapterInfo> => {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw engineError(
      'engine-adapter',
      `the engine ${engine} finds no GPU that WebGPU can use`,
      driverHelp[process.platform] ?? 'install the driver of the GPU, or choose another engine',
    );
  }
  if (allowsSoftware || !isSoftware(adapter.info)) return adapter.info;
  throw engineError(
    'engine-adapter',
    `the engine ${engine} finds no GPU, only a program that stands in for one: ${adapterText(adapter.info)}`,
    `choose another engine; to use it nevertheless, slowly: ${softwareFlag}`,
  );
};

const driverHelp: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'install the driver of the GPU and the Vulkan loader (Debian, Ubuntu: apt install libvulkan1), or choose another engine',
};
