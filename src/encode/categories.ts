import { codeOfNumber, createCoder, type Coder } from './codes.js';
import { grown } from './grown.js';
import { readBag } from './lists.js';
import type { Many } from '../model/model.js';
import type { CategoryEncoder } from './program.js';
import { createTextIndex } from './text-index.js';
import { canonicalNumber, isInvalid, readText, type Invalid } from './values.js';

/** Canonical texts of one row, null where one is missing; of a bag any number. */
type Texts = readonly (string | null)[];

/** A category's values for all rows, before its codes are known. */
export interface CategoryColumn {
  /** Takes note that the columns it reads hold other rows, or more distinct values. */
  readonly refresh?: () => void;
  /** Why a row's value is none, if so. */
  readonly problem: (row: number) => string | undefined;
  /** Whether no row can have a problem. */
  readonly isClean: () => boolean;
  /** How many values a row gives, before any are cut off. */
  readonly length: (row: number) => number;
  /** Texts by which a row takes part in a cross. */
  readonly parts: (row: number) => readonly string[];
  readonly counter: () => TextCounter;
  /** One id a row, or of a bag any number: row i has those from offsets[i] to offsets[i + 1]. */
  readonly encoder: (coder: Coder) => (rows: Int32Array) => Ids;
}

/** Counts how often each text stands in rows. */
export interface TextCounter {
  /** Whether no text is given twice. */
  readonly isDistinct: boolean;
  readonly add: (rows: Int32Array) => void;
  readonly each: (take: (text: string, times: number) => void) => void;
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

export function dictionaryColumn(encoder: CategoryEncoder, dictionary: Dictionary): CategoryColumn {
  const { many } = encoder;
  return many ? bagColumn(encoder, many, dictionary) : textColumn(encoder, dictionary);
}

/**
 * What is made of each distinct value, once: at 0 of a missing one, at i + 1 of entry i. Entries may be added while it is in use.
 */
function perEntry<T>(entries: readonly unknown[], make: (entry: unknown) => T): () => readonly T[] {
  const made = [make(null)];
  return () => {
    for (let i = made.length - 1; i < entries.length; i++) made.push(make(entries[i]));
    return made;
  };
}

/** Occurrences of distinct values, as `perEntry` numbers them; `entries` says how many there are. */
function entryCounter(
  codes: Int32Array,
  entries: () => number,
  each: (counts: Float64Array, take: (text: string, times: number) => void) => void,
): Omit<TextCounter, 'isDistinct'> {
  let counts = new Float64Array(0);
  return {
    add: (rows) => {
      if (counts.length < entries()) counts = grown(counts, Math.max(2 * counts.length, entries()));
      const [of, into, size] = [codes, counts, rows.length];
      for (let i = 0; i < size; i++) {
        const at = (of[rows[i] ?? 0] ?? -1) + 1;
        into[at] = (into[at] ?? 0) + 1;
      }
    },
    each: (take) => {
      each(counts, take);
    },
  };
}

function textColumn(encoder: CategoryEncoder, { codes, entries }: Dictionary): CategoryColumn {
  const numbered = numberedCoder(encoder);
  const read = perEntry(entries, (entry): string | null | Invalid => {
    const text = textOf(encoder, entry);
    const id = isInvalid(text) || !numbered ? text : numbered(text);
    return isInvalid(id) ? id : text;
  });
  const textAt = (row: number): string | null | Invalid => read()[(codes[row] ?? -1) + 1] ?? null;
  return {
    problem: (row) => {
      const text = textAt(row);
      return isInvalid(text) ? text.invalid : undefined;
    },
    isClean: () => !read().some(isInvalid),
    length: () => 1,
    parts: (row) => {
      const text = textAt(row);
      if (isInvalid(text)) return [];
      return [numbered ? String(idOf(numbered, text)) : (text ?? '')];
    },
    counter: () => ({
      isDistinct: encoder.default === undefined && !numbered,
      ...entryCounter(
        codes,
        () => read().length,
        (counts, take) => {
          read().forEach((text, i) => {
            const times = counts[i] ?? 0;
            if (times > 0 && typeof text === 'string') take(text, times);
          });
        },
      ),
    }),
    encoder: (coder) => {
      let ids = new Int32Array(0);
      return (rows) => {
        const texts = read();
        if (ids.length < texts.length) {
          const more = grown(ids, texts.length);
          for (let i = ids.length; i < texts.length; i++) {
            const text = texts[i] ?? null;
            more[i] = isInvalid(text) ? 0 : idOf(coder, text);
          }
          ids = more;
        }
        const out = new Int32Array(rows.length);
        const [of, table] = [codes, ids];
        for (let i = 0; i < out.length; i++) out[i] = table[(of[rows[i] ?? 0] ?? -1) + 1] ?? 0;
        return { ids: out };
      };
    },
  };
}

function bagColumn(encoder: CategoryEncoder, many: Many, { codes, entries }: Dictionary): CategoryColumn {
  const numbered = numberedCoder(encoder);
  const read = perEntry(entries, (entry): { readonly length: number; readonly texts: Texts | Invalid } => {
    const given = textsOf(encoder, many, entry);
    if (isInvalid(given)) return { length: 0, texts: given };
    const texts = given.slice(0, many.maxLength);
    const invalid = numbered && firstProblem(numbered, texts);
    return { length: given.length, texts: invalid === undefined ? texts : { invalid } };
  });
  const valid = (entry: { readonly texts: Texts | Invalid } | undefined): Texts =>
    entry === undefined || isInvalid(entry.texts) ? [] : entry.texts;
  const at = (row: number): number => (codes[row] ?? -1) + 1;
  return {
    problem: (row) => {
      const texts = read()[at(row)]?.texts;
      return texts !== undefined && isInvalid(texts) ? texts.invalid : undefined;
    },
    isClean: () => !read().some(({ texts }) => isInvalid(texts)),
    length: (row) => read()[at(row)]?.length ?? 0,
    parts: (row) => valid(read()[at(row)]).map((text) => (numbered ? String(idOf(numbered, text)) : (text ?? ''))),
    counter: () => ({
      isDistinct: false,
      ...entryCounter(
        codes,
        () => read().length,
        (counts, take) => {
          read().forEach((entry, i) => {
            const times = counts[i] ?? 0;
            if (times > 0) for (const text of valid(entry)) if (text !== null) take(text, times);
          });
        },
      ),
    }),
    encoder: (coder) => {
      const idsOf: (readonly number[])[] = [];
      return (rows) => {
        const all = read();
        for (let i = idsOf.length; i < all.length; i++) idsOf.push(valid(all[i]).map((text) => idOf(coder, text)));
        return gather(rows, (row) => idsOf[at(row)] ?? []);
      };
    },
  };
}

/** Of numbers, NaN where one is missing; booleans as 1 and 0. */
export function numberColumn(encoder: CategoryEncoder, values: Float64Array): CategoryColumn {
  const { codes } = encoder;
  if ((codes.kind !== 'size' && codes.kind !== 'buckets') || encoder.default !== undefined || encoder.many) {
    const { refresh, ...dictionary } = dictionaryOfNumbers(values);
    return { ...dictionaryColumn(encoder, dictionary), refresh };
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
    isClean: () => false,
    length: () => 1,
    parts: (row) => [String(id(row))],
    counter: () => ({ isDistinct: true, add: () => undefined, each: () => undefined }),
    encoder: () => (rows) => ({ ids: rows.map(id) }),
  };
}

/** Every combination of one text of each part, joined by U+001F. Without `many` the first of them. */
export function crossColumn(encoder: CategoryEncoder, parts: readonly Pick<CategoryColumn, 'parts'>[]): CategoryColumn {
  const limit = encoder.many ? encoder.many.maxLength : 1;
  const texts = (row: number): readonly string[] =>
    combinations(
      parts.map((part) => part.parts(row)),
      limit,
    );
  return {
    // Its parts are features of their own, and say it themselves.
    problem: () => undefined,
    isClean: () => true,
    length: (row) => texts(row).length,
    parts: texts,
    counter: () => {
      const index = createTextIndex();
      const counts: number[] = [];
      return {
        isDistinct: true,
        add: (rows) => {
          for (const row of rows)
            for (const text of texts(row)) {
              const at = index.add(text);
              counts[at] = (counts[at] ?? 0) + 1;
            }
        },
        each: (take) => {
          counts.forEach((times, at) => {
            take(index.text(at), times);
          });
        },
      };
    },
    encoder: (coder) =>
      encoder.many
        ? (rows) => gather(rows, (row) => texts(row).map((text) => idOf(coder, text)))
        : (rows) => ({ ids: rows.map((row) => idOf(coder, texts(row)[0] ?? null)) }),
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

function dictionaryOfNumbers(values: Float64Array): Dictionary & { readonly refresh: () => void } {
  const index = createTextIndex();
  const entries: number[] = [];
  const codes = new Int32Array(values.length);
  const refresh = (): void => {
    codes.fill(-1);
    values.forEach((value, row) => {
      if (Number.isNaN(value)) return;
      const code = index.add(String(value));
      if (code === entries.length) entries.push(value);
      codes[row] = code;
    });
  };
  refresh();
  return { codes, entries, refresh };
}

/** Canonical text of a raw value; null where it is missing and has no default. */
export function textOf(encoder: CategoryEncoder, entry: unknown): string | null | Invalid {
  if (isInvalid(entry)) return entry;
  const text =
    typeof entry === 'number' && !numberedCoder(encoder)
      ? canonicalNumber(entry)
      : typeof entry === 'number'
        ? String(entry)
        : readText(entry);
  return isInvalid(text) ? text : (text ?? encoder.default ?? null);
}

/** Canonical texts of a raw value, or why it has none. */
export function textsOf(encoder: CategoryEncoder, many: Many, entry: unknown): Texts | Invalid {
  if (isInvalid(entry)) return entry;
  const missing = encoder.default ?? null;
  const keepsPlaces = encoder.keepsPlaces === true;
  const texts = readBag(entry, many, keepsPlaces);
  if (texts === null) return missing === null || keepsPlaces ? [] : [missing];
  return isInvalid(texts) || missing === null ? texts : texts.map((text) => text ?? missing);
}

/** Codes that are a function of the number alone, and may refuse a value before anything is learned. */
export function numberedCoder({ codes }: CategoryEncoder): Coder | undefined {
  return codes.kind === 'size' || codes.kind === 'buckets' ? createCoder(codes, () => []) : undefined;
}

/** Why one of a row's texts has no row in the table. */
export function firstProblem(coder: Coder, texts: Texts): string | undefined {
  return texts.map((text) => coder(text)).find(isInvalid)?.invalid;
}

/** Row of the table of a text that nothing is wrong with. */
export function idOf(coder: Coder, text: string | null): number {
  const id = coder(text);
  return isInvalid(id) ? 0 : id;
}

function gather(rows: Int32Array, idsOf: (row: number) => readonly number[]): Ids {
  const offsets = new Int32Array(rows.length + 1);
  let ids = new Int32Array(Math.max(16, rows.length));
  let size = 0;
  rows.forEach((row, i) => {
    const more = idsOf(row);
    if (size + more.length > ids.length) ids = grown(ids, (size + more.length) * 2);
    for (const id of more) ids[size++] = id;
    offsets[i + 1] = size;
  });
  return { ids: ids.slice(0, size), offsets };
}
