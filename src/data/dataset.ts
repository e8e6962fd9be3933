import { mkdir, rm } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';
import type { EncodedData, EncodedRows, EncoderState, RowCounts } from '../encode/program.js';
import { bytesOfRows, sharedRows, summaryOf, type RowsSummary } from '../encode/row-groups.js';
import type { SplitName } from '../encode/split.js';
import { cacheKey, cachePlace, cleanCache, touch } from './cache.js';
import { temporaryFolder } from './duckdb.js';
import { encodeToStore, type EncodeOptions, type LearnedOptions } from './encode.js';
import { usualRowBytes } from './encode-rows.js';
import { dataError, isDataError } from './errors.js';
import type { OutsideValues } from '../model/data-facts.js';
import { createRowFile, openRowFile, type RowFile, type RowFileWriter } from './row-file.js';
import { resolveSources } from './sources.js';
import { summaryWarnings } from './warnings.js';

/** With a `state` nothing is cached, and warnings are of files alone. */
export interface DatasetOptions extends EncodeOptions, LearnedOptions {
  /** Version of the compiler. */
  readonly compiler: string;
  /** The user's folder for encoded data; without it nothing is kept. */
  readonly cache?: string | undefined;
  /** Bytes that encoded rows may take in memory, and reading too; a part of what is free by default. */
  readonly budget?: number | undefined;
  /** Where rows must be, whatever the budget: of a run that goes on. */
  readonly form?: { readonly kind: 'memory' } | { readonly kind: 'file'; readonly groupRows: number } | undefined;
  /** Told what a user might want to know, in a sentence. */
  readonly onNote?: (note: string) => void;
}

/** A model's data, encoded: in memory, or in a file if they are more than the memory may hold. */
export interface Dataset extends Pick<EncodedData, 'program'> {
  readonly state: EncoderState;
  readonly counts: RowCounts;
  /** What is strange about files and rows, in a sentence each. */
  readonly warnings: readonly string[];
  readonly outside: readonly OutsideValues[];
  readonly summaries: Readonly<Record<SplitName, RowsSummary>>;
  readonly rows?: Readonly<Record<SplitName, EncodedRows>>;
  readonly file?: RowFile;
  readonly budget: number;
  readonly isFromCache: boolean;
  /** Closes the file, and removes it unless it is kept for another time. */
  readonly close: () => Promise<void>;
}

const splitNames = ['train', 'valid', 'test'] as const;

const shareOfFree = 0.4;
/** Only Linux counts the memory of its file cache as free. */
const usualBudget = (): number =>
  Math.floor(
    shareOfFree * Math.min(process.platform === 'linux' ? freemem() : totalmem() / 2, process.constrainedMemory() || Infinity),
  );

const usualGroupRows = 2 ** 16;
const fewestGroupRows = 2 ** 6;
/** Groups that the memory should hold, so that rows of many places meet. */
const groupsInMemory = 32;

const groupRowsFor = ({ form, program }: DatasetOptions, budget: number): number =>
  form?.kind === 'file' ? form.groupRows : fittingGroupRows(budget, usualRowBytes(program));

const bytesOf = (summaries: Dataset['summaries']): number =>
  splitNames.reduce((sum, name) => sum + bytesOfRows(summaries[name]), 0);

/** Bytes up to which rows are held in memory. */
const limitOf = ({ form }: DatasetOptions, budget: number): number =>
  form === undefined ? budget : form.kind === 'file' ? -1 : Infinity;

const fittingGroupRows = (budget: number, bytes: number): number =>
  Math.min(usualGroupRows, Math.max(fewestGroupRows, 2 ** Math.floor(Math.log2(Math.max(1, budget / groupsInMemory / bytes)))));

