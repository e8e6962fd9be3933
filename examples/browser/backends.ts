import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { softwareAdapters } from '../../src/target/software-adapters.js';
import { backendNames, type BackendFacts, type BackendName } from './messages.js';

// The bundler puts the files of the wasm backend beside the page.
setWasmPaths('./');

/** What newer browsers say of an adapter, and TypeScript's library does not know yet. */
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

async function webgpu(): Promise<Omit<BackendFacts, 'name'>> {
  if (!('gpu' in navigator)) return { missing: 'this browser has no WebGPU', software: false };
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return { missing: 'no adapter for WebGPU', software: false };
  if (!('info' in adapter)) return { software: false };
  const { vendor, architecture, device, description, isFallbackAdapter = false } = adapter.info as AdapterInfo;
  const text = description || `${vendor} ${architecture}`.trim();
  const software = isFallbackAdapter || softwareAdapters.test([vendor, architecture, device, description].join(' '));
  return { ...(text && { device: text }), software };
}

function webgl(): Omit<BackendFacts, 'name'> {
  const gl = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return { missing: 'no WebGL 2 here', software: false };
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  const device = extension ? String(gl.getParameter(extension.UNMASKED_RENDERER_WEBGL)) : '';
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return { ...(device && { device }), software: softwareAdapters.test(device) };
}

const probes: Readonly<Record<BackendName, () => Omit<BackendFacts, 'name'> | Promise<Omit<BackendFacts, 'name'>>>> = {
  webgpu,
  webgl,
  wasm: () =>
    typeof WebAssembly === 'undefined' ? { missing: 'this browser has no WebAssembly', software: false } : { software: false },
  cpu: () => ({ software: false }),
};

/** What this browser can train on. */
export const probeBackends = (): Promise<readonly BackendFacts[]> =>
  Promise.all(backendNames.map(async (name) => ({ name, ...(await probes[name]()) })));

/** Makes TensorFlow.js compute on a backend. Throws where it would silently fall back to another. */
export async function useBackend(name: BackendName): Promise<void> {
  const ready = await tf.setBackend(name);
  if (!ready || tf.getBackend() !== name) throw new Error(`TensorFlow.js cannot start its ${name} backend in this browser.`);
  await tf.ready();
}
