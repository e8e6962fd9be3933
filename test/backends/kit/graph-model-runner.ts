import type { io } from '@tensorflow/tfjs';
import { labelNames } from '../../../src/model/model.js';
import type { BinaryFile, ProjectFile } from '../../../src/target/files.js';
import type { TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { graphModel } from '../../../src/target/tfjs/graph-model.js';
import { graphModelFiles } from '../../../src/target/tfjs/model-json.js';
import { paddedFeatures } from './features.js';
import type { Runner } from './subject.js';
import { trainedParts } from './trained-parts.js';

const isBinary = (file: ProjectFile | undefined): file is BinaryFile => file !== undefined && 'bytes' in file;

/** What `tf.loadGraphModel` would read of the files. */
function artifactsOf(files: readonly ProjectFile[]): io.ModelArtifacts {
  const json = files.find(({ path }) => path === 'model.json');
  if (json === undefined || !('text' in json)) throw new Error('there is no model.json');
  const { modelTopology, weightsManifest, signature, userDefinedMetadata, format } = JSON.parse(json.text) as io.ModelJSON;
  const shards = weightsManifest.flatMap(({ paths }) => paths).map((path) => files.find((file) => file.path === path));
  const bytes = shards.filter(isBinary).map((file) => file.bytes);
  const weightData = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const shard of bytes) {
    weightData.set(shard, at);
    at += shard.length;
  }
  return {
    ...(format !== undefined && { format }),
    ...(signature !== undefined && { signature }),
    ...(userDefinedMetadata !== undefined && { userDefinedMetadata }),
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: weightData.buffer,
  };
}

/** What the target `tfjs` writes, loaded by TensorFlow.js itself. */
export const graphModelRunner = (tf: TfjsNamespace): Runner => ({
  predict: async (subject, weights) => {
    const { model, rows } = subject;
    const files = graphModelFiles(graphModel(model, trainedParts(subject, weights)), model.name);
    const loaded = await tf.loadGraphModel(tf.io.fromMemory(artifactsOf(files)));
    const shapes = new Map(loaded.inputs.map(({ name, shape }) => [name, shape]));
    const places = (feature: string): number | undefined =>
      shapes.get(`ids.${feature}`)?.find((size, axis) => axis === 1 && size > 0);
    const fed = Object.entries(paddedFeatures(rows, places)).filter(([name]) => shapes.has(name));
    const inputs = Object.fromEntries(
      fed.map(([name, { shape, values }]) => [
        name,
        tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'),
      ]),
    );
    const outputs = labelNames(model).map((label) => `logit.${label}`);
    const given = loaded.execute(inputs, outputs);
    const tensors = Array.isArray(given) ? given : [given];
    const logits = await Promise.all(
      tensors.map(async (tensor, i) => [labelNames(model)[i] ?? '', await tensor.data<'float32'>()] as const),
    );
    tf.dispose([tensors, inputs]);
    loaded.dispose();
    return Object.fromEntries<Float32Array>(logits);
  },
});
