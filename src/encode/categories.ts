import { codeOfNumber, createCoder, type Coder } from './codes.js';
import { readBag } from './lists.js';
import type { CategoryEncoder } from './program.js';
import { createTextIndex } from './text-index.js';
import { canonicalNumber, isInvalid, readText, type Invalid } from './values.js';

/** Canonical texts of one row, null where one is missing; of a bag any number. */
type Texts = readonly (string | null)[];

/** A category's values for all rows, before its codes are known. */
export interface CategoryColumn {
  /** Why a row's value is none, if so. */
  readonly problem: (row: number) => string | undefined;
  /** How many values a row gives, before any are cut off. */
  readonly length: (row: number) => number;
  /** Texts by which a row takes part in a cross. */
  readonly parts: (row: number) => readonly string[];
  /** Adds up how often each text stands in these rows. */
  readonly count: (rows: Int32Array, add: (text: string, times: number) => void) => void;
  /** One id a row, or of a bag any number: row i has those from offsets[i] to offsets[i + 1]. */
  readonly encode: (coder: Coder, rows: Int32Array) => Ids;
}

export interface Ids {
  readonly ids: Int32Array;
  /** Of a bag only. */
  readonly offsets?: Int32Array;
}

/** Values of rows by number of their distinct value; -1 where it is missing. */
export interface Dictionary {
  readonly codes: Int32Array;
  /** Raw values, or why one is none. */
  readonly entries: readonly unknown[];
}

export function dictionaryColumn(encoder: CategoryEncoder, { codes, entries }: Dictionary): CategoryColumn {
  const numbered = numberedCoder(encoder);
  const whole = [...entries, null].map((entry) => textsOf(encoder, entry));
  const limit = encoder.many?.maxLength;
  const texts = limit === undefined ? whole : whole.map((given) => (isInvalid(given) ? given : given.slice(0, limit)));
  const problems = texts.map((t) => (isInvalid(t) ? t.invalid : numbered && firstProblem(numbered, t)));
  const at = (row: number): number => {
    const code = codes[row] ?? -1;
    return code < 0 ? entries.length : code;
  };
  const textsAt = (entry: number): Texts => {
    const found = texts[entry];
    return found === undefined || isInvalid(found) ? [] : found;
  };
  // Only what stands in a cross needs them.
  let known: readonly (readonly string[])[] | undefined;
  const partsOf = (): readonly (readonly string[])[] =>
    (known ??= texts.map((_, entry) => textsAt(entry).map((text) => (numbered ? String(idOf(numbered, text)) : (text ?? '')))));
  return {
    problem: (row) => problems[at(row)],
    length: (row) => {
      const given = whole[at(row)];
      return given === undefined || isInvalid(given) ? 0 : given.length;
    },
    parts: (row) => partsOf()[at(row)] ?? [],
    count: (rows, add) => {
      const counts = new Float64Array(texts.length);
      for (const row of rows) counts[at(row)] = (counts[at(row)] ?? 0) + 1;
      counts.forEach((times, entry) => {
        if (times > 0) for (const text of textsAt(entry)) if (text !== null) add(text, times);
      });
    },
    encode: (coder, rows) => {
      const idsOf = texts.map((_, entry) => textsAt(entry).map((text) => idOf(coder, text)));
      if (encoder.many) return gather(rows, (row) => idsOf[at(row)] ?? []);
      const single = Int32Array.from(idsOf, (ids) => ids[0] ?? 0);
      return { ids: rows.map((row) => single[at(row)] ?? 0) };
    },
  };
}

/** Of numbers, NaN where one is missing; booleans as 1 and 0. */
export function numberColumn(encoder: CategoryEncoder, values: Float64Array): CategoryColumn {
  const { codes } = encoder;
  if ((codes.kind !== 'size' && codes.kind !== 'buckets') || encoder.default !== undefined || encoder.many) {
    return dictionaryColumn(encoder, dictionaryOfNumbers(values));
  }
  const code = (row: number): number | Invalid => {
    const value = values[row] ?? NaN;
    return codeOfNumber(codes, Number.isNaN(value) ? null : value);
  };
  const id = (row: number): number => {
    const found = code(row);
    return isInvalid(found) ? 0 : found;
  };
  return {
    problem: (row) => {
      const found = code(row);
      return isInvalid(found) ? found.invalid : undefined;
    },
    length: () => 1,
    parts: (row) => [String(id(row))],
    count: () => undefined,
    encode: (_, rows) => ({ ids: rows.map(id) }),
  };
}

