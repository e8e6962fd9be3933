import type { Many } from '../model/model.js';
import { firstProblem, idOf, numberedCoder, textsOf, type CategoryColumn } from './categories.js';
import { grown } from './grown.js';
import type { CategoryEncoder } from './program.js';
import { createTextIndex } from './text-index.js';
import { isInvalid } from './values.js';

/** Lists of rows, value by value: what is kept once is a distinct value, not a distinct list. */
export interface Lists {
  /** How many values each row gives, before any are cut off. */
  readonly lengths: Int32Array;
  /** Row r has `counts[r]` of the `values`, from `starts[r]` on. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Number of each value's text, -1 where it is missing; another array when there are more. */
  readonly values: () => Int32Array;
  readonly texts: { readonly size: () => number; readonly text: (number: number) => string };
  /** Why a row's list is none. */
  readonly faults: ReadonlyMap<number, string>;
}

/** Takes raw lists row by row, in any order. */
export interface ListWriter {
  readonly lists: Lists;
  /** Forgets all rows; texts keep their numbers. */
  readonly clear: () => void;
  readonly write: (row: number, raw: unknown) => void;
}

/** @param rows Most rows at once. */
export function createListWriter(encoder: CategoryEncoder, many: Many, rows: number): ListWriter {
  const [lengths, starts, counts] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
  const faults = new Map<number, string>();
  const texts = createTextIndex();
  const numbered = numberedCoder(encoder);
  let values = new Int32Array(1024);
  let size = 0;
  const numberOf = (text: string | null): number => {
    if (text === null) return -1;
    // Finding alone does not encode the text, and most are known.
    const known = texts.find(text);
    return known < 0 ? texts.add(text) : known;
  };
  return {
    lists: { lengths, starts, counts, values: () => values, texts, faults },
    clear: () => {
      lengths.fill(0);
      counts.fill(0);
      faults.clear();
      size = 0;
    },
    write: (row, raw) => {
      const given = textsOf(encoder, many, raw);
      if (isInvalid(given)) {
        faults.set(row, given.invalid);
        return;
      }
      lengths[row] = given.length;
      const count = Math.min(given.length, many.maxLength ?? given.length);
      const problem = numbered && firstProblem(numbered, given.slice(0, count));
      if (problem !== undefined) {
        faults.set(row, problem);
        return;
      }
      if (size + count > values.length) values = grown(values, 2 * (size + count));
      starts[row] = size;
      counts[row] = count;
      for (let i = 0; i < count; i++) values[size++] = numberOf(given[i] ?? null);
    },
  };
}

/** What is made of each distinct text, once. */
function perText<T>({ texts }: Lists, make: (text: string) => T): (number: number) => T {
  const made: T[] = [];
  return (number) => {
    for (let i = made.length; i <= number; i++) made.push(make(texts.text(i)));
    return made[number]!;
  };
}

export function listColumn(encoder: CategoryEncoder, lists: Lists): CategoryColumn {
  const { lengths, starts, counts, values, texts, faults } = lists;
  const numbered = numberedCoder(encoder);
  const partOf = perText(lists, (text) => (numbered ? String(idOf(numbered, text)) : text));
  const missingPart = numbered ? String(idOf(numbered, null)) : '';
  return {
    problem: (row) => faults.get(row),
    isClean: () => faults.size === 0,
    length: (row) => lengths[row] ?? 0,
    parts: (row) => {
      const start = starts[row] ?? 0;
      const own = values().subarray(start, start + (counts[row] ?? 0));
      return Array.from(own, (number) => (number < 0 ? missingPart : partOf(number)));
    },
    counter: () => {
      let times = new Float64Array(0);
      return {
        isDistinct: true,
        add: (rows) => {
          if (times.length < texts.size()) times = grown(times, 2 * texts.size());
          const all = values();
          for (const row of rows) {
            const start = starts[row] ?? 0;
            const end = start + (counts[row] ?? 0);
            for (let i = start; i < end; i++) {
              const number = all[i] ?? -1;
              if (number >= 0) times[number] = (times[number] ?? 0) + 1;
            }
          }
        },
        each: (take) => {
          for (let i = 0; i < texts.size(); i++) if ((times[i] ?? 0) > 0) take(texts.text(i), times[i] ?? 0);
        },
      };
    },
    encoder: (coder) => {
      const missing = idOf(coder, null);
      let known = 0;
      let idOfNumber = new Int32Array(0);
      return (rows) => {
        if (idOfNumber.length < texts.size()) idOfNumber = grown(idOfNumber, 2 * texts.size());
        for (; known < texts.size(); known++) idOfNumber[known] = idOf(coder, texts.text(known));
        const offsets = new Int32Array(rows.length + 1);
        rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] ?? 0) + (counts[row] ?? 0)));
        const ids = new Int32Array(offsets[rows.length] ?? 0);
        const all = values();
        let at = 0;
        for (const row of rows) {
          const start = starts[row] ?? 0;
          const end = start + (counts[row] ?? 0);
          for (let i = start; i < end; i++) {
            const number = all[i] ?? -1;
            ids[at++] = number < 0 ? missing : (idOfNumber[number] ?? 0);
          }
        }
        return { ids, offsets };
      };
    },
  };
}
