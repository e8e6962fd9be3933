import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { partRowsOf } from '../../../src/target/typescript/parts-of-batch.js';
import { scheduleFactor } from '../../../src/graph/update/schedule.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { plateauFactor } from '../../../src/train/schedule.js';
import { camel, encodeReference, expectAgreement, expectClose, prepareProject } from './agreement.js';
import { filmRows } from './films.js';
import type { NamedArray } from './generated.js';
import { createReference } from './reference.js';
import { modelOf, specText } from './support.js';

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

const films = (...settings: readonly string[]) =>
  modelOf(specText('test/target/typescript/films.rec'), 'Films', ['train.shuffle=false', 'train.batch=10', ...settings]);
const rows = filmRows(40);

describe('ten steps agree with the float64 reference', () => {
  test.each([
    'sgd(0.05, momentum: 0.9, nesterov)',
    'adamax(0.01, epsilon: 1e-3)',
    'adamax(0.01, epsilon: 1e-3, exact)',
    'rmsprop(0.01, epsilon: 1e-3)',
    'rmsprop(0.005, momentum: 0.5, epsilon: 1e-3, exact)',
    '{ embeddings: rowwise_adagrad(0.1, initial_accumulator: 0.1), rest: adagrad(0.1) }',
  ])('%s', async (optimizer) => {
    await expectAgreement(films(`train.optimizer=${optimizer}`), rows, { steps: 10, batches: 4 });
  });
});

describe('a whole training agrees with the float64 reference', () => {
  const adam = 'adam(0.01, epsilon: 1e-3)';
  test.each([
    ['a warm-up', adam, 'train.schedule=constant(warmup: steps(5))'],
    ['steps', adam, 'train.schedule=step(every: epochs(1), factor: 0.3, warmup: epochs(0.5))'],
    ['an exponential fall', adam, 'train.schedule=exponential(every: epochs(1.5), factor: 0.3)'],
    ['a cosine', adam, 'train.schedule=cosine(to: 0.1, warmup: steps(2))'],
    ['FTRL, which no schedule changes', 'ftrl(0.1)', 'train.schedule=cosine(over: steps(5))'],
    ['an average', 'sgd(0.2)', 'train.ema=0.7'],
    [
      'tables that are frozen',
      'adam(0.01, epsilon: 1e-3, exact)',
      'train.ema=0.7',
      'embeddings.user_id.frozen=true',
      'embeddings.films.frozen=true',
    ],
    ['an average of all rows', 'adam(0.01, epsilon: 1e-3, exact)', 'train.ema=0.7'],
    ['all of them, batches together', 'sgd(0.2)', 'train.ema=0.7', 'train.accumulate=2', 'train.schedule=cosine'],
  ])('%s', async (_, optimizer, ...settings) => {
    const model = films(`train.optimizer=${optimizer}`, 'train.epochs=3', ...settings);
    const { project, state, encoder, trained } = await prepareProject(model, rows);
    const start = (await project.arraysOf(trained)).map(({ name, values }) => [name, Float32Array.from(values)] as const);
    const reference = createReference(model, new Map(start), encodeReference(model, state, rows));
    const { epochs, schedule, accumulate } = model.train;
    const size = 10 * accumulate;
    const steps = rows.length / size;
    for (let i = 0; i < epochs * steps; i++) {
      const from = (i % steps) * size;
      const batch = encodeReference(model, state, rows.slice(from, from + size));
      reference.step(batch, scheduleFactor(schedule, i + 1, { steps, epochs }));
    }
    await project.train(trained, project.trainingBatchOf(rows.map(encoder.encodeLabelled)));
    const predictions = await project.predict(trained, rows.map(encoder.encode));
    for (const [name, values] of Object.entries(reference.predict(encodeReference(model, state, rows))))
      expectClose(
        predictions.map((prediction) => prediction[camel(name)] as number),
        values,
        name,
      );
  });
});

/** Of a history whose values are these. */
const plateauOf = ({ train }: CheckedModel, values: readonly number[]): number =>
  plateauFactor(
    train.schedule,
    values.map((value, i) => ({
      epoch: i + 1,
      step: i + 1,
      loss: 1,
      validation: { rows: 1, metrics: { [train.monitor]: value } },
      isBest: false,
      seconds: 1,
      rowsPerSecond: 1,
    })),
    train.monitor,
  );

