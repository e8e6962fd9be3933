import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectAgreement, prepareProject } from '../target/typescript/agreement.js';
import { createRandom } from '../target/typescript/films.js';
import type { Example } from '../target/typescript/generated.js';
import { checkSpec, specText } from '../target/typescript/support.js';

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

/** Rows as those of `specs/movielens.rec`. */
function ratings(count: number): readonly Example[] {
  const random = createRandom(3);
  const below = (n: number): number => Math.floor(random() * n);
  return Array.from({ length: count }, () => ({
    user_id: below(5),
    movie_id: below(6),
    gender: ['M', 'F'][below(2)],
    age: 15 + below(50),
    occupation: below(4),
    zip: String(10000 + below(3)),
    genres: ['a|b', 'c', '', 'a|c|b'][below(4)],
    rating: 1 + below(5),
    timestamp: 880_000_000 + below(1e7),
    history: Array.from({ length: below(5) }, () => below(6)).join('|'),
    position: below(24),
  }));
}

const folder = fileURLToPath(new URL('../../specs/', import.meta.url));
const library = readdirSync(folder)
  .filter((file) => file.endsWith('.rec') && /^import .*movielens\.rec/m.test(specText(`specs/${file}`).text))
  .flatMap((file) => checkSpec(specText(`specs/${file}`), ['train.optimizer=sgd(0.05)']).models);

describe('three steps of the TypeScript of every architecture agree with the float64 reference', () => {
  test('there are many', () => {
    expect(library.length).toBeGreaterThan(40);
  });

  test.each(library.map((model) => [model.name, model] as const))('%s', async (_, model) => {
    await expectAgreement(model, ratings(12), { steps: 3, batches: 1 });
  });
});

test('1,000 steps keep the number of tensors and their bytes', async () => {
  const model = library.find(({ name }) => name === 'DeepFm') ?? library[0];
  if (!model) throw new Error('there is no model');
  const { project, encoder, trained } = await prepareProject(model, ratings(4));
  const trainer = project.createTrainer(trained);
  const batch = project.trainingBatchOf(ratings(4).map(encoder.encodeLabelled));
  await trainer.step(batch);
  const { numTensors, numBytes } = tf.memory();
  for (let i = 0; i < 1000; i++) await trainer.step(batch);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  trainer.dispose();
});
