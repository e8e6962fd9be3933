import { createRequire } from 'node:module';
import util from 'node:util';
import type { TfjsNamespace } from '../../target/tfjs/namespace.js';
import type { Engine, TableDevice } from '../engine.js';
import { engineError } from './errors.js';
import type { EngineOptions } from './options.js';
import type { FoundPackage, PackageName } from './packages.js';
import { doesNotStart, findTogether, installLine, loadPackage } from './packages.js';
import type { TfjsBackend } from './tfjs.js';
import { createTfjsEngine } from './tfjs.js';
import { watchFaults, type WatchedDevice } from './device-faults.js';
import { roomOn, type GpuDevice } from './room.js';
import { adapterText, chooseAdapter, openGpu } from './webgpu.js';

type NodeBackend = Exclude<TfjsBackend, 'webgl'>;

interface BackendPackages {
  /** Of one installation: the first exports tfjs, the others add to it. */
  readonly packages: readonly [PackageName, ...PackageName[]];
  /** Before the packages are imported; says what the backend runs on, if there is more to say than versions. */
  readonly prepare?: (engine: string, options: EngineOptions) => Promise<string | undefined>;
}

const backends: Readonly<Record<NodeBackend, BackendPackages>> = {
  tensorflow: {
    packages: ['@tensorflow/tfjs-node'],
    prepare: () => {
      restoreUtil();
      // Otherwise libtensorflow tells on standard error which instructions it was built for.
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
      return Promise.resolve(undefined);
    },
  },
  webgpu: {
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'],
    prepare: async (engine, { softwareGpu = false }) => adapterText(await chooseAdapter(engine, openGpu(engine), softwareGpu)),
  },
  wasm: { packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'] },
  cpu: { packages: ['@tensorflow/tfjs'] },
};

/** tfjs-node 4.22 calls two functions that Node from 22 on complains of to the user, or has removed. */
const restoreUtil = (): void => {
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(removed))
    Object.defineProperty(util, name, { value, configurable: true, writable: true });
};

/** Which tfjs-core a package uses: two of them in one process do not know each other's tensors. */
const coreOf = ({ file }: FoundPackage): string | undefined => {
  try {
    return createRequire(file).resolve('@tensorflow/tfjs-core');
  } catch {
    return undefined;
  }
};

let coreAtWork: string | undefined;

const refuseSecondCore = (engine: string, found: readonly FoundPackage[]): void => {
  for (const one of found) {
    const core = coreOf(one);
    coreAtWork ??= core;
    if (core !== undefined && core !== coreAtWork) {
      throw engineError(
        'engine-missing',
        `the engine ${engine} would load two copies of TensorFlow.js: ${coreAtWork ?? ''} and ${core}`,
        `install its packages together: ${installLine(found.map(({ name }) => name))}`,
      );
    }
  }
};

const isTfjs = (loaded: unknown): loaded is TfjsNamespace =>
  typeof loaded === 'object' && loaded !== null && 'setBackend' in loaded && 'tidy' in loaded;

/**
 * TensorFlow.js with a backend at work, from the packages that are installed.
 * @throws EngineError `engine-missing`, `engine-adapter` if there is no GPU for it, `engine-elsewhere` for webgl
 */
export const loadTfjs = async (
  backend: TfjsBackend,
  options: EngineOptions = {},
): Promise<{ readonly tf: TfjsNamespace; readonly about: string }> => {
  const engine = `tfjs:${backend}`;
  if (backend === 'webgl') {
    throw engineError(
      'engine-elsewhere',
      `the engine ${engine} runs in a browser alone: Node has no WebGL`,
      'choose tfjs:webgpu for a GPU, or tfjs:tensorflow; for a page, reccompile build --target typescript',
    );
  }
  const { packages, prepare } = backends[backend];
  const found = findTogether(engine, packages);
  refuseSecondCore(engine, found);
  const runsOn = await prepare?.(engine, options);
  let tf: TfjsNamespace | undefined;
  for (const one of found) {
    const loaded = loadPackage(engine, one);
    if (isTfjs(loaded)) tf ??= loaded;
  }
  const [first] = found;
  if (tf === undefined || first === undefined) throw doesNotStart(engine, packages[0], new Error('it exports no tfjs'));
  // Says nothing about other packages that might be faster.
  tf.enableProdMode();
  await start(engine, tf, backend, packages.at(-1) ?? packages[0]);
  return { tf, about: [`${first.name.replace('@tensorflow/', '')} ${first.version}`, ...(runsOn ? [runsOn] : [])].join(', ') };
};

/** A backend that does not start leaves another one at work, and says so on the console at most. */
const start = async (engine: string, tf: TfjsNamespace, backend: NodeBackend, name: PackageName): Promise<void> => {
  const isSet = await tf.setBackend(backend).catch((error: unknown) => {
    throw doesNotStart(engine, name, error);
  });
  await tf.ready();
  if (!isSet || tf.getBackend() !== backend)
    throw doesNotStart(engine, name, new Error(`its backend ${backend} cannot be set; ${tf.getBackend()} is at work`));
};

/** Of backends where a step is faster if tables are there too. */
const tableRoom = (tf: TfjsNamespace, backend: TfjsBackend): Omit<TableDevice, 'tf'> | undefined => {
  if (backend !== 'webgpu') return undefined;
  const { device } = tf.backend() as unknown as { readonly device: GpuDevice & WatchedDevice };
  return { ...roomOn(device), fault: watchFaults(device) };
};

/** @throws EngineError as `loadTfjs` does */
export const loadTfjsEngine = async (backend: TfjsBackend, options: EngineOptions = {}): Promise<Engine> => {
  const { tf, about } = await loadTfjs(backend, options);
  return createTfjsEngine(tf, backend, about, tableRoom(tf, backend));
};
