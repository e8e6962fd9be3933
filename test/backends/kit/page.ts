import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { answerTo } from './jobs.js';
import { tfjsRunners } from './tfjs-runners.js';

declare global {
  /** What a test calls in the page. */
  var backend: {
    readonly open: (name: string) => Promise<{ readonly about: string; readonly targets: readonly string[] }>;
    readonly answer: (job: string) => Promise<string>;
  };
}

const runners = tfjsRunners(tf);

globalThis.backend = {
  open: async (name) => {
    setWasmPaths('/wasm/');
    tf.enableProdMode();
    await tf.setBackend(name);
    await tf.ready();
    if (tf.getBackend() !== name) throw new Error(`${name} does not start; ${tf.getBackend()} is at work`);
    return { about: `tfjs ${tf.version_core}`, targets: Object.keys(runners) };
  },
  answer: (job) => answerTo(job, runners),
};
