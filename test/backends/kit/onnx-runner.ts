import type * as Ort from 'onnxruntime-node';
import { labelNames } from '../../../src/model/model.js';
import { onnxFiles } from '../../../src/target/onnx/project.js';
import type { Weights } from '../../../src/train/weights.js';
import { flatFeatures } from './features.js';
import type { Runner, Subject } from './subject.js';
import { trainedParts } from './trained-parts.js';

/** `model.onnx` as `export` writes it. */
export function onnxFile(subject: Subject, weights: Weights): Uint8Array {
  const file = onnxFiles(subject.model, trainedParts(subject, weights)).find(({ path }) => path === 'model.onnx');
  if (file === undefined || !('bytes' in file)) throw new Error('there is no model.onnx');
  // A Buffer of Node would be written as a list of numbers.
  return new Uint8Array(file.bytes);
}

export const logitsNamed = ({ model }: Subject): readonly string[] => labelNames(model).map((label) => `logit.${label}`);

/** What the target `onnx` writes, in onnxruntime-node. */
export const onnxRunner = (ort: typeof Ort): Runner => ({
  predict: async (subject, weights) => {
    const session = await ort.InferenceSession.create(onnxFile(subject, weights));
    try {
      const features = flatFeatures(subject.rows);
      const feeds = Object.fromEntries(
        session.inputNames.map((name) => {
          const fed = features[name];
          if (fed === undefined) throw new Error(`the model asks for ${name}`);
          const { shape, values } = fed;
          // It refuses arrays on memory that threads share.
          const tensor =
            values instanceof Int32Array
              ? new ort.Tensor('int32', Int32Array.from(values), shape)
              : new ort.Tensor('float32', Float32Array.from(values), shape);
          return [name, tensor];
        }),
      );
      const results = await session.run(feeds, logitsNamed(subject));
      return Object.fromEntries(
        logitsNamed(subject).map((name) => [name.replace(/^logit\./, ''), results[name]?.data as Float32Array]),
      );
    } finally {
      await session.release();
    }
  },
});
