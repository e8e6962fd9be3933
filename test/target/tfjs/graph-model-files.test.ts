import * as tf from '@tensorflow/tfjs';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadTfjs } from '../../../src/train/engines/load-tfjs.js';
import { tfjsFiles } from '../../../src/target/tfjs/project.js';
import type { ProjectFile } from '../../../src/target/files.js';
import { describeOn, useBackends } from '../../backends.js';
import { modelOf, specText } from '../typescript/support.js';
import { expectAgreement, trainedLike, writeFiles } from './graph-model-support.js';

const model = modelOf(specText('specs/din.rec'), 'Din');
const trained = trainedLike(model);
const removals: (() => void)[] = [];

const write = (files: readonly ProjectFile[]): string => {
  const { folder, remove } = writeFiles(files);
  removals.push(remove);
  return folder;
};

afterEach(() => {
  removals.splice(0).forEach((remove) => remove());
});

test('of a run are the model, its weights, the encoder, and what it learned', async () => {
  const files = await tfjsFiles(model, trained);
  expect(files.map((file) => file.path)).toEqual([
    'model.json',
    'group1-shard1of1.bin',
    'encoder.mjs',
    'encoder.d.mts',
    'encoder.json',
  ]);
  expect(await tfjsFiles(model, trained)).toEqual(files);
});

test('without a run there are none of a model that learns from data, and the advice to export', async () => {
  await expect(tfjsFiles(model)).rejects.toMatchObject({
    name: 'TargetError',
    message: expect.stringContaining('the vocabulary user_id is learned from data') as string,
    help: expect.stringContaining('reccompile export RUN --target tfjs') as string,
  });
});

test('without a run weights are what training starts with, where the spec says all there is to know', async () => {
  const hashed = modelOf(
    {
      path: 'hashed.rec',
      text: `edition 1
model Hashed {
  features { user: category(hash: 50)  device: category(values: ["ios", "web"])  price: number }
  label bought: binary
  embeddings { dim: 3 }
  network { bought = linear(mlp(concat(user, device, price), [4]), 1) }
}`,
    },
    'Hashed',
  );
  const files = await tfjsFiles(hashed);
  expect(files.map((file) => file.path)).toEqual(['model.json', 'group1-shard1of1.bin', 'encoder.mjs', 'encoder.d.mts']);
  expect(await tfjsFiles(hashed)).toEqual(files);
});

describe('over http', () => {
  let folder = '';
  const server = createServer((request, response) => {
    readFile(path.join(folder, path.basename(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end('not here'),
    );
  });
  let origin = '';

  beforeAll(async () => {
    await tf.setBackend('cpu');
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => void server.close(resolve));
  });

  test('tf.loadGraphModel loads the files', async () => {
    folder = write(await tfjsFiles(model, trained));
    const loaded = await tf.loadGraphModel(`${origin}/model.json`);
    await expectAgreement(tf, loaded, model, trained);
    loaded.dispose();
  });

  test('a missing file is an error', async () => {
    folder = write(await tfjsFiles(model, trained));
    await expect(tf.loadGraphModel(`${origin}/modle.json`)).rejects.toThrow(/modle\.json failed with status code 404/);
    folder = write((await tfjsFiles(model, trained)).filter((file) => !('bytes' in file)));
    await expect(tf.loadGraphModel(`${origin}/model.json`)).rejects.toThrow();
  });
});

describeOn('tensorflow', 'from files, by tfjs-node', () => {
  let node: typeof tf;
  beforeAll(async () => {
    useBackends();
    node = (await loadTfjs('tensorflow')).tf;
  });

  test('tf.loadGraphModel loads them', async () => {
    const folder = write(await tfjsFiles(model, trained));
    const loaded = await node.loadGraphModel(pathToFileURL(path.join(folder, 'model.json')).href);
    await expectAgreement(node, loaded, model, trained);
    loaded.dispose();
  });

  test('a missing file is an error that names it', async () => {
    const folder = write((await tfjsFiles(model, trained)).filter((file) => !('bytes' in file)));
    const url = pathToFileURL(path.join(folder, 'model.json')).href;
    await expect(node.loadGraphModel(url)).rejects.toThrow('group1-shard1of1.bin');
    await expect(node.loadGraphModel(url.replace('model.json', 'modle.json'))).rejects.toThrow('modle.json');
  });
});
