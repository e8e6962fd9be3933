import { numberedCoder } from '../../../encode/categories.js';
import type { CategoryEncoder } from '../../../encode/program.js';
import { isInvalid } from '../../../encode/values.js';
import type { Emitter } from '../emitter.js';
import type { FeatureIds } from '../feature-inputs.js';
import { ElementType } from '../proto.js';
import { anyOf, isAmong, isFinite, not, refuse, type RawBatch } from './batch.js';
import { writeExpression, type RawValue } from './expressions.js';
import { firstOf, numbersOfTexts, placesOf } from './lists.js';

/** A category of each row: its id, int64, and the text by which it takes part in a cross. */
export interface RawCategory extends FeatureIds {
  /** Of one value [rows]; of several [rows, places]. */
  readonly part: string;
  /** Of several: which places count, bool [rows, places]. */
  readonly kept?: string;
  /** Of several whose places count: how many there were, int64 [rows]. */
  readonly length?: string;
}

/** @param vocabulary the values of a learned vocabulary */
export type Vocabulary = (name: string) => readonly string[];

/** Ids of a category by their parts, which a cross has and others have not. */
export function writeCategory(
  encoder: CategoryEncoder,
  parts: readonly RawCategory[],
  vocabulary: Vocabulary,
  batch: RawBatch,
): RawCategory {
  if (encoder.cross) return crossed(encoder, parts, vocabulary, batch);
  return encoder.many ? several(encoder, vocabulary, batch) : single(encoder, vocabulary, batch);
}

function single(encoder: CategoryEncoder, vocabulary: Vocabulary, batch: RawBatch): RawCategory {
  const { emit } = batch;
  const { codes, name } = encoder;
  if (encoder.value === undefined) return refuse(name, 'it has no value');
  const value = writeExpression(encoder.value, name, batch);
  if (codes.kind === 'size' || codes.kind === 'buckets') {
    if (value.type === 'text' || value.type === 'boolean') refuse(name, 'its value is no number');
    const ids = numbered(encoder, value, batch);
    return { ids, part: emit.cast(ids, ElementType.string) };
  }
  const text = textOf(value, encoder.default ?? '', batch);
  return { ids: coded(encoder, text, vocabulary, emit), part: text };
}

/** Canonical texts, `otherwise` where one is missing. */
function textOf({ type, value, missing }: RawValue, otherwise: string, { emit, fault }: RawBatch): string {
  const orElse = (text: string): string =>
    missing === undefined || (type === 'text' && otherwise === '')
      ? text
      : emit.node('Where', [missing, emit.string(otherwise), text]);
  switch (type) {
    case 'text':
      return orElse(value);
    case 'boolean':
      return orElse(emit.node('Where', [value, emit.string('true'), emit.string('false')]));
    case 'number':
    case 'time': {
      const isWhole = emit.node('Equal', [emit.node('Floor', [value]), value]);
      const isExact = emit.node('LessOrEqual', [emit.node('Abs', [value]), emit.double(Number.MAX_SAFE_INTEGER)]);
      const isGood = emit.node('And', [isWhole, isExact]);
      fault(not(anyOf([isGood, missing], emit) ?? isGood, emit));
      const whole = emit.cast(emit.node('Where', [isGood, value, emit.double(0)]), ElementType.int64);
      return orElse(emit.cast(whole, ElementType.string));
    }
    default:
      return type satisfies never;
  }
}

/** Rows of the table of texts of any shape, of which the missing ones are ''. */
function coded(encoder: CategoryEncoder, text: string, vocabulary: Vocabulary, emit: Emitter): string {
  const { codes } = encoder;
  switch (codes.kind) {
    case 'vocabulary':
      return listed(vocabulary(codes.name), encoder, text, emit);
    case 'values':
      return listed(codes.values, encoder, text, emit);
    case 'hash': {
      const hash = emit.node('MurmurHash3', [text], { seed: { int: 0 }, positive: { int: 1 } });
      return emit.node('Mod', [emit.cast(hash, ElementType.int64), emit.ints([codes.buckets], [])]);
    }
    case 'size':
    case 'buckets':
      return refuse(encoder.name, 'its texts are no numbers');
    default:
      return codes satisfies never;
  }
}

/** Value i has row i + 1, anything else row 0; what is missing is '' here, which is a value only where it is the default. */
function listed(values: readonly string[], encoder: CategoryEncoder, text: string, emit: Emitter): string {
  const known = values.map((value, i) => ({ value, row: i + 1 })).filter(({ value }) => value !== '' || encoder.default === '');
  // An encoder without keys is none: a key that stands for what is missing changes nothing.
  const keys = known.length === 0 ? [{ value: '', row: 0 }] : known;
  return emit.node('LabelEncoder', [text], {
    keys_strings: { strings: keys.map(({ value }) => value) },
    values_int64s: { ints: keys.map(({ row }) => row) },
    default_int64: { int: 0 },
  });
}

