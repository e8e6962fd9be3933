import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRowEncoder } from '../../../src/encode/row.js';
import { encoderProgram } from '../../../src/encode/compile.js';
import { fillNoise, noiseStream, shuffle } from '../../../src/graph/random.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { TextFile } from '../../../src/target/files.js';
import { formatFiles } from '../../../src/target/code/format.js';
import { packageFiles } from '../../../src/target/typescript/package-files.js';
import { planProject } from '../../../src/target/typescript/plan.js';
import { typescriptProject } from '../../../src/target/typescript/project.js';
import { filmRows } from './films.js';
import { attack, hostileModel, renamed } from './hostile.js';
import { shopRows } from './shop.js';
import { loadProject, modelOf, specText } from './support.js';

const films = (settings: readonly string[] = []): CheckedModel =>
  modelOf(specText('test/target/typescript/films.rec'), 'Films', settings);

const shop = (name: string): CheckedModel => modelOf(specText('test/target/typescript/shop.rec'), name);

const textOf = (files: readonly TextFile[], path: string): string => {
  const found = files.find((file) => file.path === path);
  if (!found) throw new Error(`no ${path}`);
  return found.text;
};

interface Lock {
  readonly packages: Readonly<Record<string, unknown>>;
}

describe('a project', () => {
  test('has the files of a package', () => {
    expect(typescriptProject(films()).map(({ path }) => path)).toEqual([
      'model.ts',
      'encoder.ts',
      'batch.ts',
      'train.ts',
      'updates.ts',
      'metrics.ts',
      'weights.ts',
      'random.ts',
      'safetensors.ts',
      'checkpoint.ts',
      'rows.ts',
      'split.ts',
      'files.ts',
      'input.ts',
      'backend.ts',
      'main.ts',
      'predict.ts',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'README.md',
    ]);
  });

  test('is the same every time', async () => {
    expect(typescriptProject(films())).toEqual(typescriptProject(films()));
  });

  test('pins TensorFlow.js and needs nothing else to run', () => {
    const manifest = JSON.parse(textOf(typescriptProject(films()), 'package.json')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'films', private: true, dependencies: { '@tensorflow/tfjs': '4.22.0' } });
    expect(Object.keys(manifest.dependencies ?? {})).toHaveLength(1);
    const lock = JSON.parse(textOf(typescriptProject(films()), 'package-lock.json')) as Lock;
    expect(lock.packages['']).toMatchObject({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies });
    expect(lock.packages['node_modules/@tensorflow/tfjs-core']).toMatchObject({ version: '4.22.0' });
    expect(Object.keys(lock.packages).filter((place) => place.includes('tfjs-node'))).toEqual([]);
    expect(JSON.stringify(lock)).not.toContain('"resolved"');
  });

  test("writes its lock file in npm's own order, so that npm install leaves it alone", () => {
    const lock = JSON.parse(textOf(typescriptProject(films()), 'package-lock.json')) as Lock;
    expect(Object.keys(lock.packages[''] ?? {})).toEqual([
      'name',
      'version',
      'dependencies',
      'devDependencies',
      'engines',
      'peerDependencies',
      'peerDependenciesMeta',
    ]);
  });

  test('has a sample that reads what was learned where it lies', () => {
    for (const [isTrained, from] of [
      [false, 'model'],
      [true, 'trained'],
    ] as const) {
      const text = textOf(packageFiles(planProject(films()), isTrained), 'README.md');
      expect(text).toContain(`await readTrained('${from}', 'encoder.json')`);
      expect(text).toContain(`await readWeights('${from}', learned)`);
    }
  });

  test('imports nothing of Node where a page runs it as well', () => {
    const importsOf = (path: string): readonly (string | undefined)[] =>
      [...textOf(typescriptProject(films()), path).matchAll(/from ['"]([^'"]+)['"]/g)].map(([, from]) => from);
    const seen = new Set<string>();
    const open = ['train.ts', 'checkpoint.ts', 'rows.ts', 'split.ts', 'safetensors.ts'];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      for (const from of importsOf(path))
        if (from?.startsWith('./')) open.push(from.replace('./', '').replace('.js', '.ts'));
        else expect(from).toBe('@tensorflow/tfjs');
    }
    expect([...seen]).toEqual(expect.arrayContaining(['model.ts', 'encoder.ts', 'weights.ts']));
  });

  test('reads like the spec', () => {
    const model = modelOf(specText('specs/movielens-100k.rec'), 'Cross');
    const text = textOf(typescriptProject(model), 'model.ts');
    expect(text).toContain('const cross = ');
    expect(text).toContain('const deep = ');
    expect(text).toContain('/** `deep.0.linear.weight` [192, ');
    expect(text).toContain('/** V(movie_id) rows of 32. */');
    expect(textOf(typescriptProject(films()), 'encoder.ts')).toContain('/** Who looks at the film. */');
  });

  test('emits only what the spec needs', () => {
    const blender = modelOf(specText('specs/blender.rec'), 'BlenderCross');
    const files = typescriptProject(blender);
    for (const name of ['hash', 'readBag', 'cyclicTime', 'EncoderState', 'readTime', 'toLowerCase'])
      expect(textOf(files, 'encoder.ts')).not.toContain(name);
    const plain = typescriptProject(modelOf(specText('specs/blender.rec'), 'BlenderCross', ['train.optimizer=sgd(0.1)']));
    for (const file of ['train.ts', 'updates.ts'])
      for (const name of ['addRows', 'clipScale', 'noise', 'Slots', 'l2']) expect(textOf(plain, file)).not.toContain(name);
    expect(textOf(files, 'model.ts')).not.toContain('Table');
    expect(textOf(files, 'model.ts')).not.toContain('dropout');
  });

  test('has words for what several nodes are', () => {
    const text = textOf(typescriptProject(shop('Towers')), 'model.ts');
    expect(text).toMatch(
      /export function takenLoss\(tensors: Tensors, weights: Weights, inputs: TrainingInputs, targets: Targets\)/,
    );
    expect(text).toMatch(/inputs\.articleCode\.equal\(/);
    expect(text).toContain('.logSumExp(1)');
    // relu's own gradient is below, among the layers.
    expect(text.slice(0, text.indexOf('function relu'))).not.toMatch(/1e-?30|greater|fill/);
  });

  test('says which tensors are served, and their types', () => {
    const text = textOf(typescriptProject(shop('Places')), 'model.ts');
    expect(text).toMatch(/export function serve\(weights: Weights, states: States, inputs: Inputs, noise\?: Noise\): Served/);
    expect(text).toContain('const served = serve(weights, states, inputs, noise);');
    expect(text).toContain('readonly relevance: number;');
    expect(text).toContain('readonly bothVectors: readonly (readonly number[])[];');
  });

  test('asks for what is served only, and for the rest in training', () => {
    const text = textOf(typescriptProject(shop('Places')), 'encoder.ts');
    const [, example] = /export interface Example \{([^}]*)\}/.exec(text) ?? [];
    const [, labelled] = /export interface LabelledExample extends Example \{([^}]*)\}/.exec(text) ?? [];
    expect(example).not.toContain('place');
    expect(labelled).toContain('place: number | string');
    expect(labelled).toContain('taken');
  });

  test('types lists', () => {
    const text = textOf(typescriptProject(shop('History')), 'encoder.ts');
    expect(text).toContain('readonly bought?: readonly (string | number | boolean | null)[] | null;');
    expect(text).toContain(
      'readonly liked_before?: string | number | boolean | readonly (string | number | boolean | null)[] | null;',
    );
  });

  test('has an update for each part, and none for what is frozen', () => {
    const text = textOf(typescriptProject(shop('Parts')), 'updates.ts');
    for (const name of ['updateWideWeight', 'updateCrossedWeight', 'updateEmbeddingsRows', 'updateWideRows'])
      expect(text).toMatch(new RegExp(`function ${name}\\(`));
    expect(text).not.toContain('fixedWeight');
    expect(text).not.toContain('Rest');
  });

  test('names what parts of one name make apart', () => {
    const text = textOf(typescriptProject(shop('Parts')), 'model.ts');
    for (const path of ['wide.0.embed', 'wide.1.embed', 'wide.2.embed'])
      expect(text).toContain(`'table.${path}'`.replaceAll("'", '"'));
    expect(text).toMatch(/wide1Embed: lookUp\(tables\.wide1Embed, batch\.article\)/);
  });

  test('says which epoch it keeps, and when it stops', () => {
    expect(textOf(typescriptProject(films(['train.stop=no_improvement(patience: 3)'])), 'README.md')).toMatch(
      /the best auc are kept, and training stops after 3 epochs that are not better/,
    );
    expect(textOf(typescriptProject(films(['train.stop=no_improvement(patience: 3)'])), 'train.ts')).toContain(
      'const patience = 3;',
    );
    expect(textOf(typescriptProject(films()), 'train.ts')).not.toContain('patience');
  });

  test('names weights apart, however alike their paths are', () => {
    const base = films();
    const model: CheckedModel = {
      ...base,
      features: base.features.map((feature) => (feature.name === 'late' ? { ...feature, name: 'user.id' } : feature)),
      network: {
        ...base.network,
        nodes: base.network.nodes.map((node) =>
          node.kind === 'feature' && node.feature === 'late' ? { ...node, feature: 'user.id' } : node,
        ),
      },
    };
    expect(textOf(typescriptProject(model), 'model.ts')).toMatch(/inputs\.userId,[^]*inputs\.userId2/);
  });
});

