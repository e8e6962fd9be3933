import { encoderProgram, programFor } from '../../encode/compile.js';
import { lostColumn, lostColumnText, neededColumnsOf } from '../../encode/needed-columns.js';
import type { EncodedRows, EncoderState } from '../../encode/program.js';
import { createRowEncoder, type EncodedBatch, type RawRow } from '../../encode/row.js';
import { rowSchema } from '../../encode/schema.js';
import { featuresRead } from '../../graph/features-read.js';
import { inferenceGraph, stepGraph } from '../../graph/pipeline.js';
import { scheduleFactor, type RunLength } from '../../graph/update/schedule.js';
import type { CheckedModel, Schedule, Table } from '../../model/model.js';
import { variableOf, arrayIn, type LiveArray } from './arrays.js';
import { backendWays } from './backend-ways.js';
import { createDenseWeights } from './dense-weights.js';
import { logFrequencies } from './inputs.js';
import type { Tensor, TfjsNamespace } from './namespace.js';
import { createPredictions } from './predictions.js';
import { createStep } from './step.js';
import { createTableWeights } from './table-weights.js';

export interface LiveOptions {
  /** What training rows add to the encoder: `encoder.json` and vocabularies of a run. Needed where the model learns any. */
  readonly facts?: EncoderState;
  /** Of first weights and noise; the spec's unless given. */
  readonly seed?: number;
  /** Where the schedule counts in epochs, or ends with the run. */
  readonly length?: RunLength;
  /** Those that a loss asks how often an id stands in. */
  readonly trainingRows?: EncodedRows;
}

/** Numbers by path: dense weights, running statistics, and tables (`table.<name>`, [rows, dim]). */
export type NamedWeights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>;

/** A model on a backend of TensorFlow.js: weights, tables and what optimizers remember are variables there. */
export interface LiveModel {
  readonly model: CheckedModel;
  /** Steps so far. */
  readonly steps: number;
  /**
   * Encodes rows as training rows were.
   * @param labels whether they have those as well, and features of training alone: `step` needs them
   * @throws Error where no row has a column that a feature without a default reads
   */
  readonly encode: (rows: readonly RawRow[], labels?: boolean) => EncodedBatch;
  /**
   * One update, of all that is trained. Nothing is read back.
   * @param rate what the learning rate is multiplied by, besides the schedule: 1 unless given
   * @returns the loss of the batch before it, [], without L2; the caller frees it
   * @throws Error for rows that lack a column, or have an id that is no row of its table
   */
  readonly step: (batch: EncodedRows, rate?: number) => Tensor;
  /**
   * What the model gives for rows, by the names of its graph: `logit.<label>` and `prediction.<label>`, [rows] or [rows, classes],
   * `output.<name>`. With `ema`, by the averages. The caller frees them.
   * @param names of labels and other outputs; what the model lists unless given
   */
  readonly infer: (rows: EncodedRows, names?: readonly string[]) => Record<string, Tensor>;
  /** A copy of the weights that training is after: with `ema`, the averages. */
  readonly weights: () => Promise<NamedWeights>;
  /** Puts weights in their places. @throws Error where a name or a shape is not the model's; then nothing has changed */
  readonly setWeights: (weights: NamedWeights) => void;
  /** All that training goes on from: weights, and what is remembered of them under `<path>/<slot>`. */
  readonly state: () => Promise<{ readonly steps: number; readonly arrays: NamedWeights }>;
  readonly setState: (state: { readonly steps: number; readonly arrays: NamedWeights }) => void;
  /** Frees everything on the backend. */
  readonly dispose: () => void;
}

/**
 * Puts a model on the backend that `tf` has set, with the first weights that every engine starts with.
 * @throws Error where the model learns vocabularies and `facts` lack them, or where its schedule depends on the run's length and none is given
 */
