import type { CategoryEncoder } from '../../../encode/program.js';
import type { Emitter } from '../emitter.js';
import { ElementType } from '../proto.js';
import { isAmong, not, refuse, type RawBatch } from './batch.js';
import { writeExpression } from './expressions.js';

/** The texts of a multivalent category side by side. */
export interface RawPlaces {
  /** [rows, places], '' where there is none. */
  readonly texts: string;
  /** Which of them count, bool [rows, places]. */
  readonly kept: string;
  /** How many a row has, those cut off too; where places count. */
  readonly length?: string;
}

export function placesOf(encoder: CategoryEncoder, batch: RawBatch): RawPlaces {
  const { emit } = batch;
  const { many, name, keepsPlaces = false, value } = encoder;
  if (many === undefined || value === undefined) return refuse(name, 'it has one value');
  if (many.separator === undefined) {
    if (value.kind !== 'column') refuse(name, 'it is computed from a list');
    if (keepsPlaces) refuse(name, 'its places count, and a missing value at the end of a list cannot be told from none');
    return nonEmpty(batch.lists(value.name), encoder, emit);
  }
  const text = writeExpression(value, name, batch);
  if (text.type !== 'text') refuse(name, 'it splits what is no text');
  const isEmpty = isAmong(text.value, [''], emit);
  const missing = text.missing === undefined ? isEmpty : emit.node('Or', [isEmpty, text.missing]);
  const whole = emit.node('Where', [missing, emit.string(''), text.value]);
  const [found = '', counts = ''] = emit.split('StringSplit', [whole], 2, { delimiter: many.separator });
  // One more place, so that there is one even if all rows are empty.
  const blank = emit.node('Expand', [emit.string(''), emit.dims(['rows', 1])]);
  const parts = emit.node('Concat', [found, blank], { axis: { int: 1 } });
  if (!keepsPlaces) return nonEmpty(parts, encoder, emit);
  const length = emit.node('Where', [missing, emit.ints([0], []), counts]);
  const size = emit.node('Shape', [parts], { start: { int: 1 }, end: { int: 2 } });
  const places = emit.node('Range', [emit.ints([0], []), emit.node('Squeeze', [size]), emit.ints([1], [])]);
  const isThere = emit.node('Less', [places, emit.node('Unsqueeze', [length, emit.ints([1])])]);
  const filled =
    encoder.default === undefined ? parts : emit.node('Where', [isAmong(parts, [''], emit), emit.string(encoder.default), parts]);
  return { texts: filled, kept: limited(isThere, encoder, emit), length };
}

/** Places that hold a text; where none does, the default stands behind them. */
function nonEmpty(texts: string, encoder: CategoryEncoder, emit: Emitter): RawPlaces {
  const kept = not(isAmong(texts, [''], emit), emit);
  if (encoder.default === undefined) return { texts, kept: limited(kept, encoder, emit) };
  const count = emit.node('ReduceSum', [emit.cast(kept, ElementType.int64), emit.ints([1])], { keepdims: { int: 1 } });
  const isEmpty = emit.node('Equal', [count, emit.ints([0], [])]);
  const instead = emit.node('Where', [isEmpty, emit.string(encoder.default), emit.string('')]);
  return {
    texts: emit.node('Concat', [texts, instead], { axis: { int: 1 } }),
    kept: limited(emit.node('Concat', [kept, isEmpty], { axis: { int: 1 } }), encoder, emit),
  };
}

const limited = (kept: string, { many }: CategoryEncoder, emit: Emitter): string =>
  many?.maxLength === undefined ? kept : firstOf(kept, many.maxLength, emit);

/** Texts as float64; '' as 0. What is no number makes the run fail. */
export const numbersOfTexts = (texts: string, emit: Emitter): string =>
  emit.cast(emit.node('Where', [isAmong(texts, [''], emit), emit.string('0'), texts]), ElementType.double);

/** The first so many of the places that count. */
export function firstOf(kept: string, limit: number, emit: Emitter): string {
  const rank = emit.node('CumSum', [emit.cast(kept, ElementType.int64), emit.ints([1], [])]);
  return emit.node('And', [kept, emit.node('LessOrEqual', [rank, emit.ints([limit], [])])]);
}
