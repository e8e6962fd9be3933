import type * as Ort from 'onnxruntime-node';
import { encoderProgram } from '../../../src/encode/compile.js';
import { columnReads } from '../../../src/encode/expressions/columns.js';
import type { EncodedRows, EncoderProgram, EncoderState, FeatureEncoder } from '../../../src/encode/program.js';
import type { RawRow } from '../../../src/encode/row.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { Values } from '../../../src/graph/interpreter.js';
import { check } from '../../../src/model/check.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { Source } from '../../../src/language/source.js';
import type { Load } from '../../../src/model/source-files.js';
import { firstValues } from '../../../src/target/first-values.js';
import { decodeModel, ElementType } from '../../../src/target/onnx/proto.js';
import type { TrainedArray, TrainedParts } from '../../../src/target/trained.js';
import { generator } from '../../graph/numbers.js';

const words = Array.from({ length: 24 }, (_, i) => String(i + 1));

export interface Subject {
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly parts: TrainedParts;
}

/** The models of a spec, as if trained on vocabularies of 24 words, with weights that are nowhere 0. */
export function subjectsOf(source: Source, load?: Load): readonly Subject[] {
  const open = { source, ...(load && { load }) };
  const first = check(open.source, load ? { load } : {});
  const names = first.models.flatMap(({ features }) =>
    features.flatMap((f) => (f.kind === 'category' && f.codes.kind === 'vocabulary' ? [f.codes.name] : [])),
  );
  const facts = { vocabularies: Object.fromEntries(names.map((name) => [name, words.length + 1])) };
  const { models, diagnostics } = check(source, { facts, ...(load && { load }) });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(`${source.path}: ${errors.map(({ message }) => message).join('\n')}`);
  return models.map((model) => {
    const program = encoderProgram(model);
    return { model, program, parts: { ...moved(model), encoder: stateOf(program) } };
  });
}

/** Biases and tables that begin with 0 would hide what is wrong with them. */
function moved(model: CheckedModel): Omit<TrainedParts, 'encoder'> {
  const { weights, states, tables } = firstValues(model);
  const next = generator(7);
  const shaken = (arrays: ReadonlyMap<string, TrainedArray>, by: (value: number) => number) =>
    new Map([...arrays].map(([name, { shape, values }]) => [name, { shape, values: values.map(by) }]));
  return {
    weights: shaken(weights, (value) => value + 0.1 * next()),
    states: shaken(states, (value) => value + 0.1 * Math.abs(next())),
    tables: shaken(tables, (value) => value + 0.1 * next()),
  };
}

function stateOf({ features }: EncoderProgram): EncoderState {
  const vocabularies = features.flatMap((f) =>
    f.kind === 'category' && f.codes.kind === 'vocabulary'
      ? [[f.codes.name, f.cross ? crossWords(f.cross.length) : words] as const]
      : [],
  );
  const statistics = features.flatMap((f) => {
    const width = f.kind === 'number' ? 1 : f.kind === 'time' ? 2 * f.cycles.length : 0;
    const learns = (f.kind === 'number' && f.transforms.includes('standardize')) || (f.kind === 'time' && f.standardize);
    return learns ? [[f.name, Array.from({ length: width }, (_, i) => ({ mean: 0.3 + i, deviation: 1.5 }))] as const] : [];
  });
  return { vocabularies: Object.fromEntries(vocabularies), statistics: Object.fromEntries(statistics) };
}

const crossWords = (parts: number): readonly string[] =>
  words.map((word, i) => [word, ...Array.from({ length: parts - 1 }, (_, k) => String((i + k) % 7))].join('\u001f'));

/** Rows with words that are known, unknown and missing, numbers that are missing or that no feature takes. */
export function rawRows({ features }: EncoderProgram, count: number, seed = 3): readonly RawRow[] {
  const next = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(((next() + 1) / 2) * list.length)] ?? list[0]!;
  const columns = new Map<string, (() => unknown)[]>();
  for (const feature of features)
    for (const { name, type } of feature.value ? columnReads(feature.value) : [])
      columns.set(name, [...(columns.get(name) ?? []), valuesFor(feature, type === 'text', pick)]);
  return Array.from({ length: count }, () =>
    Object.fromEntries([...columns].map(([name, makers]) => [name, pick(makers)()] as const)),
  );
}

function valuesFor(feature: FeatureEncoder, isText: boolean, pick: <T>(list: readonly T[]) => T): () => unknown {
  if (feature.kind === 'vector') return () => Array.from({ length: feature.size }, () => pick([0, 0.5, -1.25, 3]));
  const boolean = feature.value && columnReads(feature.value).some(({ type }) => type === 'boolean');
  if (boolean === true) return () => pick([1, 0, 1, 0, null, 2]);
  if (feature.kind === 'time') return () => pick([874724710, 1, -5, 1e9 + 0.25, null, 0]);
  if (feature.kind === 'number' || !isText) return () => pick([1, 2, 17, 25, 60, 3, 2, 1, 0.5, null, 0]);
  const own = feature.codes.kind === 'values' ? feature.codes.values : words.slice(0, 12);
  const texts = feature.codes.kind === 'size' ? ['0', '1', '2', '3'] : [...own, ...own, 'ünknown', ''];
  const { many } = feature;
  if (many === undefined) return () => pick(texts);
  const list = (): readonly string[] => Array.from({ length: pick([0, 1, 2, 3, 5]) }, () => pick(texts));
  return many.separator === undefined ? list : () => list().join(many.separator);
}