/** Every combination of one text of each part, joined by U+001F. Without `many` the first of them. */
export function crossColumn(encoder: CategoryEncoder, parts: readonly CategoryColumn[]): CategoryColumn {
  const limit = encoder.many ? encoder.many.maxLength : 1;
  const texts = (row: number): readonly string[] =>
    combinations(
      parts.map((part) => part.parts(row)),
      limit,
    );
  return {
    // Its parts are features of their own, and say it themselves.
    problem: () => undefined,
    length: (row) => texts(row).length,
    parts: texts,
    count: (rows, add) => {
      for (const row of rows) for (const text of texts(row)) add(text, 1);
    },
    encode: (coder, rows) =>
      encoder.many
        ? gather(rows, (row) => texts(row).map((text) => idOf(coder, text)))
        : { ids: rows.map((row) => idOf(coder, texts(row)[0] ?? null)) },
  };
}

/** The first so many texts of one element of each list, the last list changing fastest. */
function combinations(lists: readonly (readonly string[])[], limit = Infinity): readonly string[] {
  const count = lists.length === 0 ? 0 : lists.reduce((product, { length }) => product * length, 1);
  return Array.from({ length: Math.min(count, limit) }, (_, n) => {
    let rest = n;
    let text = '';
    for (let i = lists.length - 1; i >= 0; i--) {
      const list = lists[i] ?? [];
      const one = list[rest % list.length] ?? '';
      text = i === lists.length - 1 ? one : `${one}\u001f${text}`;
      rest = Math.floor(rest / list.length);
    }
    return text;
  });
}

function dictionaryOfNumbers(values: Float64Array): Dictionary {
  const index = createTextIndex();
  const entries: number[] = [];
  const codes = new Int32Array(values.length).fill(-1);
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    const code = index.add(String(value));
    if (code === entries.length) entries.push(value);
    codes[row] = code;
  });
  return { codes, entries };
}

function textsOf(encoder: CategoryEncoder, entry: unknown): Texts | Invalid {
  if (isInvalid(entry)) return entry;
  const missing = encoder.default ?? null;
  if (encoder.many) {
    const keepsPlaces = encoder.keepsPlaces === true;
    const texts = readBag(entry, encoder.many, keepsPlaces);
    if (texts === null) return missing === null || keepsPlaces ? [] : [missing];
    return isInvalid(texts) || missing === null ? texts : texts.map((text) => text ?? missing);
  }
  const text =
    typeof entry === 'number' && !numberedCoder(encoder)
      ? canonicalNumber(entry)
      : typeof entry === 'number'
        ? String(entry)
        : readText(entry);
  return isInvalid(text) ? text : [text ?? missing];
}

/** Codes that are a function of the number alone, and may refuse a value before anything is learned. */
function numberedCoder({ codes }: CategoryEncoder): Coder | undefined {
  return codes.kind === 'size' || codes.kind === 'buckets' ? createCoder(codes, () => []) : undefined;
}

function firstProblem(coder: Coder, texts: Texts): string | undefined {
  return texts.map((text) => coder(text)).find(isInvalid)?.invalid;
}

function idOf(coder: Coder, text: string | null): number {
  const id = coder(text);
  return isInvalid(id) ? 0 : id;
}

function gather(rows: Int32Array, idsOf: (row: number) => readonly number[]): Ids {
  const offsets = new Int32Array(rows.length + 1);
  let ids = new Int32Array(Math.max(16, rows.length));
  let size = 0;
  rows.forEach((row, i) => {
    const more = idsOf(row);
    if (size + more.length > ids.length) {
      const larger = new Int32Array((size + more.length) * 2);
      larger.set(ids);
      ids = larger;
    }
    for (const id of more) ids[size++] = id;
    offsets[i + 1] = size;
  });
  return { ids: ids.slice(0, size), offsets };
}
