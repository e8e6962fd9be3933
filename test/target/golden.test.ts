import type { io } from '@tensorflow/tfjs';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/backends/places.mjs';
import { goldenFolder, goldenSpecs } from '../../scripts/golden-specs.mjs';
import { ops } from '../../src/graph/ops/index.js';
import { lowerStep } from '../../src/graph/lower.js';
import { forEngine, forwardGraph, inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { check, type Checked } from '../../src/model/check.js';
import { initializers } from '../../src/model/initializers.js';
import { functionName } from '../../src/model/instantiate/values.js';
import { standard } from '../../src/model/library.js';
import type { CheckedModel, Feature } from '../../src/model/model.js';
import type { ProjectFile } from '../../src/target/files.js';
import { onnxFiles } from '../../src/target/onnx/project.js';
import { printOnnx } from '../../src/target/onnx/text.js';
import { tfjsFiles } from '../../src/target/tfjs/project.js';
import { trainedLike } from './tfjs/graph-model-support.js';

const sourceOf = (file: string): { readonly path: string; readonly text: string } => ({
  path: file,
  text: readFileSync(path.join(root, file), 'utf8'),
});
const checkedSpecs = goldenSpecs.map((spec): readonly [folder: string, checked: Checked] => [
  goldenFolder(spec),
  check(sourceOf(spec), { load: (imported) => ({ source: sourceOf(imported) }) }),
]);
const models = checkedSpecs.flatMap(([, checked]) => checked.models);

const fileOf = (files: readonly ProjectFile[], name: string): ProjectFile => {
  const found = files.find((file) => file.path === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const textOf = (file: ProjectFile): string => ('text' in file ? file.text : '');
const onnxText = (file: ProjectFile): string => printOnnx('bytes' in file ? file.bytes : new Uint8Array());

/** A node a line, and the signature: weights are left to the tests of values. */
const graphText = (file: ProjectFile): string => {
  const { modelTopology, signature } = JSON.parse(textOf(file)) as io.ModelJSON & {
    readonly modelTopology: { readonly node: readonly object[] };
  };
  const nodes = modelTopology.node.map((node) => `${JSON.stringify(node)}\n`);
  return `${nodes.join('')}${JSON.stringify(signature, undefined, 2)}\n`;
};

/** The texts of TensorFlow.js's and ONNX's files of a model. Specs of one file have the same features: the first model shows the encoder. */
const textsOf = async (model: CheckedModel, isFirst: boolean): Promise<ReadonlyMap<string, string>> => {
  const trained = trainedLike(model);
  const tfjs = await tfjsFiles(model, trained);
  const onnx = onnxFiles(model, trained, { trainStep: true });
  return new Map([
    ['model.json.txt', graphText(fileOf(tfjs, 'model.json'))],
    ...(isFirst ? [['encoder.mjs.txt', textOf(fileOf(tfjs, 'encoder.mjs'))] as const] : []),
    ['model.onnx.txt', onnxText(fileOf(onnx, 'model.onnx'))],
    ['train.onnx.txt', onnxText(fileOf(onnx, 'train.onnx'))],
  ]);
};

describe('`vitest -u` writes generated/', () => {
  test.each(checkedSpecs)('%s as TensorFlow.js and ONNX', async (folder, checked) => {
    expect(checked.models).not.toEqual([]);
    for (const model of checked.models)
      for (const [file, text] of await textsOf(model, model === checked.models[0]))
        await expect(text).toMatchFileSnapshot(path.join(root, 'generated', folder, model.name, file));
  });

  test('no text is left of a model that is not there any more', () => {
    const known = new Set(checkedSpecs.flatMap(([folder, checked]) => checked.models.map(({ name }) => path.join(folder, name))));
    const texts = readdirSync(path.join(root, 'generated'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.txt'),
    );
    expect(texts.filter((file) => !known.has(path.dirname(file)))).toEqual([]);
  });
});

const kindsOf = (feature: Feature): readonly string[] =>
  feature.kind === 'category'
    ? [feature.codes.kind, ...(feature.cross ? ['cross'] : []), ...(feature.many ? [`${feature.many.pool} of many`] : [])]
    : [feature.kind];

describe('generated/ has every', () => {
  test('op', () => {
    const missing = new Set<string>(Object.keys(ops));
    // The last specs are written to have what the others lack, and are small.
    for (const model of [...models].reverse()) {
      if (missing.size === 0) break;
      const cut = [stepGraph(model), inferenceGraph(model)].flatMap((step) => [step.graph, forEngine(step).graph]);
      for (const { nodes } of [lowerStep(model), forwardGraph(model), ...cut]) for (const { kind } of nodes) missing.delete(kind);
    }
    expect([...missing]).toEqual([]);
  });

  test('kind of feature, code, pool and look-up', () => {
    const features = new Set(models.flatMap((model) => model.features.flatMap(kindsOf)));
    const sites = new Set(models.flatMap(({ network }) => network.sites.map(({ form }) => form)));
    expect([...features].sort()).toEqual(
      [
        ...['number', 'time', 'vector'],
        ...['buckets', 'hash', 'size', 'values', 'vocabulary', 'cross'],
        ...['mean of many', 'sum of many'],
      ].sort(),
    );
    expect([...sites].sort()).toEqual(['mean', 'row', 'sequence', 'sum']);
  });

  test('block and function of the library, and every initializer', () => {
    const called = checkedSpecs.flatMap(([, { functions }]) => [...functions.called.values()].map(functionName));
    const starts = models.flatMap(({ network, tables }) =>
      [...network.weights, ...tables].map(({ initializer }) => initializer.kind),
    );
    const seen = new Set<string>([...called.map((name) => name.replaceAll('`', '')), ...starts]);
    expect([...standard().functions.keys(), ...Object.keys(initializers)].filter((name) => !seen.has(name))).toEqual([]);
  });
});
