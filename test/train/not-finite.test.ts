import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../src/train/engines/index.js';
import { richModel } from './rich.js';
import { toyData, trainToy } from './toy.js';

const messageOf = async (
  network: string,
  engine: 'reference' | 'onnxruntime' = 'reference',
  train = 'adam(0.01)',
  batch = 10,
): Promise<string> => {
  const model = richModel({ network, train: `optimizer: ${train}, batch: ${batch}, epochs: 2` });
  const data = toyData(model, { train: 40, vocabulary: 9 });
  const error: unknown = await trainToy(model, data, { engine: await loadEngine(engine) }).catch((thrown: unknown) => thrown);
  return error instanceof Error ? error.message : 'trained';
};

describe('a loss that is not finite before anything is learned', () => {
  it.each([
    [
      'a logarithm of 0',
      `h = mlp(concat(user, x), [4])
       y = linear(h, 1) + sum(log(0 * h))`,
      /^the loss is \S+ at step 1 \(epoch 1\), whatever the learning rate: `log\(0 \* h\)` \(rich\.rec:13:\d+\) in y gives -Infinity, a logarithm of what is not above 0$/,
    ],
    [
      'constants alone',
      `h = linear(user, 4)
       y = linear(h, 1) + sum(log(ones(h) - 1))`,
      /`log\(ones\(h\) - 1\)` \(rich\.rec:13:\d+\).* gives -Infinity/,
    ],
    [
      'a part by its name',
      `
       deep = sum(user) / (0 * sum(x))\ny = linear(deep + user, 1)`,
      /`deep = sum\(user\) \/ \(0 \* sum\(x\)\)` \(rich\.rec:13:\d+\) in deep gives \S+, a division by 0$/,
    ],
    [
      'a weight',
      `y = linear(user, 1) + sum(weight[2](init: normal(0, 1e39)))`,
      /the weight y\.\S+ begins with -?Infinity: its init is to blame$/,
    ],
  ])('%s', async (_, network, message) => {
    expect(await messageOf(network, 'onnxruntime')).toMatch(message);
  });

  it('what a gradient alone makes is found after the second', async () => {
    const network = `y = linear(user, 1) + sqrt(sum(0 * user * user))`;
    expect(await messageOf(network)).toMatch(
      /at step 2 \(epoch 1\), whatever the learning rate: `sqrt\(sum\(0 \* user \* user\)\)` \(rich\.rec:\d+:\d+\) in y has a gradient that is (NaN|Infinity), a division by 0$/,
    );
  });

  it('what is too large for float32', async () => {
    const network = `y = linear(user, 1) + exp(100 + sum(0 * user))`;
    expect(await messageOf(network, 'onnxruntime')).toMatch(
      /`exp\(.*\)` .* gives \d\.\d+e\+43, an exponential of a large number$/,
    );
    expect(await messageOf('y = linear(user, 1) + exp(100 + sum(0 * user))')).not.toContain('exponential');
  });

  it('a column', async () => {
    const model = richModel({ network: 'y = linear(concat(user, x), 1)', train: 'optimizer: adam(0.01), batch: 10, epochs: 1' });
    const data = toyData(model, { train: 40, vocabulary: 9 });
    data.train.dense.x!.values[3] = Infinity;
    await expect(trainToy(model, data)).rejects.toThrow('x is Infinity in a row');
  });
});

describe('a loss that is not finite after some steps', () => {
  it('names the part of the network that is not, and the learning rate', async () => {
    const network = `deep = sum(user)
       y = linear(user, 1) + exp(deep)`;
    expect(await messageOf(network, 'onnxruntime', 'sgd(40)', 4)).toMatch(
      /^the loss is \S+ at step [3-9] \(epoch 1\): `exp\(deep\)` \(rich\.rec:\d+:\d+\) in y gives \S+, an exponential of a large number; try a smaller learning rate \(now 40\), or clip_norm/,
    );
  });

  it('names it after an epoch too, where validation rows tell of it', async () => {
    const network = `deep = sum(user)
       y = linear(user, 1) + exp(deep)`;
    expect(await messageOf(network, 'onnxruntime', 'sgd(40)')).toMatch(
      /^the validation loss is NaN after step 4 \(epoch 1\): `exp\(deep\)` .* in y gives \S+, an exponential of a large number; try/,
    );
  });

  it('names a weight that an update has made so', async () => {
    const network = 'y = linear(concat(user, x), 1)';
    expect(await messageOf(network, 'onnxruntime', 'sgd(1e39)')).toMatch(
      /^the loss is \S+ at step 2 \(epoch 1\): the weight \S+ is (NaN|-?Infinity) since step 1; try a smaller learning rate/,
    );
  });

  it('names a weight that the last update has made so', async () => {
    const model = richModel({ network: 'y = linear(user, 1)', train: 'optimizer: sgd(1e39), batch: 40, epochs: 1' });
    const data = toyData(model, { train: 40, valid: 0, vocabulary: 9 });
    const error: unknown = await trainToy(model, data, { engine: await loadEngine('onnxruntime') }).catch((e: unknown) => e);
    expect(String(error)).toMatch(/^TrainError: the weight \S+ is (NaN|-?Infinity) after step 1; try a smaller/);
  });
});
