import { prepareColumns, type PreparedColumns } from '../encode/columns.js';
import { withoutSpans } from '../encode/compile.js';
import type { EncodedRows, EncoderProgram, EncoderState, FeatureEncoder, RowCounts } from '../encode/program.js';
import type { SplitName } from '../encode/split.js';
import { widthOf } from '../encode/width.js';
import type { OutsideValues } from '../model/data-facts.js';
import type { DataSection } from '../model/model.js';
import { countStates, explainRows, newTally, refuseTooManyBadRows } from './bad-rows.js';
import type { Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { findLists, usualLength, type ListSource } from './list-facts.js';
import { openColumns, rowStates } from './load.js';
import { outsideValues } from './outside-values.js';
import type { JoinedData } from './read.js';
import { createSplitter, splitExpression, type Splitter } from './splits.js';
import { createTypedViews } from './typed.js';
import { splitWarnings, timeWarnings } from './warnings.js';

/** Takes encoded rows that are more than the memory may hold. */
export interface RowStore {
  /** Bytes up to which rows are kept in memory instead. */
  readonly limit: number;
  /** Bytes of memory for rows that are read. */
  readonly budget: number;
  /** The next rows of a split. */
  readonly append: (split: SplitName, rows: EncodedRows) => Promise<void>;
}

export interface EncodeRequest {
  readonly program: EncoderProgram;
  readonly data: DataSection;
  readonly seed: number | undefined;
  /** Of a run; else learned of the training rows. */
  readonly state: EncoderState | undefined;
  readonly store: RowStore | undefined;
  /** Rows that are read at once for a store; the budget decides by default. */
  readonly rowsAtOnce: number | undefined;
  readonly onRows: (done: number, total: number) => void;
}

export interface EncodedSplits {
  readonly state: EncoderState;
  readonly counts: RowCounts;
  readonly warnings: readonly string[];
  readonly outside: readonly OutsideValues[];
  /** Absent if they went to the store. */
  readonly rows?: Readonly<Record<SplitName, EncodedRows>>;
}

const splitNames = ['train', 'valid', 'test'] as const;

/** Bytes of an encoded row, roughly where it has bags of which no more is known than the program says. */
export function usualRowBytes({ features, labels }: EncoderProgram, lists?: ReadonlyMap<string, ListSource>): number {
  return 4 * (labels.length + features.reduce((sum, feature) => sum + numbersOf(feature, lists?.get(feature.name)), 0));
}

function numbersOf(feature: FeatureEncoder, list: ListSource | undefined): number {
  if (feature.kind !== 'category') return widthOf(feature);
  if (!feature.many) return 1;
  const { maxLength } = feature.many;
  return 1 + (list ? Math.min(maxLength ?? Infinity, list.length) : (maxLength ?? usualLength));
}

/** Every range builds the tables of all dictionaries again, in which its values are looked up. */
const worthwhileAtOnce = 2 ** 18;
const fewestAtOnce = 2 ** 14;
const mostAtOnce = 2 ** 21;

/**
 * So many rows that what is read of them, before it is encoded, fits into a part of the budget; where those are few, so many as take
 * half of it.
 *
 * @param bytes of an encoded row
 */
export function fittingRows(bytes: number, budget: number): number {
  const usual = Math.min(mostAtOnce, Math.floor(budget / 4 / (8 * bytes)));
  // A number that is read takes 8 bytes, twice those of an encoded one.
  const most = Math.floor(budget / 2 / (2 * bytes));
  return Math.max(fewestAtOnce, usual, Math.min(worthwhileAtOnce, most));
}

/** Learns vocabularies and statistics from the training rows, and encodes the three splits, all rows at once or range by range. */
export async function encodeJoined(database: Database, joined: JoinedData, request: EncodeRequest): Promise<EncodedSplits> {
  const { program, data, seed, state, store, onRows } = request;
  const keep = data.keep && withoutSpans(data.keep);
  const deciding = await splitExpression(database, joined, data.split);
  const needed = [
    ...(keep ? [{ name: 'keep', expression: keep, mayBeMissing: true }] : []),
    ...(deciding ? [{ name: 'split', expression: deciding, mayBeMissing: data.split.kind === 'column' }] : []),
  ];
  const views = await createTypedViews(
    database,
    joined,
    program,
    needed.map(({ name, expression }) => ({ by: name, expression })),
  );
  const { rows } = joined.source;
  const lists = await findLists(database, views, program);
  const bytes = usualRowBytes(program, lists);
  const isStored = store !== undefined && rows * bytes > store.limit;
  const capacity = isStored ? Math.min(rows, request.rowsAtOnce ?? fittingRows(bytes, store.budget)) : rows;
  const columns = await openColumns(database, joined, views, {
    program,
    lists,
    capacity,
    keep,
    others: deciding ? [deciding] : [],
  });
  const { states, others } = columns;
  const splitter = createSplitter(data.split, seed, rows);
  const tally = newTally();
  const unmet = splitWarnings(data.split, others[0]);
  const warnings = [...unmet];
  let outside: EncodedSplits['outside'] = [];
  let prepared: PreparedColumns | undefined;
  let loaded = -1;
  /** Calls `take` with each range of rows; those of the only one are not read again. */
  const eachRange = async (
    take: (prepared: PreparedColumns, from: number, to: number) => Promise<void> | void,
  ): Promise<void> => {
    for (let from = 0; from < rows; from += capacity) {
      const to = Math.min(rows, from + capacity);
      if (loaded !== from) {
        await columns.load(from, to, (done) => {
          onRows(from + done, rows);
        });
        prepared?.refresh();
        loaded = from;
      }
      prepared ??= prepareColumns(program, columns, true);
      await take(prepared, from, to);
    }
  };

  await eachRange((ready, from, to) => {
    const own = states.subarray(0, to - from);
    if (from === 0) warnings.push(...timeWarnings(program, columns.features, own));
    ready.eachBad(own.length, (row) => {
      if (own[row] === rowStates.kept) own[row] = rowStates.bad;
    });
    if (from === 0) outside = outsideValues(program, columns.features, own);
    splitter.add(from, own, others[0]);
    countStates(tally, from, own);
  });
  splitter.finish();
  const counts = await explainRows(database, joined, tally, program, needed);
  refuseTooManyBadRows(counts, data.badRows);
  const wanted = state ? splitNames : (['train'] as const);
  if (wanted.every((name) => splitter.rowsOf(name, 0, rows).length === 0)) throw nothingLeft(counts, state === undefined, unmet);
  const learned = state ?? (await learn(eachRange, splitter));
  const encoded = { state: learned, counts, warnings, outside };
  let encode: ((rows: Int32Array) => EncodedRows) | undefined;
  if (isStored) {
    await eachRange(async (ready, from, to) => {
      encode ??= ready.encoder(learned);
      for (const name of splitNames) await store.append(name, encode(splitter.rowsOf(name, from, to)));
    });
    return encoded;
  }
  const splits: Partial<Record<SplitName, EncodedRows>> = {};
  await eachRange((ready) => {
    encode ??= ready.encoder(learned);
    for (const name of splitNames) splits[name] = encode(splitter.rowsOf(name, 0, rows));
  });
  const { train, valid, test } = splits;
  if (!train || !valid || !test) throw new Error('rows without ranges');
  return { ...encoded, rows: { train, valid, test } };
}

async function learn(
  eachRange: (take: (prepared: PreparedColumns, from: number, to: number) => void) => Promise<void>,
  splitter: Splitter,
): Promise<EncoderState> {
  let fitter: ReturnType<PreparedColumns['fitter']> | undefined;
  await eachRange((prepared, from, to) => {
    fitter ??= prepared.fitter();
    fitter.add(splitter.rowsOf('train', from, to));
  });
  const found = fitter;
  if (!found) throw new Error('nothing to learn from');
  if (found.needsTwo)
    await eachRange((_, from, to) => {
      found.addAgain(splitter.rowsOf('train', from, to));
    });
  return found.finish();
}

function nothingLeft({ read, dropped, bad }: RowCounts, training: boolean, unmet: readonly string[]): DataError {
  return dataError(
    'no-rows-left',
    `no row is left to ${training ? 'train on' : 'encode'}: of ${String(read)} rows keep, joins and split leave out ${String(dropped)}, and ${String(bad)} are bad`,
    {
      help: 'look at `keep`, at `required` joins and at the values that `split` names in the data section',
      ...(unmet.length > 0 && { details: unmet }),
    },
  );
}
