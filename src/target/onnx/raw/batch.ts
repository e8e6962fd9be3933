import { targetError } from '../../errors.js';
import type { Emitter, RowsOf } from '../emitter.js';
import type { InputInfo } from '../model.js';
import { ElementType } from '../proto.js';

/** What the nodes of one model are written with: its columns, and what is wrong with a row. */
export interface RawBatch {
  readonly emit: Emitter;
  /** Texts [rows], '' where one is missing. */
  readonly texts: (column: string) => string;
  /** Texts of a list [rows, any], filled up with ''. */
  readonly lists: (column: string) => string;
  /** Float64 [rows], NaN where one is missing. */
  readonly numbers: (column: string) => string;
  /** Float32 [rows, size]. */
  readonly vectors: (column: string, size: number) => string;
  /** Takes note of rows that cannot be encoded: bool [rows]. */
  readonly fault: (isWrong: string) => void;
}

export type ColumnForm = 'texts' | 'lists' | 'numbers' | { readonly vectors: number };

/** The input that a column is. */
export interface RawColumn extends InputInfo {
  readonly form: ColumnForm;
}

export function rawColumn(name: string, form: ColumnForm): RawColumn {
  if (form === 'texts') return { name, form, shape: ['rows'], type: ElementType.string };
  if (form === 'lists') return { name, form, shape: ['rows', `ids(${name})`], type: ElementType.string };
  if (form === 'numbers') return { name, form, shape: ['rows'], type: ElementType.double };
  return { name, form, shape: ['rows', form.vectors], type: ElementType.float };
}

export const rowsOfColumns = (columns: readonly RawColumn[]): RowsOf | undefined => {
  const [first] = columns;
  return first && { value: first.name, axis: 0, less: 0 };
};

/** @throws TargetError that names the feature and the reason why ONNX cannot make it of its columns */
export function refuse(feature: string, reason: string): never {
  throw targetError(
    `--raw cannot encode ${feature}: ${reason}`,
    'Leave --raw out: the model then takes ids and numbers, encoded outside.',
  );
}

/** Any of them, bool; undefined if there are none. */
export const anyOf = (flags: readonly (string | undefined)[], emit: Emitter): string | undefined =>
  flags
    .filter((flag) => flag !== undefined)
    .reduce<string | undefined>((all, flag) => (all === undefined ? flag : emit.node('Or', [all, flag])), undefined);

export const not = (flag: string, emit: Emitter): string => emit.node('Not', [flag]);

/** Whether numbers are neither NaN nor infinite: only then is their difference from themselves 0. */
export const isFinite = (numbers: string, zero: string, emit: Emitter): string =>
  emit.node('Equal', [emit.node('Sub', [numbers, numbers]), zero]);

/** Whether texts are among these. */
export function isAmong(texts: string, words: readonly string[], emit: Emitter): string {
  const found = emit.node('LabelEncoder', [texts], {
    keys_strings: { strings: words },
    values_int64s: { ints: words.map(() => 1) },
    default_int64: { int: 0 },
  });
  return emit.cast(found, ElementType.bool);
}
