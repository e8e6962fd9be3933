import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { forwardGraph } from '../../../src/graph/pipeline.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { graphModel } from '../../../src/target/tfjs/graph-model.js';
import { createGraphWriter } from '../../../src/target/tfjs/graph-writer.js';
import { graphModelFiles } from '../../../src/target/tfjs/model-json.js';
import { createNodeNames } from '../../../src/target/tfjs/node-names.js';
import { operators } from '../../../src/target/tfjs/operators.js';
import { weightShards } from '../../../src/target/tfjs/weight-shards.js';
import type { TrainedParts } from '../../../src/target/trained.js';
import { attack, hostileModel } from '../typescript/hostile.js';
import { modelOf, specText } from '../typescript/support.js';
import {
  allModels,
  expectAgreement,
  fromMemory,
  madeUpModels,
  predictWith,
  randomInputs,
  textOf,
  trainedLike,
} from './graph-model-support.js';

const load = (model: CheckedModel, trained: TrainedParts): Promise<tf.GraphModel> =>
  tf.loadGraphModel(fromMemory(graphModelFiles(graphModel(model, trained), model.name)));

const din = (): CheckedModel => modelOf(specText('specs/din.rec'), 'Din');

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('a graph model', () => {
  test.each([...allModels(), ...madeUpModels()])('of %s gives what the interpreter gives', async (_, model) => {
    const trained = trainedLike(model);
    const loaded = await load(model, trained);
    await expectAgreement(tf, loaded, model, trained);
    loaded.dispose();
  });

  test('tells names, types and shapes of inputs and outputs, and how predict calls its results', async () => {
    const model = din();
    const files = graphModelFiles(graphModel(model, trainedLike(model)), model.name, {
      compiler: 'reccompile 1.2.3',
      specDigest: 'ab',
    });
    const loaded = await tf.loadGraphModel(fromMemory(files));
    expect(loaded.inputs).toEqual([
      { name: 'ids.user_id', shape: [-1], dtype: 'int32', tfDtype: undefined },
      { name: 'ids.movie_id', shape: [-1], dtype: 'int32' },
      { name: 'ids.genres', shape: [-1, -1], dtype: 'int32' },
      { name: 'mask.genres', shape: [-1, -1], dtype: 'float32' },
      { name: 'ids.history', shape: [-1, 20], dtype: 'int32' },
      { name: 'mask.history', shape: [-1, 20], dtype: 'float32' },
    ]);
    expect(loaded.outputNodes).toEqual(['prediction.liked', 'logit.liked']);
    expect(loaded.modelStructuredOutputKeys).toEqual(['prediction.liked', 'logit.liked']);
    const json = JSON.parse(textOf(files, 'model.json')) as tf.io.ModelJSON;
    expect(json.userDefinedMetadata).toMatchObject({ model: 'Din', compiler: 'reccompile 1.2.3', specDigest: 'ab' });
    expect(json.format).toBe('graph-model');
    loaded.dispose();
  });

  test('takes any number of rows, and bags of any length', async () => {
    const model = din();
    const trained = trainedLike(model);
    const loaded = await load(model, trained);
    for (const rows of [1, 2, 33]) {
      const found = await predictWith(tf, loaded, randomInputs(model, trained, rows).inputs);
      expect(found['logit.liked']?.shape).toEqual([rows]);
    }
    const { inputs } = randomInputs(model, trained, 3);
    const wide = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => {
        if (!name.endsWith('.genres')) return [name, input];
        const filler = (row: number): number[] => [...input.values.slice(row * 4, row * 4 + 4), 0, 0, 0];
        return [name, { ...input, shape: [3, 7], values: [0, 1, 2].flatMap(filler) }];
      }),
    );
    const [short, long] = [await predictWith(tf, loaded, inputs), await predictWith(tf, loaded, wide)];
    expect(Array.from(long['logit.liked']?.data ?? [])).toEqual(Array.from(short['logit.liked']?.data ?? [NaN]));
    loaded.dispose();
  });

  test('leaves no tensor behind in 1,000 predictions', async () => {
    const model = modelOf(specText('specs/fm.rec'), 'FactorizationMachine');
    const trained = trainedLike(model);
    const loaded = await load(model, trained);
    const { inputs } = randomInputs(model, trained, 2);
    await predictWith(tf, loaded, inputs);
    const before = tf.memory();
    for (let i = 0; i < 1000; i++) await predictWith(tf, loaded, inputs);
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    loaded.dispose();
  });

  test('says which input is missing, unknown, or of another shape or type', async () => {
    const model = din();
    const trained = trainedLike(model);
    const loaded = await load(model, trained);
    const given = randomInputs(model, trained, 2).inputs;
    const { 'ids.movie_id': movie, ...others } = given;
    await expect(predictWith(tf, loaded, others)).rejects.toThrow('Missing the following inputs: [ids.movie_id]');
    await expect(predictWith(tf, loaded, { ...given, 'ids.moovie': movie! })).rejects.toThrow('ids.moovie');
    await expect(predictWith(tf, loaded, { ...given, 'ids.movie_id': { ...movie!, dtype: 'float32' } })).rejects.toThrow(
      "dtype of dict['ids.movie_id']",
    );
    await expect(predictWith(tf, loaded, { ...given, 'ids.movie_id': { ...movie!, shape: [2, 1] } })).rejects.toThrow(
      "shape of dict['ids.movie_id'] provided in model.execute(dict) must be [-1]",
    );
    tf.disposeVariables();
    loaded.dispose();
  });

  test('refuses weights that are missing or of another shape', () => {
    const model = din();
    const trained = trainedLike(model);
    const [[name, array] = ['', { shape: [], values: new Float32Array(0) }]] = trained.weights;
    expect(() => graphModel(model, { ...trained, weights: new Map() })).toThrow('there is no weight');
    const transposed = { shape: [...array.shape, 1], values: array.values };
    expect(() => graphModel(model, { ...trained, weights: new Map([...trained.weights, [name, transposed]]) })).toThrow(
      `the weight ${JSON.stringify(name)} has the shape`,
    );
  });

  test.each(['films: Films', 'shop: Tasks', 'shop: History'])(
    'of a hostile %s is text in JSON, and the same model',
    async (of) => {
      const [file = '', name = ''] = of.split(': ');
      const model = hostileModel(modelOf(specText(`test/target/typescript/${file}.rec`), name));
      const trained = trainedLike(model);
      const files = graphModelFiles(graphModel(model, trained), model.name, { compiler: attack });
      const text = textOf(files, 'model.json');
      expect(text).not.toMatch(/[\u2028\u2029<]/);
      const { modelTopology, userDefinedMetadata } = JSON.parse(text) as tf.io.ModelJSON;
      expect(userDefinedMetadata).toMatchObject({ model: attack, compiler: attack });
      for (const { name: node } of (modelTopology as { readonly node: readonly { readonly name: string }[] }).node) {
        expect(node).toMatch(/^[A-Za-z0-9.][A-Za-z0-9_./-]*$/);
      }
      const loaded = await tf.loadGraphModel(fromMemory(files));
      await expectAgreement(tf, loaded, model, trained);
      loaded.dispose();
    },
  );
});

