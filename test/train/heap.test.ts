import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { loadEngine } from '../../src/train/engines/index.js';
import { nothingReached } from '../../src/train/position.js';
import { startCrew } from '../../src/train/train.js';
import { planOf } from './steps.js';
import { toyData, toyModel } from './toy.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heapAfterCollection = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

it('ten thousand steps leave nothing on the heap, and little to collect', { timeout: 60_000 }, async () => {
  const model = toyModel({ train: 'optimizer: adam(0.001), batch: 16, epochs: 1' });
  const data = toyData(model, { train: 160, valid: 0 });
  const engine = await loadEngine('onnxruntime');
  const { crew } = await startCrew({ model, data, engine, plan: planOf(1, 16) });
  crew.beginEpoch(1, nothingReached);
  await crew.run({ from: 0, to: 1000, before: 0 }, () => false);
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  const before = heapAfterCollection();
  observer.observe({ entryTypes: ['gc'] });
  await crew.run({ from: 1000, to: 11_000, before: 0 }, () => false);
  observer.disconnect();
  const after = heapAfterCollection();
  await crew.close();
  expect(after - before).toBeLessThan(200_000);
  expect(collections).toBeLessThan(60);
});
