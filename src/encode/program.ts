import type { Codes, Cycle, Many, NumberTransform, Split, TimeUnit } from '../model/model.js';
import type { RowExpression } from '../model/row-expression.js';

/**
 * How one row becomes numbers. Pure data: the training reader (SQL), `predict` and generated code all follow it.
 * Spans are left out of it, so that it can be written as `encoder.json`.
 */
export interface EncoderProgram {
  readonly features: readonly FeatureEncoder[];
  readonly labels: readonly LabelEncoder[];
}

export type FeatureEncoder = CategoryEncoder | NumberEncoder | VectorEncoder | TimeEncoder;

export interface CategoryEncoder {
  readonly kind: 'category';
  readonly name: string;
  /** Absent for a crossed feature. */
  readonly value?: RowExpression;
  readonly codes: Codes;
  readonly many?: Many;
  readonly cross?: readonly string[];
  readonly default?: string;
  /** A row's values stand beside those of another feature: a missing one keeps its place, and `default` stands for it. */
  readonly keepsPlaces?: true;
  readonly table: string;
}

export interface NumberEncoder {
  readonly kind: 'number';
  readonly name: string;
  readonly value: RowExpression;
  readonly transforms: readonly NumberTransform[];
  readonly default?: number;
}

export interface VectorEncoder {
  readonly kind: 'vector';
  readonly name: string;
  readonly value: RowExpression;
  readonly size: number;
}

export interface TimeEncoder {
  readonly kind: 'time';
  readonly name: string;
  readonly value: RowExpression;
  readonly cycles: readonly Cycle[];
  readonly unit?: TimeUnit;
  readonly standardize: boolean;
  readonly default?: string;
}

export interface LabelEncoder {
  readonly name: string;
  readonly task: 'binary' | 'number' | 'class';
  readonly classes?: number;
  readonly value: RowExpression;
}

/** What the training rows add to the program: written beside it in the run folder. */
export interface EncoderState {
  /** Values of each learned vocabulary, in row order after the reserved row 0. */
  readonly vocabularies: Readonly<Record<string, readonly string[]>>;
  /** Mean and deviation of each standardized number (one component) or time (one each component). */
  readonly statistics: Readonly<Record<string, readonly { readonly mean: number; readonly deviation: number }[]>>;
}

/** Encoded rows of one split, column by column. `rows` rows each. */
export interface EncodedRows {
  readonly rows: number;
  /** One id a row. */
  readonly ids: Readonly<Record<string, Int32Array>>;
  /** Row r's ids are ids[offsets[r]] … ids[offsets[r + 1] - 1]. */
  readonly bags: Readonly<Record<string, { readonly ids: Int32Array; readonly offsets: Int32Array }>>;
  /** Row-major [rows, width]: numbers (1), vectors, times. */
  readonly dense: Readonly<Record<string, { readonly width: number; readonly values: Float32Array }>>;
  readonly labels: Readonly<Record<string, Float32Array>>;
}

export interface EncodedData {
  readonly program: EncoderProgram;
  readonly state: EncoderState;
  readonly train: EncodedRows;
  readonly valid: EncodedRows;
  readonly test: EncodedRows;
  readonly counts: RowCounts;
  /** What is strange about the files, in a sentence each. */
  readonly warnings?: readonly string[];
}

/** What became of the rows of the source. */
export interface RowCounts {
  readonly read: number;
  /** Left out by `keep` or by a required join. */
  readonly dropped: number;
  readonly bad: number;
  /** The first few, for messages. */
  readonly badRows: readonly BadRow[];
}

export interface BadRow {
  /** The file as resolved from the spec. */
  readonly file: string;
  /** 1-based record of that file, the header line not counted. */
  readonly record: number;
  /** The feature or label that could not be made; absent if the record itself is broken. */
  readonly name?: string;
  readonly reason: string;
}

export type { Split };
