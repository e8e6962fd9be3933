import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { encoderProgram } from '../../../src/encode/compile.js';
import { createRowEncoder } from '../../../src/encode/row.js';
import { fillInitial } from '../../../src/graph/random.js';
import { camel, encodeReference, expectAgreement, prepareProject } from './agreement.js';
import { badFilmRows, createRandom, filmRows } from './films.js';
import type { Example, Model, NamedArray } from './generated.js';
import { shopRows } from './shop.js';
import { modelOf, specText, type Project } from './support.js';

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  expect(tf.getBackend()).toBe('cpu');
});

const blenderRows = (count: number): readonly Example[] => {
  const random = createRandom(3);
  return Array.from({ length: count }, () => {
    const [country, bananas, cookbooks] = [random() * 200, random() * 24, random() * 6];
    return { country, bananas, cookbooks, clicks: country / 2000 + (3 * bananas * cookbooks) / 144 };
  });
};

const bookRows = (count: number): readonly Example[] => {
  const random = createRandom(5);
  return Array.from({ length: count }, () => {
    const [author, topic] = [Math.floor(random() * 9), Math.floor(random() * 5)];
    return { author, topic, pages: random(), shelf: (author + topic) % 3 };
  });
};

interface Case {
  readonly name: string;
  readonly spec: string;
  readonly model: string;
  readonly settings: readonly string[];
  readonly rows: readonly Example[];
}

const films = { spec: 'test/target/typescript/films.rec', model: 'Films', rows: filmRows(40) };
const blender = { spec: 'specs/blender.rec', model: 'BlenderCross', rows: blenderRows(40) };
const shelves = { spec: 'test/target/typescript/wide.rec', model: 'Shelves', rows: bookRows(40) };
const shop = { spec: 'test/target/typescript/shop.rec', rows: shopRows(40), settings: [] };

const cases: readonly Case[] = [
  { ...blender, name: 'a cross layer by SGD', settings: ['train.optimizer=sgd(0.1)'] },
  {
    ...blender,
    name: 'a deep network by Adam',
    model: 'BlenderDeep',
    settings: ['deep.units=[8, 4]', 'train.optimizer=adam(0.01, epsilon: 1e-3)'],
  },
  { ...films, name: 'every kind of feature by SGD', settings: ['train.optimizer=sgd(0.1)', 'train.l2=0', 'train.clip_norm=1e9'] },
  { ...films, name: 'Adagrad for tables, L2, a clipped norm', settings: ['train.clip_norm=0.2'] },
  {
    ...films,
    name: 'momentum, each norm clipped',
    settings: ['train.optimizer=sgd(0.05, momentum: 0.9)', 'train.clip_norm=each(0.05)'],
  },
  { ...films, name: 'lazy Adam', settings: ['train.optimizer=adam(0.01, epsilon: 1e-3)'] },
  { ...films, name: 'exact AdamW', settings: ['train.optimizer=adamw(0.01, epsilon: 1e-3, exact)'] },
  { ...shelves, name: 'classes, and a network of sums over indices', settings: [] },
  { ...films, name: 'batch norm', settings: ['train.optimizer=sgd(0.1)', 'deep.norm=batch_norm', 'train.clip_norm=1e9'] },
  { ...shop, name: 'sequences, and Dice over what is there', model: 'History', settings: ['train.optimizer=sgd(0.01)'] },
  { ...shop, name: 'two labels, batch norm and dropout', model: 'Tasks' },
  { ...shop, name: 'two towers with a loss of their own', model: 'Towers', settings: ['train.l2=0.01'] },
  { ...shop, name: 'a feature of training alone, a norm before that', model: 'Places' },
  {
    ...shop,
    name: 'tables of the network, frozen weights, pairs, codes',
    model: 'Parts',
    settings: ['train.optimizer=sgd(0.1)', 'train.clip_norm=1e9'],
  },
  { ...shop, name: 'optimizers by part', model: 'Parts' },
  { ...shop, name: 'sequences of which only the length counts', model: 'Lengths' },
  { ...shop, name: 'a norm that no label depends on', model: 'Beside' },
  { ...films, name: 'dropout', settings: ['train.optimizer=sgd(0.1)', 'deep.dropout=0.3'] },
];

async function prepare({ spec, model, settings, rows }: Omit<Case, 'name'>) {
  return prepareProject(modelOf(specText(spec), model, settings), rows);
}

describe('ten steps agree with the float64 reference', () => {
  test.each(cases)('$name', async ({ spec, model, settings, rows }) => {
    await expectAgreement(modelOf(specText(spec), model, settings), rows, { steps: 10, batches: 4 });
  });
});

