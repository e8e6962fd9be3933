import { describe, expect, it } from 'vitest';
import { isTrainError } from '../../src/train/errors.js';
import { richModel } from './rich.js';
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
    expect(history[0]!.validation!.metrics.rmse).toBeCloseTo(Math.sqrt(history[0]!.validation!.loss!), 12);
  });

  it('gives the same bits for the same seed, others for another', async () => {
    const model = toyModel({ network: 'deep { units: [8], dropout: 0.2 }' });
    const data = toyData(model);
    const first = allValues(await trainToy(model, data));
    expect(allValues(await trainToy(model, data))).toEqual(first);
    expect(allValues(await trainToy(model, data, { seed: 99 }))).not.toEqual(first);
  });

  it('takes layers with the names that a graph has for its inputs and outputs', async () => {
    const names = ['dense', 'rows', 'label', 'table', 'noise', 'loss', 'logit', 'gradient'];
    const layers = names.map((name, i) => `${name} = linear(${names[i - 1] ?? 'concat(x, user)'}, 2)`);
    const top = 'total_weight = weight[2] y = dot(total_weight, gradient) + dot(weight[2], gradient)';
    const network = `network { ${layers.join(' ')} ${top} }`;
    const model = toyModel({ network });
    const { history, weights } = await trainToy(model, toyData(model));
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(weights.dense).toHaveLength(2 * names.length + 2);
  });

  it('learns several labels at once, and keeps the epoch that one of them is best in', async () => {
    const model = richModel({
      labels: 'label y: binary label stars: number(weight: 0.5)',
      network: 'h = mlp(concat(user, item, tags, x), [8]) y = linear(h, 1) stars = linear(h, 1)',
      train: 'optimizer: adam(0.05), batch: 16, epochs: 6, monitor: stars.mae',
      more: 'metrics: { y: [auc, log_loss], stars: [rmse] }',
    });
    const { history, bestEpoch } = await trainToy(model, toyData(model, { train: 400, vocabulary: 9 }));
    const metrics = history.map(({ validation }) => validation!.metrics);
    expect(Object.keys(metrics[0]!)).toEqual(['y.auc', 'y.log_loss', 'stars.rmse', 'stars.mae']);
    const errors = metrics.map((values) => values['stars.mae']!);
    expect(bestEpoch).toBe(errors.indexOf(Math.min(...errors)) + 1);
    const [{ validation }, last] = [history[0]!, metrics.at(-1)!];
    expect(validation!.loss).toBeCloseTo(metrics[0]!['y.log_loss']! + 0.5 * metrics[0]!['stars.rmse']! ** 2, 10);
    expect(last['stars.rmse']).toBeLessThan(0.7 * metrics[0]!['stars.rmse']!);
    expect(last['y.log_loss']).toBeLessThan(metrics[0]!['y.log_loss']!);
  });

  it('explains a loss that is not a number', async () => {
    const model = toyModel({ train: 'optimizer: sgd(1e200), batch: 16, epochs: 5' });
    const error: unknown = await trainToy(model, toyData(model)).catch((thrown: unknown) => thrown);
    expect(isTrainError(error)).toBe(true);
    expect(String(error)).toMatch(
      /the loss is (NaN|Infinity) at step \d+ \(epoch \d\): `.+` \(std\/cross\.rec:\d+:\d+\) in cross gives NaN; try a smaller learning rate \(now 1e\+200\)/,
    );
  });
});
