import type * as tfjs from '@tensorflow/tfjs';
import { isRecord } from '../encode/json.js';
import { decodeSafetensors } from '../encode/safetensors.js';
import { inferenceGraph } from '../graph/pipeline.js';
import { check } from '../model/check.js';
import { encodeTraining, toTfjs as putOn } from '../target/tfjs/live.js';

/** Numbers by path, as the run folder names them: `cross.2.W`, `table.movies` [rows, dim]; row-major float32. */
export type NamedWeights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>;

/** What training rows add to a model: vocabularies in row order after the reserved row 0, and means and deviations, by feature. */
export interface Facts {
  readonly vocabularies: Readonly<Record<string, readonly string[]>>;
  readonly statistics: Readonly<Record<string, readonly { readonly mean: number; readonly deviation: number }[]>>;
}

export interface LiveOptions {
  /** Needed by a model that learns vocabularies or standardizes numbers. */
  readonly facts?: Facts;
  /** Of first weights and dropout; the spec's unless given. */
  readonly seed?: number;
  /** Steps of an epoch, and epochs: needed by a schedule that counts in epochs or ends with the run. */
  readonly length?: { readonly steps: number; readonly epochs: number };
  /** All rows to train on, with their labels: needed by a loss that asks how often an id stands in them (`log_frequency`). */
  readonly trainingRows?: readonly Row[];
}

/** All that training goes on from: weights, and what optimizers and averages remember of each under `<path>/<slot>`. */
export interface LiveState {
  readonly steps: number;
  readonly arrays: NamedWeights;
}

/** A row: values by column, as csv (text), JSON or JavaScript has them. */
export type Row = Readonly<Record<string, unknown>>;

/** A model whose weights, tables and optimizer state are variables of the caller's `tf`, on its backend. */
export interface LiveModel {
  /** Steps so far. */
  readonly steps: number;
  /**
   * One update by a batch of rows with their labels, as the spec's train section says it. Nothing is read back.
   * @returns the mean loss of the batch before the update, a scalar that the caller disposes
   * @throws Error where a row cannot be encoded, or where no row has a column that a feature without a default reads (null is a value that
   *   is missing, not a column), which says why
   */
  readonly step: (rows: readonly Row[]) => tfjs.Tensor;
  /**
   * @returns by label and other output a tensor that the caller disposes: probabilities [rows] of `binary`, values [rows] of `number`,
   *   probabilities [rows, classes] of `class(n)`
   * @throws Error as `step`; what only training reads is not needed
   */
  readonly predict: (rows: readonly Row[]) => Record<string, tfjs.Tensor>;
  /** A copy of the weights that training is after, by path: with `ema`, the averages. Await it before the next step. */
  readonly weights: () => Promise<NamedWeights>;
  /** @throws Error where a name or a shape is not the model's; then nothing has changed */
  readonly setWeights: (weights: NamedWeights) => void;
  /** A copy of all that training goes on from. Await it before the next step. */
  readonly state: () => Promise<LiveState>;
  /** Goes on from a state of the same seed as if it had never stopped. @throws Error where it is not of this model; then nothing has changed */
  readonly setState: (state: LiveState) => void;
  /** Frees all that is on the backend. */
  readonly dispose: () => void;
}

export interface CompiledModel {
  readonly name: string;
  /** Names of what it predicts. */
  readonly outputs: readonly string[];
  /**
   * Puts the model on the backend that `tf` has set, with the first weights that every engine of reccompile starts with.
   * @throws Error where the model needs facts or a length that are not given, or where a training row cannot be encoded
   */
  readonly toTfjs: (tf: typeof tfjs, options?: LiveOptions) => LiveModel;
}

/**
 * Compiles the text of a spec with one model in it.
 * @throws Error with every error's line and message where the spec has any
 */
