import { firstProblem, idOf, numberedCoder, textOf, textsOf } from './categories.js';
import { codeOfNumber, type Coder } from './codes.js';
import { createEvaluator } from './expressions/evaluate.js';
import type { ColumnRead } from './expressions/columns.js';
import { grown } from './grown.js';
import { readVector } from './lists.js';
import { labelValue, numberValue, standardized, timeComponents, type Statistic } from './numbers.js';
import type { CategoryEncoder, FeatureEncoder, LabelEncoder } from './program.js';
import { widthOf } from '../model/feature-width.js';
import type { Many } from '../model/model.js';
import type { RowExpression } from '../model/row-expression.js';
import { isInvalid, readers, type ColumnValue, type Invalid, type Reading } from './values.js';

/** One row as it is given: column → value, as a csv field (text), JSON, or a plain object has it. Other columns are ignored. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Why a row has no value of a column. */
export type Fault = (row: number, reason: string) => void;

/** Ids of rows: one each, or of a bag those from offsets[i] to offsets[i + 1]. */
export interface IdColumn {
  readonly ids: Int32Array;
  readonly offsets?: Int32Array;
  /** How many values each row gives, before any are cut off. */
  readonly lengths?: Int32Array;
  /** Texts by which each row takes part in a cross. */
  readonly parts?: readonly (readonly string[])[];
}

/** Row-major [rows, width]. */
export interface DenseColumn {
  readonly width: number;
  readonly values: Float32Array;
}

type Reader<T> = (rows: readonly RawRow[], fault: Fault) => T;

/** A column's value, which an object inherits from nobody. */
export function rawValue(row: RawRow, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

/** What reads a column's value; names that every object has are looked for in the row alone. */
export const valueOf = (name: string): ((row: RawRow) => unknown) =>
  name in Object.prototype ? (row) => rawValue(row, name) : (row) => row[name];

/**
 * What evaluates an expression over a row. One column that cannot be read makes the whole invalid, even where its value would not matter.
 *
 * @param by what the value is for: the reason names a column unless it is of that name
 */
export function expressionReader(expression: RowExpression, by: string): (row: RawRow) => Reading<ColumnValue> {
  const { columns, evaluate } = createEvaluator(expression);
  const readers = columns.map((column) => columnReader(column, by));
  const [first] = readers;
  if (expression.kind === 'column' && first !== undefined) return first;
  return (row) => {
    const values: (ColumnValue | null)[] = [];
    for (const read of readers) {
      const value = read(row);
      if (isInvalid(value)) return value;
      values.push(value);
    }
    return evaluate(values);
  };
}

function columnReader({ name, type }: ColumnRead, by: string): (row: RawRow) => Reading<ColumnValue> {
  const [raw, read] = [valueOf(name), readers[type]];
  if (name === by) return (row) => read(raw(row));
  return (row) => {
    const value = read(raw(row));
    return isInvalid(value) ? { invalid: `column ${JSON.stringify(name)}: ${value.invalid}` } : value;
  };
}

export interface CategoryOptions {
  readonly coder: Coder;
  /** Whether it stands in a cross, or beside another feature. */
  readonly withParts: boolean;
  readonly withLengths: boolean;
}

/** Ids of a category that has a value of its own. */
export function categoryReader(encoder: CategoryEncoder, value: RowExpression, options: CategoryOptions): Reader<IdColumn> {
  if (encoder.many) return bagReader(encoder, encoder.many, value, options);
  return options.withParts ? partReader(encoder, value, options) : singleReader(encoder, value, options);
}

function singleReader(encoder: CategoryEncoder, expression: RowExpression, { coder }: CategoryOptions): Reader<IdColumn> {
  const { codes } = encoder;
  const read = expressionReader(expression, encoder.name);
  const missing = coder(encoder.default ?? null);
  const codeOf = (value: ColumnValue): number | Invalid => {
    if (typeof value === 'string') return value === '' ? missing : coder(value);
    if (typeof value === 'number' && (codes.kind === 'size' || codes.kind === 'buckets')) return codeOfNumber(codes, value);
    const text = textOf(encoder, value);
    return isInvalid(text) ? text : coder(text);
  };
  return (rows, fault) => {
    const ids = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const value = read(rows[i]!);
      const code = value === null ? missing : isInvalid(value) ? value : codeOf(value);
      if (typeof code === 'number') ids[i] = code;
      else fault(i, code.invalid);
    }
    return { ids };
  };
}

/** The same with the texts of rows. */
function partReader(encoder: CategoryEncoder, expression: RowExpression, { coder }: CategoryOptions): Reader<IdColumn> {
  const read = expressionReader(expression, encoder.name);
  const isNumbered = numberedCoder(encoder) !== undefined;
  return (rows, fault) => {
    const ids = new Int32Array(rows.length);
    const parts = rows.map((row, i): readonly string[] => {
      const text = textOf(encoder, read(row));
      const code = isInvalid(text) ? text : coder(text);
      if (isInvalid(code)) fault(i, code.invalid);
      else ids[i] = code;
      return [isNumbered || isInvalid(text) ? String(ids[i]) : (text ?? '')];
    });
    return { ids, parts };
  };
}