test.each([
  ['adam(0.1, epsilon: 1e-3)', 'plateau(factor: 0.3, patience: 1, to: 0.05, warmup: steps(3))'],
  ['adam(0.1, epsilon: 1e-3)', 'plateau(factor: 0.5, patience: 2)'],
  ['ftrl(0.5)', 'plateau(factor: 0.3)'],
])('a training that comes to plateaus agrees with the float64 reference: %s, %s', async (optimizer, schedule) => {
  const model = films(`train.optimizer=${optimizer}`, 'train.epochs=8', `train.schedule=${schedule}`);
  const { project, state, encoder, trained } = await prepareProject(model, rows);
  const start = (await project.arraysOf(trained)).map(({ name, values }) => [name, Float32Array.from(values)] as const);
  const reference = createReference(model, new Map(start), encodeReference(model, state, rows));
  const batch = (from: number, to: number) => project.trainingBatchOf(rows.slice(from, to).map(encoder.encodeLabelled));
  let last: readonly NamedArray[] = [];
  const { history } = await project.train(trained, batch(0, 20), {
    valid: batch(20, 40),
    onCheckpoint: ({ weights }) => Promise.resolve(void (last = weights)),
  });
  const values = history.map(({ validation }) => (validation && project.monitored(validation)) ?? NaN);
  const factors = values.map((_, epoch) => plateauOf(model, values.slice(0, epoch + 1)));
  expect(factors.at(-2)).toBeLessThan(1);
  expect(history.map(({ learningRateFactor }) => learningRateFactor)).toEqual(
    factors.map((factor, i) => (factor === (factors[i - 1] ?? 1) ? undefined : factor)),
  );
  const { epochs } = model.train;
  for (let i = 0; i < epochs * 2; i++) {
    const from = (i % 2) * 10;
    const factor = scheduleFactor(model.train.schedule, i + 1, { steps: 2, epochs }, factors[Math.floor(i / 2) - 1]);
    reference.step(encodeReference(model, state, rows.slice(from, from + 10)), factor);
  }
  project.setArrays(trained, last);
  const predictions = await project.predict(trained, rows.map(encoder.encode));
  for (const [name, wanted] of Object.entries(reference.predict(encodeReference(model, state, rows))))
    expectClose(
      predictions.map((prediction) => prediction[camel(name)] as number),
      wanted,
      name,
    );
});

const droppedText = (kept: string): string => `edition 1
model Dropped {
  data { source: "rows.jsonl" }
  features { user: category, x: number }
  label liked: binary
  embeddings { dim: 4 }
  network {
    w = weight[8]
    u = mlp(concat(user, x), [8], norm: batch_norm)
    liked = linear(${kept}, 1)
  }
  train { optimizer: adam(0.01, epsilon: 1e-3), batch: 10, accumulate: 3, seed: 5 }
}`;

describe('a batch in parts agrees with the float64 reference', () => {
  test.each([
    ['statistics of shards', 'train.coupled=shard', 'train.batch=2000'],
    ['statistics of batches that are accumulated', 'train.accumulate=3'],
    ['with dropout and a norm that is clipped', 'train.accumulate=3', 'deep.dropout=0.3', 'train.clip_norm=0.1'],
  ])('%s', async (_, ...settings) => {
    const model = films('train.optimizer=adam(0.01, epsilon: 1e-3)', 'deep.norm=batch_norm', ...settings);
    const partRows = partRowsOf(model) ?? NaN;
    expect(partRows).toBeLessThan(model.train.batch * model.train.accumulate);
    // The last part is a short one.
    const size = 2 * partRows + Math.ceil(partRows / 2);
    await expectAgreement(model, filmRows(size), { steps: 4, batches: 1, partRows });
  });

  test.each([
    ['weights', 'dropout(w, 0.5) * u'],
    ['weights and activations', 'dropout(w, 0.5) * dropout(u, 0.3)'],
  ])('with dropout of %s', async (_, kept) => {
    const model = modelOf({ path: 'test/target/typescript/dropped.rec', text: droppedText(kept) }, 'Dropped');
    const rows = Array.from({ length: 25 }, (_, i) => ({ user: `u${String(i % 4)}`, x: (i * 7) % 5, liked: i % 3 === 0 }));
    await expectAgreement(model, rows, { steps: 4, batches: 1, partRows: 10 });
  });

  test('which is another one than that of the whole batch', async () => {
    const model = films('deep.norm=batch_norm', 'train.accumulate=3');
    await expect(expectAgreement(model, filmRows(25), { steps: 4, batches: 1 })).rejects.toThrow();
  });

  test('only where rows depend on each other', () => {
    expect(partRowsOf(films('train.accumulate=2'))).toBeUndefined();
    expect(partRowsOf(films('train.coupled=shard', 'train.batch=5000'))).toBeUndefined();
    expect(partRowsOf(films('deep.norm=batch_norm'))).toBeUndefined();
    expect(partRowsOf(films('deep.norm=batch_norm', 'train.accumulate=2'))).toBe(10);
  });
});
