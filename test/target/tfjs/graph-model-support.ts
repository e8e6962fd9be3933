import type * as Tfjs from '@tensorflow/tfjs';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { forwardGraph } from '../../../src/graph/pipeline.js';
import { interpret } from '../../../src/graph/interpreter.js';
import type { Tensor } from '../../../src/graph/op.js';
import { fillInitial } from '../../../src/graph/random.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { ProjectFile } from '../../../src/target/files.js';
import type { TrainedArray, TrainedParts } from '../../../src/target/trained.js';
import { modelInputs, type ModelInput } from '../../../src/target/tfjs/model-inputs.js';
import { expectClose } from '../onnx/support.js';
import { checkSpec, specText } from '../typescript/support.js';

type NamedModel = readonly [name: string, model: CheckedModel];

const modelsOf = (file: string): readonly NamedModel[] =>
  checkSpec(specText(file)).models.map((model) => [`${path.basename(file)}: ${model.name}`, model] as const);

/** Every model of `specs/`. */
export const allModels = (): readonly NamedModel[] => {
  const files = readdirSync(new URL('../../../specs/', import.meta.url)).filter((file) => file.endsWith('.rec'));
  return files.flatMap((file) => modelsOf(`specs/${file}`));
};

/** Models of every kind of feature, with states, several labels and outputs. */
export const madeUpModels = (): readonly NamedModel[] =>
  ['films', 'shop', 'wide'].flatMap((name) => modelsOf(`test/target/typescript/${name}.rec`));

/** Numbers in [0, 1), always the same. */
export function createNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const learnedRows = 7;

/** As if a run had learned: vocabularies of a few values, weights that are not 0. */
export function trainedLike(model: CheckedModel, seed = 1): TrainedParts {
  const next = createNumbers(seed);
  const array = (shape: readonly number[], low: number, high: number): TrainedArray => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => low + next() * (high - low)),
  });
  const vocabularies = new Set(model.tables.flatMap(({ rows }) => (rows.kind === 'vocabulary' ? [rows.name] : [])));
  for (const feature of model.features)
    if (feature.kind === 'category' && feature.codes.kind === 'vocabulary') vocabularies.add(feature.codes.name);
  return {
    weights: new Map(
      model.network.weights.map(({ name, shape, initializer, isBias }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = new Float32Array(size + (size % 2));
        fillInitial(seed, name, shape, initializer, values);
        return [name, isBias ? array(shape, -0.5, 0.5) : { shape, values: values.subarray(0, size) }];
      }),
    ),
    states: new Map(model.network.states.map(({ name, shape }) => [name, array(shape, 0.5, 1.5)])),
    tables: new Map(
      model.tables.map(({ name, rows, dim }) => [name, array([rows.kind === 'known' ? rows.rows : learnedRows, dim], -0.5, 0.5)]),
    ),
    encoder: {
      vocabularies: Object.fromEntries(
        [...vocabularies].map((name) => [name, Array.from({ length: learnedRows - 1 }, (_, i) => `v${String(i)}`)]),
      ),
      statistics: Object.fromEntries(
        model.features.flatMap((feature) => {
          if (feature.kind === 'number' && feature.transforms.includes('standardize')) {
            return [[feature.name, [{ mean: 1.5, deviation: 2 }]]];
          }
          if (feature.kind !== 'time' || !feature.standardize) return [];
          return [[feature.name, feature.cycles.flatMap(() => [0, 1].map((i) => ({ mean: 0.1 * i, deviation: 0.7 })))]];
        }),
      ),
    },
  };
}

