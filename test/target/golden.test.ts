import type { io } from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { ProjectFile } from '../../src/target/files.js';
import { onnxFiles } from '../../src/target/onnx/project.js';
import { printOnnx } from '../../src/target/onnx/text.js';
import { graphModel } from '../../src/target/tfjs/graph-model.js';
import { graphModelFiles } from '../../src/target/tfjs/model-json.js';
import { modelsOf } from '../backends/kit/subjects.js';
import { chosen } from '../backends/kit/chosen.js';
import { trainedLike } from './tfjs/graph-model-support.js';

const fileOf = (files: readonly ProjectFile[], path: string): ProjectFile => {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
};

/** A node a line, and the signature: weights are left to the tests of values. */
const graphText = (file: ProjectFile): string => {
  const { modelTopology, signature } = JSON.parse('text' in file ? file.text : '') as io.ModelJSON & {
    readonly modelTopology: { readonly node: readonly object[] };
  };
  const nodes = modelTopology.node.map((node) => `${JSON.stringify(node)}\n`);
  return `${nodes.join('')}${JSON.stringify(signature, undefined, 2)}\n`;
};

const onnxText = (file: ProjectFile): string => printOnnx('bytes' in file ? file.bytes : new Uint8Array());

/** What models of every op, kind of feature and loss are written as, so that a change of the compiler shows; `vitest -u` writes it. */
describe.each(chosen)('%s', (file, name) => {
  const model = modelsOf(file).get(name);
  if (model === undefined) throw new Error(`${file} has no model ${name}`);
  const trained = trainedLike(model);

  test(`${name} as a graph model`, async () => {
    const files = graphModelFiles(graphModel(model, trained), name);
    await expect(graphText(fileOf(files, 'model.json'))).toMatchFileSnapshot(`golden/${name}.tfjs.txt`);
  });

  test(`${name} as ONNX, with the training step`, async () => {
    const files = onnxFiles(model, trained, { trainStep: true });
    await expect(onnxText(fileOf(files, 'model.onnx'))).toMatchFileSnapshot(`golden/${name}.onnx.txt`);
    await expect(onnxText(fileOf(files, 'train.onnx'))).toMatchFileSnapshot(`golden/${name}.step.onnx.txt`);
  });
});
