import { expect, test } from 'vitest';
import { firstValues } from '../../../src/target/first-values.js';
import { onnxFiles } from '../../../src/target/onnx/project.js';
import { decodeModel } from '../../../src/target/onnx/proto.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { attack, hostileModel } from '../typescript/hostile.js';
import { runModel, subjectsOf, type Feed } from './rows.js';
import { ort } from './support.js';

const text = `
model Plain {
  features { user: category(values: ["a", "b"]) tags: category[](size: 4, separator: "|") price: number }
  label y: number
  embeddings { dim: 2 }
  cross { depth: 1 }
}`;

const plain = (): CheckedModel => subjectsOf({ path: 'plain.rec', text })[0]!.model;
const nothing = { vocabularies: {}, statistics: {} };

const bytesOf = (model: CheckedModel, raw: boolean): Uint8Array => {
  const files = onnxFiles(model, { ...firstValues(model), encoder: nothing }, { raw, trainStep: true });
  expect(files.map(({ path }) => path)).toEqual(
    raw ? ['model.onnx', 'train.onnx'] : ['model.onnx', 'encoder.json', 'train.onnx'],
  );
  const [file] = files;
  if (!file || !('bytes' in file)) throw new Error('there is no model');
  return file.bytes;
};

test.skipIf(!ort)('names and comments that look like code stay texts, and paths stay the target’s', async () => {
  const model = hostileModel(plain());
  const bytes = bytesOf(model, false);
  const { graph, doc_string: doc } = decodeModel(bytes);
  expect([doc, graph.name]).toEqual([attack, attack]);
  expect(graph.input.map(({ name }) => name)).toEqual(
    expect.arrayContaining(model.features.flatMap((f) => (f.kind === 'number' ? [`dense.${f.name}`] : [`ids.${f.name}`]))),
  );
  await ort!.InferenceSession.create(bytes);
});

test.skipIf(!ort)('columns may have the names of weights, of nodes, or of an object’s own', async () => {
  const base = plain();
  const weight = base.network.weights[0]?.name ?? '';
  const columns = [weight, '%1', '__proto__'];
  const model = {
    ...base,
    features: base.features.map((f, i) => ({
      ...f,
      value: {
        kind: 'column' as const,
        name: columns[i] ?? '',
        type: f.kind === 'number' ? ('number' as const) : ('text' as const),
      },
    })),
  };
  const feeds = (names: readonly string[]): Record<string, Feed> =>
    Object.fromEntries(
      names.map((name, i) => [
        name,
        i < 2
          ? { type: 'string' as const, dims: [2], data: i === 0 ? ['a', 'z'] : ['1|2', ''] }
          : { type: 'float64' as const, dims: [2], data: [1.5, -2] },
      ]),
    );
  const [odd, usual] = [bytesOf(model, true), bytesOf(base, true)];
  expect(decodeModel(odd).graph.input.map(({ name }) => name)).toEqual(columns);
  expect(await runModel(ort!, odd, feeds(columns))).toEqual(await runModel(ort!, usual, feeds(['user', 'tags', 'price'])));
  const clash = {
    ...base,
    features: base.features.map((f) => ({ ...f, value: { kind: 'column' as const, name: 'logit.y', type: 'text' as const } })),
  };
  expect(() => bytesOf(clash, true)).toThrow('its column logit.y has the name of an output');
});
