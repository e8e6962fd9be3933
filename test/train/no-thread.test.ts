import type { Worker } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { loadEngine } from '../../src/train/engines/index.js';
import { planOf } from './steps.js';
import { toyData, toyModel, trainToy } from './toy.js';

const made = vi.hoisted((): Worker[] => []);

vi.mock('node:worker_threads', async (importOriginal) => {
  const threads = await importOriginal<{ readonly Worker: typeof Worker }>();
  const start = function (...given: ConstructorParameters<typeof Worker>): Worker {
    if (made.length === 2) throw new Error('no thread is left');
    const worker = new threads.Worker(...given);
    made.push(worker);
    return worker;
  };
  return { ...threads, Worker: start };
});

it('ends the workers that have started where another one cannot', { timeout: 20_000 }, async () => {
  const model = toyModel();
  const data = toyData(model, { train: 150, valid: 1200 });
  const training = trainToy(model, data, { engine: await loadEngine('onnxruntime'), threads: 4, plan: planOf(4, 4) });
  await expect(training).rejects.toThrow('no thread is left');
  // A worker that has ended has no number.
  expect(made.map(({ threadId }) => threadId)).toEqual([-1, -1]);
});
