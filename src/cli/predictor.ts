import type { ErrorObject, ValidateFunction } from 'ajv';
import type { PredictionRow } from '../data/prediction-rows.js';
import { columnsOf } from '../encode/compile.js';
import type { EncoderProgram } from '../encode/program.js';
import { createRowEncoder, type RawRow } from '../encode/row.js';
import type { Inference } from '../train/inference.js';
import type { Scores } from '../train/score.js';
import { isMissing, rowReasons } from '../serve/row-reasons.js';
import type { StoredModel } from '../serve/stored-model.js';

/** What is written for a row. */
export interface PredictedLine {
  /** Of the file, from 1. */
  readonly record: number;
  readonly json: string;
  /** Why it has no prediction. */
  readonly error?: string;
  /** What is strange about a row that has one. */
  readonly note?: string;
}

export interface PredictorRequest {
  readonly stored: Pick<StoredModel, 'model' | 'state'>;
  /** What the outputs need of a row. */
  readonly program: EncoderProgram;
  /** What is written of each row, in order. */
  readonly outputs: readonly string[];
  readonly validate: ValidateFunction;
  readonly inference: Pick<Inference, 'predictRows'>;
  /** Columns to copy. */
  readonly keep: readonly string[];
}

/** Predicts rows many at once; the lines are in their order. */
export function createPredictor({
  stored: { model, state },
  program,
  outputs,
  validate,
  inference,
  keep,
}: PredictorRequest): (batch: readonly PredictionRow[]) => Promise<readonly PredictedLine[]> {
  const encoder = createRowEncoder(program, state);
  const reasonsOf = rowReasons(program);
  const columns = [...new Set(columnsOf({ ...program, labels: [] }).map(({ name }) => name))];
  const isBare = (row: RawRow): boolean => columns.every((column) => isMissing(row, column));
  const classes = new Map(model.labels.flatMap(({ name, task }) => (task.kind === 'class' ? [[name, task.classes]] : [])));
  /** A number, or nested lists of the output's shape. */
  const valueIn = (scores: Scores | undefined, name: string, row: number): unknown => {
    const label = own(scores?.predictions, name);
    const size = classes.get(name);
    if (label) return nested(label, size === undefined ? [] : [size], row);
    const output = own(scores?.outputs, name);
    return output ? nested(output.values, output.shape, row) : null;
  };
  return async (batch) => {
    const rows = batch.map((one) => ('row' in one ? one.row : {}));
    const refused = rows.map((row): readonly ErrorObject[] => (validate(row) ? [] : (validate.errors ?? [])));
    const errors = new Map<number, string>();
    const candidates = batch.flatMap((one, at) => {
      if ('row' in one) return [at];
      errors.set(at, one.broken);
      return [];
    });
    const { encoded, positions, problems } = encoder.encodeRows(candidates.map((at) => rows[at] ?? {}));
    for (const { position, problems: own } of problems) {
      const at = candidates[position] ?? 0;
      errors.set(at, reasonsOf(rows[at] ?? {}, own).join('; '));
    }
    for (const at of candidates) {
      const own = refused[at] ?? [];
      if (own.length > 0 && !errors.has(at)) errors.set(at, [...new Set(own.map(schemaReason))].join('; '));
    }
    const scores = encoded.rows > 0 ? await inference.predictRows(encoded) : undefined;
    const encodedAt = new Map(positions.map((position, r) => [candidates[position] ?? 0, r]));
    return batch.map(({ record }, at): PredictedLine => {
      const kept = keep.map((column) => [column, valueOf(rows[at] ?? {}, column)] as const);
      const error = errors.get(at);
      if (error !== undefined) return { record, json: JSON.stringify(Object.fromEntries([...kept, ['error', error]])), error };
      const r = encodedAt.get(at) ?? 0;
      const values = outputs.map((name) => [name, valueIn(scores, name, r)] as const);
      const bare = isBare(rows[at] ?? {}) && { note: 'every feature is missing' };
      return { record, json: JSON.stringify(Object.fromEntries([...kept, ...values])), ...bare };
    });
  };
}

/** Names are the spec's own, and may be those of `Object.prototype`'s members. */
const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

const valueOf = (row: RawRow, column: string): unknown => (Object.hasOwn(row, column) ? row[column] : null);

/** Seven digits are all that float32 has. */
const rounded = (x: number | undefined): number | null =>
  x === undefined || !Number.isFinite(x) ? null : Number(x.toPrecision(7));

/** Element `at` of the first axis of values [n, ...shape]. */
function nested(values: Float64Array, shape: readonly number[], at: number): unknown {
  const [length, ...rest] = shape;
  if (length === undefined) return rounded(values[at]);
  return Array.from({ length }, (_, i) => nested(values, rest, at * length + i));
}

/** An error of the schema without its patterns, which are for machines. */
function schemaReason({ instancePath, keyword, params }: ErrorObject): string {
  const column = instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  switch (keyword) {
    case 'required':
      return `${String((params as { missingProperty?: unknown }).missingProperty)} is missing`;
    case 'type':
      return `${column} is of another type than the model reads`;
    default:
      return `${column} is not of the form that the model reads`;
  }
}