/**
 * Encoded rows of a model's data: from the cache if the spec and its files are what they were, else of the files.
 * @throws DataError for what is wrong with the files
 */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const { model, program, cache, onNote, budget = usualBudget() } = options;
  const { data } = model;
  if (!data || cache === undefined || options.state) return encodeAnew(options, budget, undefined);
  const sources = await resolveSources(data, options.paths);
  const groupRows = groupRowsFor(options, budget);
  const digest = (): Promise<string> =>
    cacheKey({ program, data, seed: options.seed, sources, groupRows, compiler: options.compiler });
  const key = await digest();
  const file = await cachePlace(cache, key).catch((error: unknown) => {
    onNote?.(`nothing is cached: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  if (file === undefined) return encodeAnew(options, budget, undefined);
  const kept = await fromCache(options, budget, file, key);
  if (kept) return kept;
  const isUnchanged = async (): Promise<boolean> => (await digest()) === key;
  const made = await encodeAnew(options, budget, { file, key, isUnchanged });
  await cleanCache(cache, file);
  return made;
}

async function fromCache(options: DatasetOptions, budget: number, place: string, key: string): Promise<Dataset | undefined> {
  let file: RowFile | undefined;
  try {
    file = await openRowFile(place);
    if (file.key !== key) throw new Error(`${place} is of other data`);
    const dataset = await datasetOf(options, budget, healing(file, place), true);
    await touch(place);
    return dataset;
  } catch (error) {
    await file?.close();
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) return undefined;
    options.onNote?.(
      `the cached data cannot be used and are encoded again: ${error instanceof Error ? error.message : String(error)}`,
    );
    await rm(place, { force: true }).catch(() => undefined);
    return undefined;
  }
}

/** Removes a file that turns out to be damaged while its rows are read, so that the next run makes another. */
const healing = (file: RowFile, place: string): RowFile => ({
  ...file,
  read: async (...request) => {
    try {
      return await file.read(...request);
    } catch (error) {
      if (!isDataError(error)) throw error;
      await rm(place, { force: true }).catch(() => undefined);
      throw dataError(error.code, error.message, { help: 'it is removed: the same command encodes the data again' });
    }
  },
});

interface Place {
  readonly file: string;
  readonly key: string;
  /** Whether the spec's files are still what they were. */
  readonly isUnchanged: () => Promise<boolean>;
}

async function encodeAnew(options: DatasetOptions, budget: number, place: Place | undefined): Promise<Dataset> {
  const { program, onNote } = options;
  const folder = temporaryFolder(options.temporary);
  const groupRows = groupRowsFor(options, budget);
  let target = place?.file;
  let writer: RowFileWriter | undefined;
  const begin = async (): Promise<RowFileWriter> => {
    if (target === undefined) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      target = path.join(folder, 'encoded.rows');
    }
    return createRowFile(target, groupRows);
  };
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const ranges = {
      limit: limitOf(options, budget),
      budget,
      append: async (split: SplitName, rows: EncodedRows): Promise<void> => {
        options.signal?.throwIfAborted();
        writer ??= await begin();
        await writer.append(split, rows);
      },
    };
    const encoded = await encodeToStore({ ...options, ...(options.budget !== undefined && { memory: budget }) }, ranges);
    const { rows, state, counts, warnings, outside } = encoded;
    const isKept = place !== undefined && (await place.isUnchanged());
    // A run has what it learned, and it may be large.
    const stored = options.state ? { vocabularies: {}, statistics: {} } : state;
    const facts = { key: place?.key ?? '', counts, warnings, outside };
    const summaries = rows && { train: summaryOf(rows.train), valid: summaryOf(rows.valid), test: summaryOf(rows.test) };
    // What decides where rows are must be what it is when they come from the cache: their own bytes, not an estimate.
    const isLarge = summaries && bytesOf(summaries) > limitOf(options, budget);
    const store = async (all: NonNullable<typeof rows>): Promise<void> => {
      writer = await begin();
      for (const name of splitNames) await writer.append(name, all[name]);
      await writer.finish(facts, stored);
    };
    if (!rows || !summaries || isLarge) {
      await (rows ? store(rows) : writer?.finish(facts, stored));
      const written = target ?? '';
      const file = await openRowFile(written);
      const dataset = await datasetOf(options, budget, healing(file, written), false).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      return {
        ...dataset,
        close: async () => {
          await dataset.close();
          if (!isKept) await rm(written, { force: true });
          await removeFolder();
        },
      };
    }
    if (isKept) {
      try {
        await store(rows);
      } catch (error) {
        await writer?.discard();
        onNote?.(`the encoded data are not cached: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const told = warningsOf(options, summaries, warnings, outside);
    return { program, state, counts, warnings: told, outside, summaries, rows, budget, isFromCache: false, close: removeFolder };
  } catch (error) {
    await writer?.discard();
    await removeFolder();
    throw error;
  }
}

const warningsOf = (
  { program, model, state }: DatasetOptions,
  summaries: Dataset['summaries'],
  strange: readonly string[],
  outside: readonly OutsideValues[],
): readonly string[] => (state ? strange : summaryWarnings(program, summaries, strange, model.data?.split, outside));

/** Reads all rows of a file, unless they are more than the memory may hold. */
async function datasetOf(options: DatasetOptions, budget: number, file: RowFile, isFromCache: boolean): Promise<Dataset> {
  const { program } = options;
  const { summaries, counts } = file;
  const state = options.state ?? (await file.state());
  const base = {
    program,
    state,
    counts,
    warnings: warningsOf(options, summaries, file.warnings, file.outside),
    outside: file.outside,
    summaries,
    budget,
    isFromCache,
  };
  if (bytesOf(summaries) > limitOf(options, budget)) return { ...base, file, close: file.close };
  const rows = {
    train: await readSplit(file, 'train'),
    valid: await readSplit(file, 'valid'),
    test: await readSplit(file, 'test'),
  };
  await file.close();
  return { ...base, rows, close: () => Promise.resolve() };
}

/** All rows of a split, in memory that threads share. */
export async function readSplit(file: RowFile, split: SplitName): Promise<EncodedRows> {
  const { rows, columns } = file.summaries[split];
  const into = sharedRows(
    rows,
    columns,
    (shape) => columns.find(({ kind, name }) => kind === 'bag' && name === shape.name)?.count ?? 0,
  );
  await file.read(
    split,
    file.groups(split).map((_, i) => i),
    into,
    0,
    0,
  );
  return into;
}

/** The rows of all splits as one value. @throws DataError if they are not in memory */
export function encodedData({ program, state, counts, warnings, rows }: Dataset): EncodedData {
  if (!rows) throw dataError('too-many-rows', 'the rows do not fit into memory');
  return { program, state, counts, warnings, ...rows };
}
