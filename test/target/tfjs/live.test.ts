import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { toTfjs } from '../../../src/target/tfjs/live.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { expectClose } from '../../graph/numbers.js';
import { richModel, richNetworks } from '../../train/rich.js';
import { planOf, run } from '../../train/steps.js';
import { toyData } from '../../train/toy.js';
import { referenceOutputs } from './reference.js';

const rows = 24;
const steps = 20;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Trains on the backend and in float64 from the same start, over the same rows. */
const expectSame = async (model: CheckedModel, parts = 1, tolerance = 1e-5): Promise<void> => {
  const data = toyData(model, { train: rows, valid: 0 });
  const expected = await run(model, data, planOf(parts, rows / parts), steps);
  const live = toTfjs(model, tf, { facts: data.state, trainingRows: data.train });
  for (const loss of expected.losses) {
    const got = live.step(data.train);
    expectClose(got.dataSync(), [loss], tolerance);
    got.dispose();
  }
  const outputs = live.infer(data.train);
  for (const [name, { data: values }] of Object.entries(referenceOutputs(model, expected.weights, data.train)))
    expectClose(outputs[name]?.dataSync() ?? [], values, tolerance);
  tf.dispose(outputs);
  live.dispose();
};

const adam = 'adam(0.01, epsilon: 1e-3)';

describe('20 steps give what the float64 engine gives', () => {
  describe.each(['sgd(0.1)', adam, 'adam(0.01, epsilon: 1e-3, exact)'])('%s', (optimizer) => {
    test.each(Object.entries(richNetworks))('%s', async (_, network) => {
      await expectSame(richModel({ network, train: `optimizer: ${optimizer}, batch: 24, epochs: 1` }));
    });
  });
});
