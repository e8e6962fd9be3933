import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { tfjsFiles } from '../../../src/target/tfjs/project.js';
import { allModels, expected, fromMemory, predictWith, randomInputs, trainedLike } from './graph-model-support.js';
import { expectClose } from '../onnx/support.js';

const rows = 5;

describe('a graph model', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test.each(allModels())('%s: loads, and gives what the interpreter gives', async (_, model) => {
    const trained = trainedLike(model);
    const given = randomInputs(model, trained, rows);
    const loaded = await tf.loadGraphModel(fromMemory(await tfjsFiles(model, trained)));
    const before = tf.memory().numTensors;
    const found = await predictWith(tf, loaded, given.inputs);
    expect(tf.memory().numTensors).toBe(before);
    expectClose(
      Object.fromEntries(
        Object.entries(found).map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
      ),
      expected(model, trained, given),
    );
    loaded.dispose();
  });
});
