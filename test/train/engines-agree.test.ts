import { describe, expect, it } from 'vitest';
import type { EncodedData } from '../../src/encode/program.js';
import type { CheckedModel } from '../../src/model/model.js';
import { loadEngine } from '../../src/train/engines/index.js';
import type { TrainResult } from '../../src/train/train.js';
import { richModel, richNetworks } from './rich.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

const twice = async (model: CheckedModel, data: EncodedData): Promise<readonly [TrainResult, TrainResult]> => [
  await trainToy(model, data, { engine: await loadEngine('onnxruntime') }),
  await trainToy(model, data),
];

describe('20 steps in float32 with kernels agree with float64 and plain loops', () => {
  it.each([
    ['sgd(0.05)', 'number', 'rmse'],
    ['sgd(0.05, momentum: 0.9), clip_norm: 1', 'binary', 'log_loss'],
    ['adagrad(0.1), l2: 0.01', 'number', 'rmse'],
    ['adam(0.01, epsilon: 1e-3, exact: true), clip_norm: each(0.1)', 'class(3)', 'log_loss'],
    ['adamw(0.01, epsilon: 1e-3, weight_decay: 0.1)', 'binary', 'log_loss'],
  ])('%s, %s', async (optimizer, label, metric) => {
    const model = toyModel({ train: `optimizer: ${optimizer}, batch: 16, epochs: 4`, label, metrics: metric });
    const data = toyData(model, { train: 76 });
    const [fast, exact] = await twice(model, data);
    expect(exact.step).toBe(20);
    for (const [epoch, { loss, validation }] of fast.history.entries()) {
      const wanted = exact.history[epoch]!;
      expect(Math.abs(loss / wanted.loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(validation!.loss! / wanted.validation!.loss! - 1)).toBeLessThan(1e-5);
    }
    const values = allValues(exact);
    for (const [i, value] of allValues(fast).entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(2e-5);
  });

  it.each(Object.entries(richNetworks))('%s', async (_, network) => {
    const model = richModel({ network, train: 'optimizer: { rest: sgd(0.05), embeddings: ftrl(0.05) }, batch: 16, epochs: 4' });
    const [fast, exact] = await twice(model, toyData(model, { train: 76, vocabulary: 9 }));
    expect(exact.step).toBe(20);
    for (const [epoch, { loss, validation }] of fast.history.entries()) {
      const wanted = exact.history[epoch]!;
      expect(loss).toBeCloseTo(wanted.loss, 4);
      expect(validation!.metrics.log_loss).toBeCloseTo(wanted.validation!.metrics.log_loss!, 4);
    }
    const values = allValues(exact);
    for (const [i, value] of allValues(fast).entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(5e-5);
  });

  it('the same seed gives the same bits', async () => {
    const model = toyModel({ network: 'deep { units: [8], dropout: 0.2 }' });
    const data = toyData(model);
    const engine = await loadEngine('onnxruntime');
    expect(allValues(await trainToy(model, data, { engine }))).toEqual(allValues(await trainToy(model, data, { engine })));
  });
});