test('training keeps the number of tensors', async () => {
  const kinds = [
    { ...films, settings: ['deep.dropout=0.5'] },
    { ...films, settings: ['train.optimizer=adam(0.01)', 'train.clip_norm=each(1)'] },
    { ...shop, model: 'History' },
    { ...shop, model: 'Tasks' },
    { ...shop, model: 'Parts' },
  ];
  for (const kind of kinds) {
    const { project, encoder, trained } = await prepare(kind);
    const trainer = project.createTrainer(trained);
    const rows = kind.rows.map(encoder.encodeLabelled);
    const batch = project.trainingBatchOf(rows);
    await trainer.step(batch);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      await trainer.step(batch);
      await project.predict(
        trained,
        rows.map(({ features }) => features),
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    trainer.dispose();
    const own = (await project.arraysOf(trained)).filter(({ name }) => !name.startsWith('table.')).length;
    await project.train(trained, batch, { epochs: 1 });
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before - own);
  }
});

test('training lowers the loss, epoch by epoch', async () => {
  const { project, encoder, trained } = await prepare({ ...films, settings: [] });
  const losses: number[] = [];
  const data = project.trainingBatchOf(films.rows.map(encoder.encodeLabelled));
  await project.train(trained, data, { epochs: 4, onEpoch: ({ loss }) => losses.push(loss) });
  expect(losses).toHaveLength(4);
  expect(losses[3]).toBeLessThan(losses[0] ?? 0);
});

describe('the encoder', () => {
  test('gives what encode/row.ts gives', async () => {
    const { model, state, encoder } = await prepare({ ...films, settings: [] });
    const rows = filmRows(300, 11);
    const encoded = encodeReference(model, state, rows);
    rows.forEach((row, i) => {
      const { features, labels } = encoder.encodeLabelled(row);
      const wanted = Object.fromEntries([
        ...Object.entries(encoded.ids).map(([name, ids]) => [camel(name), ids[i]]),
        ...Object.entries(encoded.bags).map(([name, { ids, offsets }]) => [
          camel(name),
          [...ids.subarray(offsets[i], offsets[i + 1])],
        ]),
        ...Object.entries(encoded.dense).map(([name, { width, values }]) => {
          const numbers = [...values.subarray(i * width, (i + 1) * width)];
          return [camel(name), name === 'price' || name === 'late' ? numbers[0] : numbers];
        }),
      ]) as typeof features;
      expect(features).toEqual(wanted);
      expect(labels).toEqual({ liked: encoded.labels.liked?.[i] });
    });
  });

  test.each(badFilmRows)('refuses a bad %s as encode/row.ts does', async (name, change) => {
    const { model, state, encoder } = await filmsOnce();
    const row = { ...filmRows(1, 5)[0], ...change };
    const { problems } = createRowEncoder(encoderProgram(model), state ?? { vocabularies: {}, statistics: {} }, {
      labels: true,
    }).encodeRows([row]);
    expect(problems[0]?.problems.map((problem) => problem.name)).toEqual([name]);
    expect(() => encoder.encodeLabelled(row)).toThrow(new RegExp(`^${name}: `));
  });

  test('keeps the rows that the spec keeps', async () => {
    const { project } = await filmsOnce();
    expect([2, '3', 3, null, 4].map((stars) => project.isKept?.({ stars }))).toEqual([true, false, false, false, true]);
  });

  test('learns vocabularies and statistics as encode/ does', async () => {
    const { state } = await filmsOnce();
    expect(state?.vocabularies.genres).toEqual(['a', 'c', 'b']);
    expect(Object.keys(state?.vocabularies ?? {})).toEqual(['user_id', 'film_id', 'genres']);
    const prices = films.rows.map(({ price }) => Math.log1p(Number(price ?? 3)));
    const mean = prices.reduce((sum, x) => sum + x, 0) / prices.length;
    expect(state?.statistics.price?.[0]?.mean).toBeCloseTo(mean, 12);
    expect(state?.statistics.bought_at).toHaveLength(2);
  });

  test('reads encoder.json, and says what it lacks', async () => {
    const { project, state } = await filmsOnce();
    expect(project.parseEncoderState?.(JSON.stringify(state))).toEqual(state);
    const { genres: _, ...others } = state?.vocabularies ?? {};
    expect(() => project.parseEncoderState?.(JSON.stringify({ ...state, vocabularies: others }))).toThrow(
      /vocabularies of genres/,
    );
    const parse = (part: object) => () => project.parseEncoderState?.(JSON.stringify({ ...state, ...part }));
    expect(parse({ vocabularies: { ...state?.vocabularies, genres: [1] } })).toThrow(/vocabularies of genres/);
    expect(parse({ statistics: undefined })).toThrow(/statistics of/);
    const good = { mean: 0, deviation: 1 };
    for (const price of [[], [null], [{ mean: 0 }], [{ mean: 0, deviation: 0 }], [{ mean: '0', deviation: 1 }], [good, good]])
      expect(parse({ statistics: { ...state?.statistics, price } })).toThrow(/statistics of price/);
    expect(parse({ statistics: { ...state?.statistics, price: [good] } })).not.toThrow();
  });
});

