import { availableParallelism } from 'node:os';
import path from 'node:path';
import { lostColumn, lostColumnText, neededColumnsOf, type NeededColumn } from '../encode/needed-columns.js';
import { createRowEncoder, type RawRow } from '../encode/row.js';
import { rowSchema } from '../encode/schema.js';
import { inferenceGraph } from '../graph/pipeline.js';
import { nearest } from '../model/suggest.js';
import { loadEngine } from '../train/engines/index.js';
import { checkArguments } from './arguments.js';
import { elementAt, outputColumns, setOwn } from './outputs.js';
import { rowReasons } from './row-reasons.js';
import { givenBy, neededBy, withFeaturesOf } from './served.js';
import { openInference, openStoredModel, type StoredModel } from './stored-model.js';

/** A number, a list for a vector, a list of lists for a matrix. */
export type PredictedValue = number | readonly PredictedValue[];

/**
 * What the model gives for a row, by name. A label is a probability for `binary`, the value for `number`, a probability for each class
 * for `class(n)`; any other output is what the network computes under its name.
 */
export type Prediction = Readonly<Record<string, PredictedValue>>;

export interface PredictorOptions {
  /** Labels and other outputs to give; without it, what the model lists. A row needs only the columns that these depend on. */
  readonly outputs?: readonly string[];
  /** Threads for many rows; without it, one for each core. */
  readonly threads?: number;
  /** What runs the graph: `onnxruntime` unless given. `reference` is slow, in float64. */
  readonly engine?: 'onnxruntime' | 'reference';
  /**
   * What becomes of a column that no row of a call has, though a feature without a default reads it: it is refused unless given, since
   * its name may be misspelt. A value that is null counts as there, and as missing for the row.
   */
  readonly missingColumns?: 'refuse' | 'allow';
}

/** A trained model, ready for rows. */
export interface Predictor {
  /** The model's name. */
  readonly model: string;
  /** Names in a prediction. */
  readonly outputs: readonly string[];
  /** Columns that rows should have: those that features without a default read. Others are read if they are there. */
  readonly columns: readonly string[];
  /**
   * Predicts for a row, or for many at once, in their order: objects from column to value, with values as csv (text), JSON or JavaScript has
   * them. Other columns are ignored. A row gets the same numbers among any others. Calls wait for each other.
   *
   * @throws PredictionError if a row cannot be encoded, which then says why for each such row
   */
  readonly predict: {
    (rows: readonly object[]): Promise<readonly Prediction[]>;
    (row: object): Promise<Prediction>;
  };
  /** Lets go of the model's memory, after the calls that have been made. Later ones are refused. */
  readonly close: () => Promise<void>;
}

/** Rows that cannot be predicted. */
export interface PredictionError extends Error {
  readonly name: 'PredictionError';
  readonly rows: readonly {
    /** Position in the call. */
    readonly row: number;
    readonly reason: string;
    readonly features: readonly string[];
  }[];
}

export const isPredictionError = (error: unknown): error is PredictionError =>
  error instanceof Error && error.name === 'PredictionError';

/**
 * Opens the model of a run.
 *
 * @param folder what `reccompile train` wrote
 * @throws TypeError for an option that there is not, or another value than it takes; an error whose `name` is `RunError` where the folder is no run or a broken one, `EngineError` where the engine is not installed
 */
export async function loadPredictor(folder: string, options: PredictorOptions = {}): Promise<Predictor> {
  checkArguments(folder, options);
  const stored = await openStoredModel(path.resolve(folder));
  const { model } = stored;
  const outputs = knownOutputs(model, options.outputs ?? []);
  const graph = inferenceGraph(model, outputs);
  const program = neededBy(graph, stored.program);
  const threads = options.threads ?? availableParallelism();
  const inference = await openInference(stored, graph, await loadEngine(options.engine ?? 'onnxruntime'), threads);
  await inference.warm();
  const encoder = createRowEncoder(program, stored.state);
  const reasonsOf = rowReasons(program);
  const needed = neededColumnsOf(program, rowSchema(withFeaturesOf(model, program)));
  const refuses = options.missingColumns !== 'allow';

  const predictMany = async (rows: readonly RawRow[], isOne: boolean): Promise<readonly Prediction[]> => {
    rows.forEach((row: unknown, at) => {
      if (typeof row !== 'object' || row === null)
        throw unusable([{ row: at, reason: 'it is no object', features: [] }], rows.length, isOne);
    });
    const lost = refuses ? lostColumn(needed, rows) : undefined;
    if (lost !== undefined) throw missingColumn(lost, rows, isOne);
    const { encoded, problems } = encoder.encodeRows(rows);
    if (problems.length > 0) {
      const bad = problems.map(({ position, problems: found }) => ({
        row: position,
        reason: reasonsOf(rows[position] ?? {}, found).join('; '),
        features: [...new Set(found.map(({ name }) => name))],
      }));
      throw unusable(bad, rows.length, isOne);
    }
    const columns = outputColumns(model, outputs, await inference.predictRows(encoded));
    return rows.map((_, row) => {
      const prediction: Record<string, PredictedValue> = {};
      for (const { name, shape, values } of columns) setOwn(prediction, name, elementAt(values, shape, row));
      return prediction;
    });
  };
  let closing: Promise<void> | undefined;
  const predict = async (given: object | readonly object[]): Promise<Prediction | readonly Prediction[]> => {
    if (closing !== undefined) throw new Error('the predictor is closed');
    if (Array.isArray(given)) return predictMany(given as readonly RawRow[], false);
    const [only = {}] = await predictMany([given as RawRow], true);
    return only;
  };
  return {
    model: model.name,
    outputs,
    columns: needed.map(({ column }) => column),
    predict: predict as Predictor['predict'],
    close: () => (closing ??= inference.close()),
  };
}

function knownOutputs(model: StoredModel['model'], names: readonly string[]): readonly string[] {
  const all = givenBy(model);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names.length === 0 ? model.outputs : [...new Set(names)];
  const near = nearest(unknown, all);
  throw predictionError(
    `model ${model.name} has no output ${unknown}: ${near === undefined ? `it gives ${all.join(', ')}` : `did you mean ${near}?`}`,
  );
}

type BadRows = PredictionError['rows'];

const predictionError = (message: string, rows: BadRows = []): PredictionError =>
  Object.assign(new Error(message), { name: 'PredictionError' as const, rows });

const mostShown = 5;

function unusable(bad: BadRows, count: number, isOne: boolean): PredictionError {
  const [first] = bad;
  if (isOne && first !== undefined) return predictionError(first.reason, bad);
  const shown = bad.slice(0, mostShown).map(({ row, reason }) => `rows[${row}]: ${reason}`);
  const more = bad.length > mostShown ? [`and ${bad.length - mostShown} more`] : [];
  return predictionError([`${bad.length} of ${count} rows cannot be predicted`, ...shown, ...more].join('\n  '), bad);
}

const missingColumn = (lost: NeededColumn, rows: readonly RawRow[], isOne: boolean): PredictionError =>
  predictionError(lostColumnText(lost, rows, isOne ? 'the row has no' : 'no row has a'));
