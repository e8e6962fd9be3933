import type { ErrorObject, ValidateFunction } from 'ajv';
import type { PredictionRow } from '../data/prediction-rows.js';
import { columnsOf } from '../encode/compile.js';
import type { EncodedRows, EncoderProgram } from '../encode/program.js';
import { createRowEncoder, type RawRow } from '../encode/row.js';
import { elementAt, outputColumns, type Nested, type OutputColumn } from '../serve/outputs.js';
import { isMissing, rowReasons } from '../serve/row-reasons.js';
import type { StoredModel } from '../serve/stored-model.js';
import type { Inference } from '../train/inference.js';

/** What is written for many rows. */
export interface Predicted {
  /** A line of JSON for each, in their order. */
  readonly lines: string;
  /** What is wrong or strange about some of them. */
  readonly remarks: readonly Remark[];
  /** In how many rows each feature has a value outside its closed `values`; none where there is no such row. */
  readonly outside: ReadonlyMap<string, number>;
}

export interface Remark {
  /** Of the file, from 1. */
  readonly record: number;
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

/** Predicts rows many at once. */
export function createPredictor({
  stored: { model, state },
  program,
  outputs,
  validate,
  inference,
  keep,
}: PredictorRequest): (batch: readonly PredictionRow[]) => Promise<Predicted> {
  const encoder = createRowEncoder(program, state);
  const reasonsOf = rowReasons(program);
  const outsideOf = outsideCounter(program);
  const columns = [...new Set(columnsOf({ ...program, labels: [] }).map(({ name }) => name))];
  const isBare = (row: RawRow): boolean => columns.every((column) => isMissing(row, column));
  const kept = [...new Set(keep)].map((column) => [column, `${JSON.stringify(column)}:`] as const);
  const keptOf = (row: RawRow, isWrong: boolean): string[] =>
    kept.flatMap(([column, key]) =>
      isWrong && column === 'error' ? [] : [key + JSON.stringify(Object.hasOwn(row, column) ? row[column] : null)],
    );
  /** What the schema says against a row that can be encoded. */
  const refusal = (row: RawRow): string | undefined =>
    validate(row) ? undefined : [...new Set((validate.errors ?? []).map(schemaReason))].join('; ');

  return async (batch) => {
    const rows = batch.map((one) => ('row' in one ? one.row : {}));
    const errors = new Map<number, string>();
    const candidates: number[] = [];
    batch.forEach((one, at) => {
      if ('row' in one) candidates.push(at);
      else errors.set(at, one.broken);
    });
    const isWhole = candidates.length === batch.length;
    const { encoded, positions, problems } = encoder.encodeRows(isWhole ? rows : candidates.map((at) => rows[at]!));
    for (const { position, problems: found } of problems) {
      const at = candidates[position] ?? 0;
      errors.set(at, reasonsOf(rows[at] ?? {}, found).join('; '));
    }
    const encodedAt = new Int32Array(batch.length);
    positions.forEach((position, r) => {
      const at = candidates[position] ?? 0;
      encodedAt[at] = r;
      const refused = refusal(rows[at] ?? {});
      if (refused !== undefined) errors.set(at, refused);
    });
    const given = outputColumns(model, outputs, await inference.predictRows(encoded)).map((column) => ({
      ...column,
      key: `${JSON.stringify(column.name)}:`,
    }));
    const remarks: Remark[] = [];
    const lines = batch.map(({ record }, at) => {
      const row = rows[at] ?? {};
      const error = errors.get(at);
      const fields = keptOf(row, error !== undefined);
      if (error !== undefined) {
        remarks.push({ record, error });
        fields.push(`"error":${JSON.stringify(error)}`);
      } else {
        if (isBare(row)) remarks.push({ record, note: 'every feature is missing' });
        for (const column of given) fields.push(column.key + valueText(column, encodedAt[at] ?? 0));
      }
      return `{${fields.join(',')}}\n`;
    });
    return {
      lines: lines.join(''),
      remarks,
      outside: outsideOf(encoded, (row) => rows[candidates[positions[row] ?? 0] ?? 0] ?? {}),
    };
  };
}

/** @returns what counts rows with a value that the closed set of their feature lacks; a missing one is none */
function outsideCounter(
  program: EncoderProgram,
): (rows: EncodedRows, raw: (row: number) => RawRow) => ReadonlyMap<string, number> {
  const closed = program.features.flatMap((feature) =>
    feature.kind === 'category' && feature.codes.kind === 'values' && feature.value?.kind === 'column' && !feature.keepsPlaces
      ? [{ name: feature.name, column: feature.value.name }]
      : [],
  );
  return ({ rows, ids, bags }, raw) => {
    const counts = new Map<string, number>();
    for (const { name, column } of closed) {
      const [own, bag] = [ids[name], bags[name]];
      let count = 0;
      for (let row = 0; row < rows; row++) {
        const isOutside = bag ? bag.ids.subarray(bag.offsets[row], bag.offsets[row + 1]).includes(0) : own?.[row] === 0;
        if (isOutside && !isMissing(raw(row), column)) count += 1;
      }
      if (count > 0) counts.set(name, count);
    }
    return counts;
  };
}

const valueText = ({ values, shape }: OutputColumn, row: number): string =>
  shape.length === 0 ? numberText(values[row] ?? NaN) : nestedText(elementAt(values, shape, row));

const nestedText = (value: Nested): string =>
  typeof value === 'number' ? numberText(value) : `[${value.map(nestedText).join(',')}]`;

/** Seven digits are all that float32 has. */
const numberText = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(7))) : 'null');

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