let once: ReturnType<typeof prepare> | undefined;
const filmsOnce = () => (once ??= prepare({ ...films, settings: [] }));

describe('values that stand beside others', () => {
  const encode = async (row: Example) => {
    const { encoder } = await prepare({ ...shop, model: 'History' });
    return encoder.encode({ ...shop.rows[0], ...row });
  };

  test('keep their places, and are cut off together', async () => {
    const bought = [1, null, 2, 1, 3, 4];
    const { bought: ids, likedBefore } = await encode({ bought, liked_before: 'good||bad|good|bad|good' });
    expect([ids, likedBefore].map((list) => (list as readonly number[]).length)).toEqual([4, 4]);
    expect([ids, likedBefore].map((list) => (list as readonly number[])[1])).toEqual([0, 0]);
  });

  test('are as many', async () => {
    await expect(encode({ bought: [1, 2], liked_before: 'good' })).rejects.toThrow(
      'liked_before: it has 1 value, but bought, beside which it stands, has 2',
    );
  });
});

test('a step needs no kernel that adds segments', async () => {
  const { project, encoder, trained } = await prepare({ ...shop, model: 'Parts' });
  const trainer = project.createTrainer(trained);
  const { kernelNames } = await tf.profile(async () => {
    await trainer.step(project.trainingBatchOf(shop.rows.map(encoder.encodeLabelled)));
    return tf.scalar(0);
  });
  trainer.dispose();
  expect(kernelNames).toContain('GatherV2');
  expect(kernelNames).not.toContain('UnsortedSegmentSum');
});

describe('weights', () => {
  test('are kept with the running statistics, which training moves', async () => {
    const { project, encoder, trained, state } = await prepare({ ...shop, model: 'Tasks' });
    const statistics = async () =>
      (await project.arraysOf(trained)).filter(({ name }) => /batch_norm\.(mean|variance)$/.test(name));
    const before = await statistics();
    expect(before.map(({ values }) => values[0])).toEqual([0, 1, 0, 1]);
    await project.predict(trained, shop.rows.map(encoder.encode));
    expect(await statistics()).toEqual(before);
    await project.train(trained, project.trainingBatchOf(shop.rows.map(encoder.encodeLabelled)), { epochs: 1 });
    const after = await statistics();
    after.forEach(({ values }, i) => expect(values).not.toEqual(before[i]?.values));
    const other = project.createModel(1, state);
    project.setArrays(other, await stored(project, trained));
    expect(await project.predict(other, shop.rows.map(encoder.encode))).toEqual(
      await project.predict(trained, shop.rows.map(encoder.encode)),
    );
  });

  test('that are frozen keep their first values', async () => {
    const { project, encoder, trained } = await prepare({ ...shop, model: 'Parts' });
    const frozen = async () => (await project.arraysOf(trained)).find(({ name }) => name === 'fixed.weight')?.values;
    const before = await frozen();
    expect(before).toHaveLength(4);
    await project.train(trained, project.trainingBatchOf(shop.rows.map(encoder.encodeLabelled)), { epochs: 1 });
    expect(await frozen()).toEqual(before);
  });

  test('start as those of a run of the same seed', async () => {
    for (const init of ['glorot_uniform', 'glorot_normal', 'he_normal', 'uniform(-1, 2)', 'normal(1, 0.5)']) {
      const { model, project, trained, state } = await prepare({ ...films, settings: [`train.init=${init}`] });
      const arrays = await project.arraysOf(trained);
      expect(arrays).toHaveLength(model.network.weights.length + model.tables.length);
      for (const { name, shape, values } of arrays) {
        const table = model.tables.find((one) => name === `table.${one.name}`);
        const initializer = table?.initializer ?? model.network.weights.find((weight) => weight.name === name)?.initializer;
        if (!initializer) throw new Error(name);
        const wanted = new Float32Array(values.length);
        fillInitial(9, name, shape, initializer, wanted);
        expect(values).toEqual(wanted);
      }
      expect(arrays.find(({ name }) => name === 'table.user_id')?.shape).toEqual([
        (state?.vocabularies.user_id?.length ?? 0) + 1,
        3,
      ]);
    }
  });

  test('survive their file', async () => {
    const { project, trained, state } = await filmsOnce();
    const other = project.createModel(10, state);
    project.setArrays(other, await stored(project, trained));
    expect(await project.arraysOf(other)).toEqual(await project.arraysOf(trained));
    expect(() => project.setArrays(other, [])).toThrow(/there is no weight/);
  });
});

/** The numbers of a model after a way through a file. */
async function stored(project: Project, model: Model): Promise<readonly NamedArray[]> {
  return (await project.decodeArrays(Buffer.concat(project.encodeArrays(await project.arraysOf(model))))).arrays;
}
