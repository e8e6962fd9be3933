import { describe, expect, it } from 'vitest';
import { isTrainError } from '../../src/train/errors.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

describe('train', () => {
  it('learns, and validates each epoch', async () => {
    const model = toyModel({ train: 'optimizer: adam(0.02), batch: 16, epochs: 12' });
    const { history, status, bestEpoch, step } = await trainToy(model, toyData(model, { train: 400 }));
    expect(status).toBe('finished');
    expect(step).toBe(12 * 25);
    expect(history).toHaveLength(12);
    expect(history.at(-1)!.loss).toBeLessThan(0.3 * history[0]!.loss);
    const values = history.map(({ validation }) => validation!.metrics.rmse!);
    expect(bestEpoch).toBe(values.indexOf(Math.min(...values)) + 1);
    expect(history[0]!.validation!.metrics.rmse).toBeCloseTo(Math.sqrt(history[0]!.validation!.loss), 12);
  });

  it('gives the same bits for the same seed, others for another', async () => {
    const model = toyModel({ network: 'deep { units: [8], dropout: 0.2 }' });
    const data = toyData(model);
    const first = allValues(await trainToy(model, data));
    expect(allValues(await trainToy(model, data))).toEqual(first);
    expect(allValues(await trainToy(model, data, { seed: 99 }))).not.toEqual(first);
  });

  it('explains a loss that is not a number', async () => {
    const model = toyModel({ train: 'optimizer: sgd(1e200), batch: 16, epochs: 5' });
    const error: unknown = await trainToy(model, toyData(model)).catch((thrown: unknown) => thrown);
    expect(isTrainError(error)).toBe(true);
    expect(String(error)).toMatch(
      /the loss is (NaN|Infinity) at step \d+ \(epoch \d\); try a smaller learning rate \(now 1e\+200\)/,
    );
  });
});