function bagReader(
  encoder: CategoryEncoder,
  many: Many,
  expression: RowExpression,
  { coder, withParts, withLengths }: CategoryOptions,
): Reader<IdColumn> {
  const read = expression.kind === 'column' ? valueOf(expression.name) : expressionReader(expression, encoder.name);
  const limit = many.maxLength ?? Infinity;
  const numbered = numberedCoder(encoder);
  return (rows, fault) => {
    const ids = growing(rows.length);
    const offsets = new Int32Array(rows.length + 1);
    const lengths = new Int32Array(withLengths ? rows.length : 0);
    const parts: (readonly string[])[] = [];
    for (let i = 0; i < rows.length; i++) {
      const found = textsOf(encoder, many, read(rows[i]!));
      const all = isInvalid(found) ? [] : found;
      const texts = all.length > limit ? all.slice(0, limit) : all;
      const problem = isInvalid(found) ? found.invalid : numbered && firstProblem(numbered, texts);
      if (problem !== undefined) fault(i, problem);
      for (const text of texts) ids.add(idOf(coder, text));
      offsets[i + 1] = ids.size();
      if (withLengths) lengths[i] = all.length;
      if (withParts) parts.push(texts.map((text) => (numbered ? String(idOf(numbered, text)) : (text ?? ''))));
    }
    return { ids: ids.all(), offsets, ...(withLengths && { lengths }), ...(withParts && { parts }) };
  };
}

/** Whole numbers, as many as are added. */
function growing(expected: number): { add: (id: number) => void; size: () => number; all: () => Int32Array } {
  let ids = new Int32Array(Math.max(16, 2 * expected));
  let size = 0;
  return {
    add: (id) => {
      if (size === ids.length) ids = grown(ids, 2 * size);
      ids[size++] = id;
    },
    size: () => size,
    all: () => ids.slice(0, size),
  };
}

/** Numbers of a feature that is no category. */
export function denseReader(
  encoder: Exclude<FeatureEncoder, CategoryEncoder>,
  statistics: readonly Statistic[] | undefined,
): Reader<DenseColumn> {
  switch (encoder.kind) {
    case 'number':
      return numbersReader(encoder, (given) => numberValue(encoder, given), statistics?.[0]);
    case 'time': {
      const width = widthOf(encoder);
      const read = numberReader(encoder);
      return rowsOf(
        width,
        (row) => {
          const given = read(row);
          return isInvalid(given) ? given : timeComponents(encoder, given);
        },
        statistics,
      );
    }
    case 'vector': {
      const { value, size } = encoder;
      const raw = value.kind === 'column' ? valueOf(value.name) : () => null;
      return rowsOf(size, (row) => readVector(raw(row), size), undefined);
    }
    default:
      return encoder satisfies never;
  }
}

export const labelReader = (encoder: LabelEncoder): Reader<DenseColumn> =>
  numbersReader(encoder, (given) => labelValue(encoder, given), undefined);

interface Valued {
  readonly name: string;
  readonly value: RowExpression;
}

/** A value as a number, booleans as 1 and 0; null where it is missing or none. */
function numberReader({ name, value: expression }: Valued): (row: RawRow) => Reading<number> {
  const read = expressionReader(expression, name);
  return (row) => {
    const value = read(row);
    if (value === null || typeof value === 'number' || isInvalid(value)) return value;
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  };
}

function numbersReader(
  encoder: Valued,
  valueOf: (given: number | null) => number | Invalid,
  statistic: Statistic | undefined,
): Reader<DenseColumn> {
  const read = numberReader(encoder);
  return (rows, fault) => {
    const values = new Float32Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const given = read(rows[i]!);
      const value = isInvalid(given) ? given : valueOf(given);
      if (typeof value === 'number') values[i] = standardized(value, statistic);
      else fault(i, value.invalid);
    }
    return { width: 1, values };
  };
}

function rowsOf(
  width: number,
  numbersOf: (row: RawRow) => readonly number[] | Invalid,
  statistics: readonly Statistic[] | undefined,
): Reader<DenseColumn> {
  return (rows, fault) => {
    const values = new Float32Array(rows.length * width);
    for (let i = 0; i < rows.length; i++) {
      const numbers = numbersOf(rows[i]!);
      if (isInvalid(numbers)) fault(i, numbers.invalid);
      else for (let k = 0; k < width; k++) values[i * width + k] = standardized(numbers[k] ?? 0, statistics?.[k]);
    }
    return { width, values };
  };
}