/** What the uncut graph takes of encoded rows, computed apart from the writer. */
export function graphValues(graph: Graph, { model, parts }: Subject, encoded: EncodedRows): Values {
  const featureOf = new Map(model.network.sites.map(({ name, feature }) => [name, feature]));
  const placesOf = (feature: string, length: number, take: (id: number | undefined) => number): number[] => {
    const { ids, offsets } = encoded.bags[feature]!;
    return Array.from({ length: encoded.rows }, (_, row) => [...ids.subarray(offsets[row], offsets[row + 1])]).flatMap((own) =>
      Array.from({ length }, (_, i) => take(own[i])),
    );
  };
  const valueOf = (name: string, length: number): Values[string] => {
    const weight = parts.weights.get(name) ?? parts.states.get(name) ?? parts.tables.get(name.replace(/^table\./, ''));
    if (weight) return weight.values;
    const rest = name.slice(name.indexOf('.') + 1);
    switch (name.slice(0, name.indexOf('.'))) {
      case 'dense':
        return encoded.dense[rest]!.values;
      case 'offsets':
        return encoded.bags[rest]!.offsets;
      case 'mask':
        return placesOf(rest, length, (id) => (id === undefined ? 0 : 1));
      case 'code':
        return encoded.ids[rest]!;
      default: {
        const sequence = featureOf.get(rest) ?? rest;
        if (length > 0) return placesOf(sequence, length, (id) => id ?? 0);
        return encoded.ids[rest] ?? encoded.bags[rest]!.ids;
      }
    }
  };
  const leaves = graph.nodes.filter((node) => 'name' in node);
  return Object.fromEntries(
    leaves.map(({ name, shape }) => [name, valueOf(name, shape.length === 2 && shape[0] === 'rows' ? Number(shape[1]) : 0)]),
  );
}

/** A tensor of an input, as JSON can say it. */
export interface Feed {
  readonly type: 'float32' | 'float64' | 'int32' | 'string';
  readonly dims: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Inputs of a model that takes encoded rows. */
export const encodedFeeds = (bytes: Uint8Array, encoded: EncodedRows): Readonly<Record<string, Feed>> =>
  Object.fromEntries(
    decodeModel(bytes).graph.input.map(({ name }): [string, Feed] => {
      const feature = name.slice(name.indexOf('.') + 1);
      const bag = encoded.bags[feature];
      const dense = encoded.dense[feature];
      if (name.startsWith('dense.') && dense)
        return [name, { type: 'float32', dims: [encoded.rows, dense.width], data: [...dense.values] }];
      const ids = name.startsWith('offsets.') ? bag!.offsets : (encoded.ids[feature] ?? bag!.ids);
      return [name, { type: 'int32', dims: [ids.length], data: [...ids] }];
    }),
  );

/** Inputs of a model that takes raw rows: missing texts as '', missing numbers as NaN. */
export const rawFeeds = (bytes: Uint8Array, rows: readonly RawRow[]): Readonly<Record<string, Feed>> =>
  Object.fromEntries(
    decodeModel(bytes).graph.input.map(({ name, type }): [string, Feed] => {
      const values = rows.map((row) => row[name]);
      const { elem_type: element, shape } = type.tensor_type;
      if (shape.dim.length === 1)
        return element === ElementType.string
          ? [name, { type: 'string', dims: [rows.length], data: values.map((value) => (value as string | null) ?? '') }]
          : [name, { type: 'float64', dims: [rows.length], data: values.map((value) => (value as number | null) ?? NaN) }];
      const lists = values as readonly (readonly (string | number)[])[];
      const width = Math.max(...lists.map(({ length }) => length));
      const data = lists.flatMap((list) => Array.from({ length: width }, (_, i) => list[i] ?? ''));
      return [name, { type: element === ElementType.string ? 'string' : 'float32', dims: [rows.length, width], data }];
    }),
  );

/** Runs a model as it lies in a file. */
export async function runModel(
  ort: typeof Ort,
  bytes: Uint8Array | string,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const options: Ort.InferenceSession.SessionOptions = { intraOpNumThreads: 1, logSeverityLevel: 3 };
  const session = await (typeof bytes === 'string'
    ? ort.InferenceSession.create(bytes, options)
    : ort.InferenceSession.create(bytes, options));
  const tensorOf = ({ type, dims, data }: Feed): Ort.Tensor => {
    const numbers = data as readonly number[];
    if (type === 'string') return new ort.Tensor('string', [...(data as readonly string[])], dims);
    if (type === 'int32') return new ort.Tensor('int32', Int32Array.from(numbers), dims);
    if (type === 'float64') return new ort.Tensor('float64', Float64Array.from(numbers), dims);
    return new ort.Tensor('float32', Float32Array.from(numbers), dims);
  };
  const results = await session.run(Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, tensorOf(feed)])));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]]));
}
