import { createInterface } from 'node:readline';
import { loadEngine } from '../../../src/train/engines/index.js';
import { loadTfjs } from '../../../src/train/engines/load-tfjs.js';
import { createTfjsEngine, type TfjsBackend } from '../../../src/train/engines/tfjs.js';
import { engineRunner } from './engine-runner.js';
import { answerTo } from './jobs.js';
import { onnxRunner } from './onnx-runner.js';
import { whyNotStarted } from './start.js';
import type { Runner } from './subject.js';
import { tfjsRunners } from './tfjs-runners.js';

interface Opened {
  readonly about: string;
  readonly runners: Readonly<Record<string, Runner>>;
}

const tfjs = async (backend: TfjsBackend): Promise<Opened> => {
  const { tf, about } = await loadTfjs(backend, { softwareGpu: true });
  return { about, runners: { engine: engineRunner(createTfjsEngine(tf, backend, about)), ...tfjsRunners(tf) } };
};

const backends: Readonly<Record<string, () => Promise<Opened>>> = {
  cpu: () => tfjs('cpu'),
  wasm: () => tfjs('wasm'),
  tensorflow: () => tfjs('tensorflow'),
  webgpu: () => tfjs('webgpu'),
  onnxruntime: async () => {
    const engine = await loadEngine('onnxruntime');
    return {
      about: engine.describe(1),
      runners: { engine: engineRunner(engine), onnx: onnxRunner(await import('onnxruntime-node')) },
    };
  },
  'onnxruntime:webgpu': async () => {
    const engine = await loadEngine('onnxruntime:webgpu', { softwareGpu: true });
    return { about: engine.describe(1), runners: { engine: engineRunner(engine) } };
  },
};

/** A line for each line of standard input: the answer to a job; before them one that tells what runs here. */
const say = (line: string): void => void process.stdout.write(`\n> ${line}\n`);

const [backend = ''] = process.argv.slice(2);
try {
  const opened = await backends[backend]?.();
  if (opened === undefined) throw new Error(`there is no backend ${backend}`);
  say(JSON.stringify({ about: opened.about, targets: Object.keys(opened.runners) }));
  for await (const line of createInterface({ input: process.stdin })) say(await answerTo(line, opened.runners));
} catch (error) {
  say(JSON.stringify(whyNotStarted(error)));
}