export const toTfjs = (model: CheckedModel, tf: TfjsNamespace, options: LiveOptions = {}): LiveModel => {
  const { facts, seed = model.train.seed, length, trainingRows } = options;
  if (length === undefined && needsLength(model.train.schedule))
    throw new Error(`the schedule of ${model.name} depends on how long the run is: give \`length\``);
  const ways = backendWays(tf);
  const graph = stepGraph(model);
  const frequencies = new Map<string, Float64Array>();
  const frequenciesOf = (feature: string): Float64Array => {
    if (trainingRows === undefined)
      throw new Error(
        `the loss of ${model.name} asks how often each ${feature} stands in the training rows: give \`trainingRows\``,
      );
    const known = frequencies.get(feature) ?? logFrequencies(trainingRows, feature);
    frequencies.set(feature, known);
    return known;
  };
  const sized = model.tables.map((table) => ({ table, rows: rowsOfTable(table, facts) }));
  const dense = createDenseWeights(tf, graph.parameters, model.train, seed);
  const tables = new Map(
    sized.map(({ table, rows }) => [table.name, createTableWeights(tf, ways, table, rows, model.train, seed)]),
  );
  const states = graph.states.map(({ name, shape, initial }) => {
    const values = new Float32Array(shape.reduce((all, size) => all * size, 1)).fill(initial);
    return { name, shape, variable: variableOf(tf, values, shape) };
  });
  const on = { tf, ways, model, dense, tables, states, seed, frequenciesOf };
  const step = createStep(on, graph);
  const predictions = createPredictions(on);
  let steps = 0;

  const settle = (): void => tables.forEach((table) => table.settle(steps));
  const stateArrays = states.map(({ name, shape, variable }) => arrayIn(tf, name, shape, variable, 0));
  const ofTables = (pick: 'weight' | 'average'): LiveArray[] => [...tables.values()].map((table) => table[pick]);
  const current = [...dense.arrays, ...stateArrays, ...ofTables('weight')];
  const slots = [...dense.slots, ...[...tables.values()].flatMap((table) => table.slots)];
  const averages = [...dense.averages, ...ofTables('average')];
  const encoders = new Map<boolean, Encode>();
  const encoderOf = (labels: boolean): Encode => {
    const known = encoders.get(labels) ?? createEncode(model, facts ?? noFacts, labels);
    encoders.set(labels, known);
    return known;
  };
  return {
    model,
    get steps() {
      return steps;
    },
    encode: (rows, labels = false) => encoderOf(labels)(rows),
    step: (batch, rate = 1) => {
      if (batch.rows === 0) throw new Error('a batch has at least one row');
      const factor = rate * scheduleFactor(model.train.schedule, steps + 1, length ?? unknownLength);
      const loss = step.run(batch, steps + 1, factor);
      steps += 1;
      return loss;
    },
    infer: (rows, names = model.outputs) => {
      settle();
      return predictions.run(rows, names);
    },
    weights: () => {
      settle();
      return readAll(tf, [...averages, ...stateArrays]);
    },
    setWeights: (weights) => {
      writeAll(current, weights);
      // What is remembered of them are averages of the weights as well.
      if (model.train.ema !== undefined) for (const array of averages) array.write(ownArray(weights, array).values);
    },
    state: async () => ({ steps, arrays: await readAll(tf, [...current, ...slots]) }),
    setState: (state) => {
      writeAll([...current, ...slots], state.arrays);
      ({ steps } = state);
    },
    dispose: () => {
      step.dispose();
      predictions.dispose();
      dense.dispose();
      tables.forEach((table) => table.dispose());
      states.forEach(({ variable }) => variable.dispose());
    },
  };
};

/** Rows with their labels, for `trainingRows`. @throws Error where the facts lack what a feature is standardized by */
export const encodeTraining = (model: CheckedModel, rows: readonly RawRow[], facts: EncoderState = noFacts): EncodedBatch =>
  createEncode(model, facts, true)(rows);

type Encode = (rows: readonly RawRow[]) => EncodedBatch;

/** Encodes what steps read, or what predictions do. */
function createEncode(model: CheckedModel, facts: EncoderState, labels: boolean): Encode {
  const whole = encoderProgram(model);
  const program = labels ? whole : programFor(whole, featuresRead(inferenceGraph(model)));
  const features = new Set(program.features.map(({ name }) => name));
  const schema = rowSchema({ ...model, features: model.features.filter(({ name }) => features.has(name)) });
  const needed = neededColumnsOf(program, schema);
  const encoder = createRowEncoder(program, facts, { labels });
  return (rows) => {
    const lost = lostColumn(needed, rows);
    if (lost === undefined) return encoder.encodeRows(rows);
    throw new Error(lostColumnText(lost, rows, 'no row has a'));
  };
}

const noFacts: EncoderState = { vocabularies: {}, statistics: {} };
const unknownLength: RunLength = { steps: 1, epochs: 1 };

const needsLength = (schedule: Schedule | undefined): boolean =>
  schedule !== undefined &&
  (schedule.warmup?.unit === 'epochs' ||
    ('every' in schedule && schedule.every.unit === 'epochs') ||
    (schedule.kind === 'cosine' && schedule.over?.unit !== 'steps'));

const rowsOfTable = ({ name, rows }: Table, facts: EncoderState | undefined): number => {
  if (rows.kind === 'known') return rows.rows;
  const vocabulary =
    facts !== undefined && Object.hasOwn(facts.vocabularies, rows.name) ? facts.vocabularies[rows.name] : undefined;
  if (vocabulary === undefined) throw new Error(`table ${name} needs the vocabulary ${rows.name}: give \`facts\``);
  // Row 0 is the reserved one.
  return vocabulary.length + 1;
};

const readAll = async (tf: TfjsNamespace, arrays: readonly LiveArray[]): Promise<NamedWeights> => {
  const views = arrays.map(({ name, shape, view }) => ({ name, shape, tensor: tf.tidy(view) }));
  try {
    return Object.fromEntries(
      await Promise.all(
        views.map(async ({ name, shape, tensor }) => [name, { shape, values: Float32Array.from(await tensor.data()) }] as const),
      ),
    );
  } finally {
    for (const { tensor } of views) tensor.dispose();
  }
};

const ownArray = (arrays: NamedWeights, { name, shape }: LiveArray): NamedWeights[string] => {
  const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
  const size = shape.reduce((all, length) => all * length, 1);
  if (array?.values.length === size && array.shape.join() === shape.join()) return array;
  const received = array === undefined ? 'there is none' : `[${array.shape.join(', ')}] was given`;
  throw new Error(`the model needs the weight ${name} of shape [${shape.join(', ')}], but ${received}`);
};

const writeAll = (arrays: readonly LiveArray[], given: NamedWeights): void => {
  const values = arrays.map((array) => ownArray(given, array).values);
  arrays.forEach((array, i) => array.write(values[i] ?? new Float32Array()));
};