/** Rows of a table that is indexed by a number, of any shape; what is missing or none is a fault, and row 0. */
function numbered(encoder: CategoryEncoder, { value, missing }: RawValue, batch: RawBatch): string {
  const { emit, fault } = batch;
  const { ids, isWrong } = codesOf(encoder, value, emit);
  const instead = encoder.default === undefined ? undefined : numberedCoder(encoder)?.(encoder.default);
  if (missing === undefined) {
    fault(isWrong);
    return ids;
  }
  if (instead === undefined || isInvalid(instead)) {
    fault(emit.node('Or', [isWrong, missing]));
    return ids;
  }
  fault(emit.node('And', [isWrong, not(missing, emit)]));
  return emit.node('Where', [missing, emit.ints([instead], []), ids]);
}

function codesOf({ codes, name }: CategoryEncoder, value: string, emit: Emitter): { ids: string; isWrong: string } {
  const finite = isFinite(value, emit.double(0), emit);
  if (codes.kind === 'buckets') {
    const wide = emit.node('Unsqueeze', [value, emit.ints([-1])]);
    const reached = emit.node('GreaterOrEqual', [wide, emit.doubles(codes.boundaries)]);
    const ids = emit.node('ReduceSum', [emit.cast(reached, ElementType.int64), emit.ints([-1])], { keepdims: { int: 0 } });
    return { ids, isWrong: not(finite, emit) };
  }
  if (codes.kind !== 'size') return refuse(name, 'it has no numbers');
  const isWhole = emit.node('Equal', [emit.node('Floor', [value]), value]);
  const isBelow = emit.node('Less', [value, emit.double(codes.size)]);
  const isGood = emit.node('And', [emit.node('And', [isWhole, isBelow]), emit.node('GreaterOrEqual', [value, emit.double(0)])]);
  const ids = emit.cast(emit.node('Where', [isGood, value, emit.double(0)]), ElementType.int64);
  return { ids, isWrong: not(isGood, emit) };
}

function several(encoder: CategoryEncoder, vocabulary: Vocabulary, batch: RawBatch): RawCategory {
  const { emit, fault } = batch;
  const { codes } = encoder;
  const { texts, kept, length } = placesOf(encoder, batch);
  if (codes.kind !== 'size' && codes.kind !== 'buckets') {
    const ids = coded(encoder, texts, vocabulary, emit);
    return { ...flat(ids, kept, emit), part: texts, kept, ...(length !== undefined && { length }) };
  }
  const { ids, isWrong } = codesOf(encoder, numbersOfTexts(texts, emit), emit);
  const wrong = emit.node('And', [isWrong, kept]);
  const missing = emit.node('And', [isAmong(texts, [''], emit), kept]);
  const count = emit.cast(emit.node('Or', [wrong, missing]), ElementType.int64);
  fault(emit.cast(emit.node('ReduceSum', [count, emit.ints([1])], { keepdims: { int: 0 } }), ElementType.bool));
  return { ...flat(ids, kept, emit), part: emit.cast(ids, ElementType.string), kept, ...(length !== undefined && { length }) };
}

/** The ids of places that count, row by row, and where each row's begin. */
function flat(ids: string, kept: string, emit: Emitter): FeatureIds {
  const all = emit.ints([-1]);
  const counts = emit.node('ReduceSum', [emit.cast(kept, ElementType.int64), emit.ints([1])], { keepdims: { int: 0 } });
  const ends = emit.node('CumSum', [counts, emit.ints([0], [])]);
  return {
    ids: emit.node('Compress', [emit.node('Reshape', [ids, all]), emit.node('Reshape', [kept, all])], { axis: { int: 0 } }),
    offsets: emit.node('Concat', [emit.ints([0]), ends], { axis: { int: 0 } }),
  };
}

const separator = '\u001f';

function crossed(encoder: CategoryEncoder, parts: readonly RawCategory[], vocabulary: Vocabulary, batch: RawBatch): RawCategory {
  const { emit } = batch;
  const lists = parts.filter(({ kept }) => kept !== undefined);
  const [list] = lists;
  if (lists.length > 1) refuse(encoder.name, 'it crosses two features with several values each');
  if (list && !encoder.many) refuse(encoder.name, 'it takes the first of several combinations');
  if (encoder.codes.kind === 'size' || encoder.codes.kind === 'buckets') refuse(encoder.name, 'its texts are no numbers');
  const wide = (text: string): string => (list ? emit.node('Unsqueeze', [text, emit.ints([1])]) : text);
  const texts = parts.map(({ part, kept }) => (kept === undefined ? wide(part) : part));
  const join = (a: string, b: string): string => emit.node('StringConcat', [a, b]);
  const text = texts.slice(1).reduce((all, one) => join(join(all, emit.string(separator)), one), texts[0] ?? '');
  const ids = coded(encoder, text, vocabulary, emit);
  if (!list?.kept) {
    if (!encoder.many) return { ids, part: text };
    const kept = emit.node('Equal', [wideIds(ids, emit), wideIds(ids, emit)]);
    return { ...flat(wideIds(ids, emit), kept, emit), part: emit.node('Unsqueeze', [text, emit.ints([1])]), kept };
  }
  const limit = encoder.many?.maxLength;
  const kept = limit === undefined ? list.kept : firstOf(list.kept, limit, emit);
  return { ...flat(ids, kept, emit), part: text, kept };
}

const wideIds = (ids: string, emit: Emitter): string => emit.node('Unsqueeze', [ids, emit.ints([1])]);
