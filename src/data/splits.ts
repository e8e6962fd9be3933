import type { ColumnData } from '../encode/columns.js';
import { createUniform, splitCodes, splitOfUniform, splitSizes, type SplitName } from '../encode/split.js';
import type { Split } from '../model/model.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { rowStates } from './load.js';
import { invalidSql, readColumnSql } from './raw-columns.js';
import type { JoinedData } from './read.js';

/** What of a row decides its split, if a column does: texts, or numbers or times to sort by. */
export async function splitExpression(database: Database, joined: JoinedData, split: Split): Promise<RowExpression | undefined> {
  switch (split.kind) {
    case 'random':
      return undefined;
    case 'column':
      return { kind: 'column', name: split.column, type: 'text' };
    case 'time':
      return { kind: 'column', name: split.column, type: (await isNumeric(database, joined, split.column)) ? 'number' : 'time' };
    default:
      return split satisfies never;
  }
}

/** A column of text is numeric if every value of it is. */
async function isNumeric(database: Database, joined: JoinedData, name: string): Promise<boolean> {
  const stored = joined.columns.get(name);
  const read = stored && readColumnSql(stored.kind, 'number', stored.joined);
  if (!read) return false;
  if (read.present === undefined) return true;
  const [counts] = await database.query(`SELECT count(*) FROM rows WHERE ${invalidSql(read.present, read.value)}`);
  return Number(counts?.[0]) === 0;
}

/** Settles which split each row belongs to, range by range. */
export interface Splitter {
  /**
   * Takes rows `from` … of the source, as many as there are states, in which rows that belong to no split become dropped, and those
   * without a time to sort by bad.
   */
  readonly add: (from: number, states: Uint8Array, deciding: ColumnData | undefined) => void;
  /** Whether a row's split is known only when all rows are. */
  readonly isLate: boolean;
  /** When all rows are there. */
  readonly finish: () => void;
  /** Rows `from` … `to` - 1 that are of a split, counted from `from`, in the order of the source. */
  readonly rowsOf: (name: SplitName, from: number, to: number) => Int32Array;
}

export function createSplitter(split: Split, seed: number | undefined, rows: number): Splitter {
  const codes = new Uint8Array(rows).fill(splitCodes.none);
  const choose = chooser(split, seed, codes);
  return {
    add: (from, states, deciding) => {
      choose.add(from, states, deciding);
      for (let row = 0; row < states.length; row++) {
        if (states[row] !== rowStates.kept) codes[from + row] = splitCodes.none;
        else if (codes[from + row] === splitCodes.none && !choose.isLate) states[row] = rowStates.dropped;
      }
    },
    isLate: choose.isLate,
    finish: choose.finish,
    rowsOf: (name, from, to) => {
      const code = splitCodes[name];
      let size = 0;
      for (let row = from; row < to; row++) size += codes[row] === code ? 1 : 0;
      const found = new Int32Array(size);
      // Without a branch on what a random split has drawn, which a processor cannot foresee.
      for (let row = from, i = 0; i < size; row++) {
        found[i] = row - from;
        i += codes[row] === code ? 1 : 0;
      }
      return found;
    },
  };
}

function chooser(split: Split, seed: number | undefined, codes: Uint8Array): Pick<Splitter, 'add' | 'isLate' | 'finish'> {
  const nothing = (): void => undefined;
  switch (split.kind) {
    case 'random': {
      const uniform = createUniform(seed ?? split.seed);
      return {
        isLate: false,
        add: (from, { length }) => {
          for (let row = from; row < from + length; row++) codes[row] = splitCodes[splitOfUniform(uniform(row), split)];
        },
        finish: nothing,
      };
    }
    case 'column': {
      const names = (['train', 'valid', 'test'] as const).flatMap((name) =>
        split[name].map((text) => [text, splitCodes[name]] as const),
      );
      const codeOf = new Map<unknown, number>(names);
      return {
        isLate: false,
        add: (from, { length }, deciding) => {
          if (deciding?.kind !== 'dictionary') return;
          const ofEntry = deciding.entries.map((entry) => codeOf.get(entry) ?? splitCodes.none);
          for (let row = 0; row < length; row++) codes[from + row] = ofEntry[deciding.codes[row] ?? -1] ?? splitCodes.none;
        },
        finish: nothing,
      };
    }
    case 'time':
      return timeChooser(split, codes);
    default:
      return split satisfies never;
  }
}

/** In the order of time, ties by their place: what a row is follows from the times at which the splits end. */
function timeChooser(split: Extract<Split, { kind: 'time' }>, codes: Uint8Array): Pick<Splitter, 'add' | 'isLate' | 'finish'> {
  const times = new Float64Array(codes.length).fill(NaN);
  return {
    isLate: true,
    add: (from, states, deciding) => {
      const given = deciding?.kind === 'numbers' ? deciding.values : undefined;
      for (let row = 0; row < states.length; row++) {
        if (states[row] !== rowStates.kept) continue;
        const time = given?.[row] ?? NaN;
        if (Number.isNaN(time)) states[row] = rowStates.bad;
        else times[from + row] = time;
      }
    },
    finish: () => {
      // NaN is sorted behind all numbers.
      const sorted = times.slice().sort();
      const found = sorted.findIndex(Number.isNaN);
      const sizes = splitSizes(found < 0 ? sorted.length : found, split);
      const ends = [sizes.train, sizes.train + sizes.valid].map((end) => endAt(sorted, end));
      times.forEach((time, row) => {
        if (Number.isNaN(time)) return;
        const [inTrain, inValid] = ends.map((end) => time < end.time || (time === end.time && end.ties-- > 0));
        codes[row] = inTrain ? splitCodes.train : inValid ? splitCodes.valid : splitCodes.test;
      });
    },
  };
}

/** The first `end` of the sorted times: all before a time, and so many of that time itself. */
function endAt(sorted: Float64Array, end: number): { readonly time: number; ties: number } {
  const time = end === 0 ? -Infinity : (sorted[end - 1] ?? -Infinity);
  let first = end;
  while (first > 0 && sorted[first - 1] === time) first -= 1;
  return { time, ties: end - first };
}
