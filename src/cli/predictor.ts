import type { ErrorObject, ValidateFunction } from 'ajv';
import type { PredictionRow } from '../data/prediction-rows.js';
import { createRowEncoder, type RawRow } from '../encode/row.js';
import type { Label } from '../model/model.js';
import type { Inference } from '../train/inference.js';
import { rowReasons } from './row-reasons.js';
import type { StoredModel } from './stored-model.js';

/** What is written for a row. */
export interface PredictedLine {
  /** Of the file, from 1. */
  readonly record: number;
  readonly json: string;
  /** Why it has no prediction. */
  readonly error?: string;
}

export interface PredictorRequest {
  readonly stored: StoredModel;
  readonly validate: ValidateFunction;
  readonly inference: Pick<Inference, 'predictRows'>;
  /** Columns to copy. */
  readonly keep: readonly string[];
}

/** Predicts rows many at once; the lines are in their order. */
export function createPredictor({
  stored: { model, program, state },
  validate,
  inference,
  keep,
}: PredictorRequest): (batch: readonly PredictionRow[]) => Promise<readonly PredictedLine[]> {
  const encoder = createRowEncoder(program, state);
  const reasonsOf = rowReasons(program);
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
      errors.set(at, reasonsOf(rows[at] ?? {}, own, refused[at] ?? []));
    }
    for (const at of candidates) {
      const own = refused[at] ?? [];
      if (own.length > 0 && !errors.has(at)) errors.set(at, reasonsOf(rows[at] ?? {}, [], own));
    }
    const predictions = encoded.rows > 0 ? (await inference.predictRows(encoded)).predictions : {};
    const encodedAt = new Map(positions.map((position, r) => [candidates[position] ?? 0, r]));
    return batch.map(({ record }, at): PredictedLine => {
      const kept = keep.map((column) => [column, valueOf(rows[at] ?? {}, column)] as const);
      const error = errors.get(at);
      if (error !== undefined) return { record, json: JSON.stringify(Object.fromEntries([...kept, ['error', error]])), error };
      const r = encodedAt.get(at) ?? 0;
      const values = model.labels.map((label) => [label.name, predictionOf(label, predictions[label.name], r)] as const);
      return { record, json: JSON.stringify(Object.fromEntries([...kept, ...values])) };
    });
  };
}

const valueOf = (row: RawRow, column: string): unknown => (Object.hasOwn(row, column) ? row[column] : null);

function predictionOf({ task }: Label, all: Float64Array | undefined, r: number): unknown {
  if (task.kind !== 'class') return rounded(all?.[r]);
  return Array.from(all?.subarray(r * task.classes, (r + 1) * task.classes) ?? [], rounded);
}

/** Seven digits are all that float32 has. */
const rounded = (x: number | undefined): number | null =>
  x === undefined || !Number.isFinite(x) ? null : Number(x.toPrecision(7));
