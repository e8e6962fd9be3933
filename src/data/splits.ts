import type { ColumnData } from '../encode/columns.js';
import { createUniform, splitCodes, splitOfUniform, splitSizes, type SplitName } from '../encode/split.js';
import type { Split } from '../model/model.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { rowStates } from './load.js';
import { readColumnSql } from './raw-columns.js';
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
  const read = stored && readColumnSql(stored.kind, 'number', stored.sql);
  if (!read) return false;
  if (read.invalid === undefined) return true;
  const [counts] = await database.query(`SELECT count(*) FROM rows WHERE ${read.invalid}`);
  return Number(counts?.[0]) === 0;
}

/**
 * The rows of each split, in the order of the source. Rows that belong to none are marked as dropped, those without a time to sort
 * by as bad.
 */
export function assignSplits(
  split: Split,
  seed: number | undefined,
  states: Uint8Array,
  deciding: ColumnData | undefined,
): Readonly<Record<SplitName, Int32Array>> {
  const codes = new Uint8Array(states.length).fill(splitCodes.none);
  switch (split.kind) {
    case 'random': {
      const uniform = createUniform(seed ?? split.seed);
      for (let row = 0; row < states.length; row++) codes[row] = splitCodes[splitOfUniform(uniform(row), split)];
      break;
    }
    case 'column': {
      const names = (['train', 'valid', 'test'] as const).flatMap((name) =>
        split[name].map((text) => [text, splitCodes[name]] as const),
      );
      const codeOf = new Map<unknown, number>(names);
      if (deciding?.kind !== 'dictionary') break;
      const { entries, codes: values } = deciding;
      values.forEach((value, row) => (codes[row] = codeOf.get(entries[value]) ?? splitCodes.none));
      break;
    }
    case 'time':
      assignByTime(split, states, deciding, codes);
      break;
    default:
      return split satisfies never;
  }
  states.forEach((state, row) => {
    if (state === rowStates.kept && codes[row] === splitCodes.none) states[row] = rowStates.dropped;
  });
  const rowsOf = (name: SplitName): Int32Array => rowsWhere(states, codes, splitCodes[name]);
  return { train: rowsOf('train'), valid: rowsOf('valid'), test: rowsOf('test') };
}

/** Sorts the rows that are kept, ties by their place. */
function assignByTime(
  split: Extract<Split, { kind: 'time' }>,
  states: Uint8Array,
  deciding: ColumnData | undefined,
  codes: Uint8Array,
): void {
  const times = deciding?.kind === 'numbers' ? deciding.values : new Float64Array(states.length).fill(NaN);
  const order: number[] = [];
  states.forEach((state, row) => {
    if (state !== rowStates.kept) return;
    if (Number.isNaN(times[row] ?? NaN)) states[row] = rowStates.bad;
    else order.push(row);
  });
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const sizes = splitSizes(order.length, split);
  order.forEach((row, i) => {
    codes[row] = i < sizes.train ? splitCodes.train : i < sizes.train + sizes.valid ? splitCodes.valid : splitCodes.test;
  });
}

function rowsWhere(states: Uint8Array, codes: Uint8Array, code: number): Int32Array {
  const rows = new Int32Array(states.length);
  let size = 0;
  for (let row = 0; row < states.length; row++) if (states[row] === rowStates.kept && codes[row] === code) rows[size++] = row;
  return rows.slice(0, size);
}
