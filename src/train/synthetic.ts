import { encoderProgram } from '../encode/compile.js';
import type { EncodedData, EncodedRows } from '../encode/program.js';
import { fillBits, fillNormal, stream } from '../graph/random.js';
import { widthOf } from '../encode/width.js';
import type { CategoryFeature, CheckedModel, Label, Table } from '../model/model.js';
import { shareRows } from './shared-rows.js';

export interface SyntheticOptions {
  readonly train: number;
  readonly valid?: number;
  readonly test?: number;
  /** Rows of every learned vocabulary, the reserved one included. */
  readonly vocabulary: number;
  readonly seed: number;
}

/** Random rows for a model, without files: for tests and for timing. Labels depend on ids and numbers, so that there is something to learn. */
export const syntheticData = (model: CheckedModel, options: SyntheticOptions): EncodedData => {
  const { train, valid = 0, test = 0, vocabulary, seed } = options;
  const learned = new Set(
    model.features.flatMap((feature) =>
      feature.kind === 'category' && feature.codes.kind === 'vocabulary' ? [feature.codes.name] : [],
    ),
  );
  const values = Array.from({ length: vocabulary - 1 }, (_, i) => String(i));
  const split = (name: string, rows: number): EncodedRows => syntheticRows(model, vocabulary, rows, seed, name);
  const read = train + valid + test;
  return {
    program: encoderProgram(model),
    state: { vocabularies: Object.fromEntries([...learned].map((name) => [name, values])), statistics: {} },
    train: split('train', train),
    valid: split('valid', valid),
    test: split('test', test),
    counts: { read, dropped: 0, bad: 0, badRows: [] },
  };
};

/** How many ids a feature has: the rows of its tables where they are known. */
const idCount = (feature: string, tables: readonly Table[], vocabulary: number): number => {
  const rows = tables.find(({ features }) => features.includes(feature))?.rows;
  return rows?.kind === 'known' ? rows.rows : vocabulary;
};

/** Most values of a row where the feature does not say. */
const usualLength = 3;

/** How many values each row has: as many as the feature that these stand beside. */
const lengthsOf = ({ name, many }: CategoryFeature, seed: number, split: string, rows: number): Uint32Array => {
  const lengths = new Uint32Array(rows);
  if (many === undefined) return lengths.fill(1);
  fillBits(stream(seed, `synthetic/${split}/${many.parallel ?? name}`), 1, 0, lengths);
  return lengths.map((word) => word % ((many.maxLength ?? usualLength) + 1));
};

const syntheticRows = (
  { features, tables, labels }: CheckedModel,
  vocabulary: number,
  rows: number,
  seed: number,
  split: string,
): EncodedRows => {
  const signal = new Float64Array(rows);
  const ids: Record<string, Int32Array> = {};
  const bags: Record<string, { ids: Int32Array; offsets: Int32Array }> = {};
  const dense: Record<string, { width: number; values: Float32Array }> = {};
  const effect = (feature: string, id: number): number => Math.sin(feature.length + 1.7 * id);
  for (const feature of features) {
    const of = stream(seed, `synthetic/${split}/${feature.name}`);
    if (feature.kind === 'category') {
      const size = idCount(feature.name, tables, vocabulary);
      const lengths = lengthsOf(feature, seed, split, rows);
      const offsets = new Int32Array(rows + 1);
      for (let r = 0; r < rows; r++) offsets[r + 1] = (offsets[r] ?? 0) + (lengths[r] ?? 0);
      const words = new Uint32Array(offsets[rows] ?? 0);
      fillBits(of, 0, 0, words);
      const drawn = Int32Array.from(words, (word) => word % size);
      for (let r = 0; r < rows; r++)
        for (let b = offsets[r] ?? 0; b < (offsets[r + 1] ?? 0); b++)
          signal[r] = (signal[r] ?? 0) + effect(feature.name, drawn[b] ?? 0) / (lengths[r] ?? 1);
      if (feature.many === undefined) ids[feature.name] = drawn;
      else bags[feature.name] = { ids: drawn, offsets };
    } else {
      const width = widthOf(feature);
      const values = new Float32Array(rows * width);
      fillNormal(of, 0, 1, values);
      for (let r = 0; r < rows; r++) signal[r] = (signal[r] ?? 0) + (values[r * width] ?? 0);
      dense[feature.name] = { width, values };
    }
  }
  const given = Object.fromEntries(labels.map((label) => [label.name, labelsOf(label, signal)]));
  return shareRows({ rows, ids, bags, dense, labels: given });
};

const labelsOf = ({ task }: Label, signal: Float64Array): Float32Array => {
  switch (task.kind) {
    case 'number':
      return new Float32Array(signal);
    case 'binary':
      return Float32Array.from(signal, (value) => Number(value > 0));
    case 'class':
      return Float32Array.from(signal, (value) => Math.abs(Math.floor(2 * value)) % task.classes);
    default:
      return task satisfies never;
  }
};