export function compile(text: string): CompiledModel {
  const { models, diagnostics } = check({ path: 'spec.rec', text });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new Error(
      errors.map(({ span, message }) => `line ${text.slice(0, span.start).split('\n').length}: ${message}`).join('\n'),
    );
  const [model] = models;
  if (model === undefined) throw new Error('the spec has no model');
  return {
    name: model.name,
    outputs: model.outputs,
    toTfjs: (tf, options = {}) => {
      const { trainingRows, ...others } = options;
      const live = putOn(model, tf, {
        ...others,
        ...(trainingRows && { trainingRows: goodRows(encodeTraining(model, trainingRows, options.facts), trainingRows.length) }),
      });
      const encode = (rows: readonly Row[], labels: boolean): EncodedRows => goodRows(live.encode(rows, labels), rows.length);
      const wanted = new Set(Object.keys(inferenceGraph(model).graph.outputs));
      const nameOf = (output: string): string => (wanted.has(`prediction.${output}`) ? 'prediction' : 'output') + `.${output}`;
      return {
        get steps() {
          return live.steps;
        },
        step: (rows) => live.step(encode(rows, true)),
        predict: (rows) => {
          const all = live.infer(encode(rows, false));
          const named = model.outputs.flatMap((output): [string, tfjs.Tensor][] => {
            const tensor = all[nameOf(output)];
            return tensor === undefined ? [] : [[output, tensor]];
          });
          const kept = new Set(named.map(([, tensor]) => tensor));
          for (const tensor of Object.values(all)) if (!kept.has(tensor)) tensor.dispose();
          return Object.fromEntries(named);
        },
        weights: live.weights,
        setWeights: live.setWeights,
        state: live.state,
        setState: live.setState,
        dispose: live.dispose,
      };
    },
  };
}

/**
 * The weights of safetensors files, all together: the one that `export --target typescript` writes, or a run's own and those of its tables.
 * @param files whole files, from wherever they were fetched
 * @throws Error where one is none, or cut off, or two have the same weight
 */
export function readWeights(...files: readonly (Uint8Array | ArrayBuffer)[]): NamedWeights {
  const all = files.flatMap((file) => decodeSafetensors(file instanceof Uint8Array ? file : new Uint8Array(file)));
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw new Error(`two files have the weight ${name}`);
    names.add(name);
  }
  return Object.fromEntries(all.map(({ name, shape, values }) => [name, { shape, values }]));
}

/**
 * The facts of an `encoder.json` that `export` writes. One that a run folder holds has its vocabularies in files of their own.
 * @throws Error that says what it lacks
 */
export function readFacts(text: string): Facts {
  const read: unknown = JSON.parse(text);
  const { vocabularies, statistics } = isRecord(read) ? read : {};
  if (Array.isArray(vocabularies))
    throw new Error('this encoder.json has only the names of its vocabularies: take the one that reccompile export writes');
  if (!isRecord(vocabularies) || !isRecord(statistics))
    throw new Error('this is no encoder.json: it has no vocabularies or no statistics');
  for (const [name, values] of Object.entries(vocabularies))
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      throw new Error(`the vocabulary ${name} is not a list of texts`);
  for (const [name, values] of Object.entries(statistics))
    if (!Array.isArray(values) || !values.every(isStatistic))
      throw new Error(`the statistics of ${name} are not means with deviations above 0`);
  return { vocabularies, statistics } as Facts;
}

const isStatistic = (value: unknown): boolean =>
  isRecord(value) && Number.isFinite(value.mean) && Number.isFinite(value.deviation) && Number(value.deviation) > 0;

type EncodedBatch = ReturnType<typeof encodeTraining>;

type EncodedRows = EncodedBatch['encoded'];

/** @throws Error where a row could not be encoded, which says why */
const goodRows = ({ encoded, problems }: EncodedBatch, count: number): EncodedRows => {
  const [first] = problems;
  if (first === undefined) return encoded;
  const reasons = first.problems.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new Error(`${problems.length} of ${count} rows cannot be encoded; rows[${first.position}]: ${reasons}`);
};