describe('a hostile spec', () => {
  test('is never run', async () => {
    tf.env().set('IS_TEST', true);
    const model = hostileModel(films());
    const project = await loadProject(await formatFiles(typescriptProject(model)));
    const rows = filmRows(20).map((row) => ({
      ...row,
      ...Object.fromEntries(
        ['user_id', 'film_id', 'device', 'slot', 'genres', 'seen', 'age'].map((name) => [attack + name, row[name]]),
      ),
      [`${attack}zip_code`]: row.zip,
      [`${attack}genres`]: ['a', attack],
      [`${attack}seen`]: [1],
    }));
    const state = project.fitEncoder?.(rows);
    const encoder = project.createEncoder(state);
    const trained = project.createModel(1, state);
    const encoded = rows.map(encoder.encodeLabelled);
    await project.train(trained, project.trainingBatchOf(encoded), { epochs: 1 });
    await project.predict(
      trained,
      encoded.map(({ features }) => features),
    );
    const wanted = createRowEncoder(encoderProgram(model), state ?? { vocabularies: {}, statistics: {} }).encodeRows(rows);
    expect(wanted.problems).toEqual([]);
    expect([...(wanted.encoded.ids[renamed('device')] ?? [])]).toEqual(
      encoded.map(({ features }) => Object.entries(features).find(([name]) => name.startsWith('device'))?.[1]),
    );
    expect((await project.arraysOf(trained)).map(({ name }) => name)).toContain(renamed('deep.0.linear.weight'));
    expect(Object.hasOwn(globalThis, 'pwned')).toBe(false);
  });

  test.each(['History', 'Tasks', 'Towers', 'Places', 'Parts'])('is not run in %s', async (name) => {
    tf.env().set('IS_TEST', true);
    const model = hostileModel(shop(name));
    const project = await loadProject(typescriptProject(model));
    const rows = shopRows(20).map((row) => ({
      ...row,
      ...Object.fromEntries(Object.entries(row).map(([key, value]) => [attack + key, value])),
      [`${attack}liked_before`]: row.bought,
    }));
    const state = project.fitEncoder?.(rows);
    const encoder = project.createEncoder(state);
    const trained = project.createModel(1, state);
    const before = await project.arraysOf(trained);
    await project.train(trained, project.trainingBatchOf(rows.map(encoder.encodeLabelled)), { epochs: 1 });
    await project.predict(trained, rows.map(encoder.encode));
    expect(await project.arraysOf(trained)).not.toEqual(before);
    expect(before.map((array) => array.name)).toContain(`table.${renamed('articles')}`);
    expect(Object.hasOwn(globalThis, 'pwned')).toBe(false);
  });

  test('does not leave its place in the other files', async () => {
    const files = typescriptProject(hostileModel(films()));
    expect(JSON.parse(textOf(files, 'package.json'))).toMatchObject({ name: expect.stringMatching(/^[a-z0-9-]+$/) as string });
    const code = files.filter(({ path }) => path.endsWith('.ts'));
    for (const { text } of code) expect(text).not.toMatch(/^\s*\/\/ @ts-nocheck/m);
    for (const { path } of files) expect(path).toMatch(/^[A-Za-z-]+\.(ts|json|md)$/);
  });
});

describe('random.ts', () => {
  interface Random {
    readonly shuffledOrder: (seed: number, epoch: number, rows: number) => Int32Array;
    readonly noiseOf: (seed: number, name: string, step: number, rows: number, width: number) => Float32Array;
  }
  let random: Random;
  beforeAll(async () => {
    const files = typescriptProject(films(['deep.dropout=0.5']));
    random = (await loadProject(files, true)) as unknown as Random;
  });

  test.each([0, 1, 2, 7, 9001])('visits %i rows in the order of a run', (rows) => {
    const order = new Int32Array(rows);
    shuffle(42, 3, order);
    expect(random.shuffledOrder(42, 3, rows)).toEqual(order);
  });

  test.each([
    [1, 1],
    [4, 5],
    [3, 8],
  ])('draws the noise of a run, [%i, %i]', (rows, width) => {
    const noise = new Float32Array(rows * width);
    fillNoise(noiseStream(2 ** 40 + 3, 'noise.deep.0'), 17, 0, width, noise);
    expect(random.noiseOf(2 ** 40 + 3, 'noise.deep.0', 17, rows, width)).toEqual(noise);
  });
});