describe('names of nodes', () => {
  test('are safe for TensorFlow and for plain objects, and each stands once', () => {
    const name = createNodeNames();
    const texts = ['ids.a b', 'ids.a?b', 'ids.a b', 'ids.__proto__', 'ids.naïve:0', `ids.${'x'.repeat(1000)}`];
    const names = texts.map((text) => name('', text));
    expect(names.slice(0, 5)).toEqual(['ids.a_b', 'ids.a_b_1', 'ids.a_b_2', 'ids.__proto__', 'ids.na_ve_0']);
    expect(names[5]?.length).toBeLessThan(200);
    expect(name('op/', 'constructor')).toBe('op/constructor');
  });
});

describe('ops', () => {
  test('of every model of the tests are all in the table', () => {
    const kinds = new Set(
      [...allModels(), ...madeUpModels()].flatMap(([, model]) => forwardGraph(model).nodes.map(({ kind }) => kind)),
    );
    const leaves = ['input', 'parameter', 'state', 'constant'];
    expect([...kinds].filter((kind) => !leaves.includes(kind) && !(kind in operators))).toEqual([]);
  });
});

describe('shards', () => {
  const constants = [5, 3 * 2 ** 20, 1].map((size, i) => ({
    name: `w${String(i)}`,
    shape: [size],
    values: new Float32Array(size).map((_, j) => i + j / 8),
  }));

  test('hold 4 MB each and all numbers in order', () => {
    const { manifest, files } = weightShards([...constants, { name: 'i', shape: [2], values: Int32Array.of(-1, 7) }]);
    expect(files.map(({ path: name, bytes }) => [name, bytes.length])).toEqual([
      ['group1-shard1of4.bin', 4194304],
      ['group1-shard2of4.bin', 4194304],
      ['group1-shard3of4.bin', 4194304],
      ['group1-shard4of4.bin', 32],
    ]);
    const [group] = manifest;
    const decoded = tf.io.decodeWeights(
      files.map(({ bytes }) => Uint8Array.from(bytes).buffer),
      group?.weights ?? [],
    );
    const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(buffer);
    for (const { name, values } of constants) {
      expect(Buffer.compare(bytesOf(decoded[name]?.dataSync() as Float32Array), bytesOf(values)), name).toBe(0);
    }
    expect(decoded.i?.dataSync()).toEqual(Int32Array.of(-1, 7));
    tf.dispose(decoded);
  });

  test('are one file where there are few', () => {
    expect(weightShards(constants.slice(0, 1)).files).toHaveLength(1);
  });
});

describe('a writer', () => {
  test('writes the same node once and leaves out what nothing needs', () => {
    const { writer, written } = createGraphWriter();
    const x = writer.placeholder('x', 'DT_FLOAT', [-1, 2]);
    const twice = [0, 1].map(() => writer.node('Neg', [x.node]));
    writer.node('Abs', [x.node]);
    writer.output('y.z', writer.node('AddV2', twice));
    expect(written().nodes.map(({ op, name }) => `${op} ${name}`)).toEqual([
      'Placeholder x',
      'Neg op/Neg',
      'AddV2 op/AddV2',
      'Identity y.z',
    ]);
  });
});
