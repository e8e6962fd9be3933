import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { answerTo } from './jobs.js';
import type { Missing, Ready } from './start.js';
import { tfjsRunners } from './tfjs-runners.js';

declare global {
  /** What a test calls in the page. */
  var backend: {
    readonly open: (name: string) => Promise<Ready | Missing>;
    readonly answer: (job: string) => Promise<string>;
  };
}

const runners = tfjsRunners(tf);

/** What a browser may lack. */
const browser = globalThis as unknown as {
  readonly navigator: { readonly gpu?: { readonly requestAdapter: () => Promise<object | null> } };
  readonly OffscreenCanvas: new (width: number, height: number) => { readonly getContext: (kind: 'webgl2') => object | null };
};

/** Why a backend has nothing to run on. */
const lacks: Readonly<Record<string, () => Promise<string | undefined>>> = {
  webgpu: async () => ((await browser.navigator.gpu?.requestAdapter()) ? undefined : 'the browser has no adapter for WebGPU'),
  webgl: () => Promise.resolve(new browser.OffscreenCanvas(1, 1).getContext('webgl2') ? undefined : 'the browser has no WebGL 2'),
};

globalThis.backend = {
  open: async (name) => {
    const missing = await lacks[name]?.();
    if (missing !== undefined) return { missing };
    setWasmPaths('/wasm/');
    tf.enableProdMode();
    await tf.setBackend(name);
    await tf.ready();
    if (tf.getBackend() !== name) throw new Error(`${name} does not start; ${tf.getBackend()} is at work`);
    return { about: `tfjs ${tf.version_core}`, targets: Object.keys(runners) };
  },
  answer: (job) => answerTo(job, runners),
};
