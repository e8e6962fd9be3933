import type { TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { graphModelRunner } from './graph-model-runner.js';
import { liveRunner } from './live-runner.js';
import type { Runner } from './subject.js';
import { typescriptRunner } from './typescript-runner.js';

/** What runs wherever TensorFlow.js does. */
export const tfjsRunners = (tf: TfjsNamespace): Readonly<Record<string, Runner>> => ({
  typescript: typescriptRunner(tf),
  'tfjs live': liveRunner(tf),
  'tfjs graph model': graphModelRunner(tf),
});