export interface Given {
  readonly rows: number;
  /** Of the model.json. */
  readonly inputs: Readonly<Record<string, InputValue>>;
  /** The same for the interpreter. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

export interface InputValue {
  readonly shape: readonly number[];
  readonly dtype: 'int32' | 'float32';
  readonly values: readonly number[];
}

/** Random values of a model's inputs: bags and sequences of 0 to 4 ids. */
export function randomInputs(model: CheckedModel, { tables }: TrainedParts, rows: number, seed = 3): Given {
  const next = createNumbers(seed);
  const below = (count: number): number => Math.floor(next() * count);
  const graph = forwardGraph(model);
  const { inputs } = modelInputs(model, graph);
  const idsOf = new Map<string, readonly (readonly number[])[]>();
  const rowsOf = (feature: string): number => {
    const own = model.network.sites
      .filter((site) => site.feature === feature)
      .map(({ table }) => tables.get(table)?.shape[0] ?? 1);
    return Math.min(...own, 1e9);
  };
  for (const { feature, kind } of inputs) {
    if (kind === 'numbers' || idsOf.has(feature)) continue;
    const count = (): number => (kind === 'id' ? 1 : below(5));
    const row = (): readonly number[] => Array.from({ length: count() }, () => below(rowsOf(feature)));
    idsOf.set(feature, Array.from({ length: rows }, row));
  }
  const ids = (feature: string): readonly (readonly number[])[] => idsOf.get(feature) ?? [];
  const placesOf = (input: ModelInput & { readonly kind: 'ids' | 'mask' }): number => input.places ?? 4;
  const given = inputs.map((input): [string, InputValue] => {
    switch (input.kind) {
      case 'numbers': {
        const { width } = input;
        return [
          input.name,
          {
            shape: [rows, width],
            dtype: 'float32',
            values: Array.from({ length: rows * width }, () => Math.fround(next() - 0.5)),
          },
        ];
      }
      case 'id':
        return [input.name, { shape: [rows], dtype: 'int32', values: ids(input.feature).flat() }];
      case 'ids':
      case 'mask': {
        const places = placesOf(input);
        const values = ids(input.feature).flatMap((row) =>
          input.kind === 'ids' ? padded(row, places) : Array.from({ length: places }, (_, i) => Number(i < row.length)),
        );
        return [input.name, { shape: [rows, places], dtype: input.kind === 'ids' ? 'int32' : 'float32', values }];
      }
      default:
        return input satisfies never;
    }
  });
  const inputsByName = Object.fromEntries(given);
  const values = graph.nodes.flatMap((node): [string, readonly number[]][] => {
    if (node.kind !== 'input') return [];
    const name = node.name.slice(node.name.indexOf('.') + 1);
    const site = model.network.sites.find((one) => `ids.${one.name}` === node.name && one.form === 'sequence');
    if (site) return [[node.name, ids(site.feature).flatMap((row) => padded(row, site.length ?? 1))]];
    if (node.name.startsWith('offsets.')) return [[node.name, offsetsOf(ids(name))]];
    if (node.name.startsWith('dense.') || node.name.startsWith('mask.'))
      return [[node.name, inputsByName[node.name]?.values ?? []]];
    return [[node.name, ids(name).flat()]];
  });
  return { rows, inputs: inputsByName, values: Object.fromEntries(values) };
}

const padded = (ids: readonly number[], places: number): readonly number[] =>
  Array.from({ length: places }, (_, i) => ids[Math.min(i, ids.length - 1)] ?? 0);

function offsetsOf(bags: readonly (readonly number[])[]): readonly number[] {
  let end = 0;
  return [0, ...bags.map(({ length }) => (end += length))];
}

/** What the model gives by the float64 interpreter. */
export function expected(model: CheckedModel, parts: TrainedParts, { values, rows }: Given): Readonly<Record<string, Tensor>> {
  const arrays = [
    ...parts.weights,
    ...parts.states,
    ...[...parts.tables].map(([name, array]) => [`table.${name}`, array] as const),
  ].map(([name, array]) => [name, array.values] as const);
  return interpret(forwardGraph(model), { ...Object.fromEntries(arrays), ...values }, rows);
}

/** An IOHandler that reads a target's files where they are. */
export function fromMemory(files: readonly ProjectFile[]): Tfjs.io.IOHandler {
  const json = JSON.parse(textOf(files, 'model.json')) as Tfjs.io.ModelJSON;
  const [group] = json.weightsManifest;
  const shards = (group?.paths ?? []).map((name) => {
    const file = files.find((one) => one.path === name);
    if (file === undefined || !('bytes' in file)) throw new Error(`there is no ${name}`);
    return Uint8Array.from(file.bytes).buffer;
  });
  const { modelTopology, signature, userDefinedMetadata } = json;
  return {
    load: () =>
      Promise.resolve({
        modelTopology,
        ...(signature && { signature }),
        ...(userDefinedMetadata && { userDefinedMetadata }),
        weightSpecs: group?.weights ?? [],
        weightData: shards,
      }),
  };
}

export type Predicted = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;

/** What `predict` gives of a batch, as numbers; no tensor stays behind. */
export async function predictWith(
  tf: typeof Tfjs,
  model: Tfjs.GraphModel,
  inputs: Readonly<Record<string, InputValue>>,
): Promise<Predicted> {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape, dtype }]) => [name, tf.tensor([...values], [...shape], dtype)]),
  );
  const results = model.predict(tensors) as Tfjs.NamedTensorMap;
  const read = await Promise.all(
    Object.entries(results).map(async ([name, tensor]) => [name, { shape: tensor.shape, data: await tensor.data() }] as const),
  );
  tf.dispose([tensors, results]);
  return Object.fromEntries(read);
}

/** Expects that a loaded model gives what the interpreter gives, and that no tensor stays behind. */
export async function expectAgreement(
  tf: typeof Tfjs,
  loaded: Tfjs.GraphModel,
  model: CheckedModel,
  trained: TrainedParts,
): Promise<void> {
  const given = randomInputs(model, trained, 5);
  const before = tf.memory().numTensors;
  const found = await predictWith(tf, loaded, given.inputs);
  expect(tf.memory().numTensors).toBe(before);
  const tensors = Object.entries(found).map(
    ([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }] as const,
  );
  expectClose(Object.fromEntries(tensors), expected(model, trained, given));
}

/** The files in a folder of their own, as a package of modules. */
export function writeFiles(files: readonly ProjectFile[]): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'graph-model-'));
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const file of files) writeFileSync(path.join(folder, file.path), 'text' in file ? file.text : file.bytes);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function textOf(files: readonly ProjectFile[], name: string): string {
  const file = files.find((one) => one.path === name);
  if (file === undefined || !('text' in file)) throw new Error(`there is no text ${name}`);
  return file.text;
}
