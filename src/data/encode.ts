import type { EncodedData, EncoderProgram, EncoderState } from '../encode/program.js';
import type { CheckedModel, Split } from '../model/model.js';
import { openDuckDb, temporaryFolder, type Database } from './duckdb.js';
import { encodeJoined, type EncodedSplits, type RowStore } from './encode-rows.js';
import { dataError } from './errors.js';
import { readJoined } from './read.js';
import { resolveSources, type DataPaths, type ResolvedSource } from './sources.js';
import { beginsWithMark } from './text-files.js';
import { unpackSources } from './unpack.js';
import { headerWarnings } from './warnings.js';

export interface Progress {
  readonly stage: 'read' | 'encode';
  readonly done: number;
  /** Rows, where their number is known. */
  readonly total?: number;
  /** Of the file that is being read, how much of it is. */
  readonly share?: number;
}

export interface EncodeOptions {
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly paths?: DataPaths;
  /** Instead of the random split's own. */
  readonly seed?: number;
  readonly threads?: number;
  /** Bytes that reading may take; a quarter of the memory by default. */
  readonly memory?: number;
  /** Rows that are read at once where they are too many for memory. */
  readonly rowsAtOnce?: number;
  /** Folder for what does not fit into memory. */
  readonly temporary?: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops reading; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a model's data, learns vocabularies and statistics from the training rows, and encodes the three splits.
 *
 * @throws DataError for what is wrong with the files
 */
export async function encodeData(options: EncodeOptions): Promise<EncodedData> {
  const { rows, ...encoded } = await encodeFiles(options, undefined, 'as-trained');
  return { ...encoded, ...inMemory(rows) };
}

export interface LearnedOptions {
  /** What a run has learned: nothing is learned anew. */
  readonly state?: EncoderState | undefined;
  /** `all` with a state: every row that `keep` leaves, as the test split, for another file. */
  readonly rows?: 'as-trained' | 'all' | undefined;
}

/**
 * Like `encodeData`, or with what a run has learned; what is too much for memory goes to the store, range by range.
 * @throws DataError for what is wrong with the files
 */
export const encodeToStore = (options: EncodeOptions & LearnedOptions, store: RowStore): Promise<Encoded> =>
  encodeFiles(options, options.state, options.rows ?? 'as-trained', store);

export type Encoded = EncodedSplits & Pick<EncodedData, 'program'>;

function inMemory(rows: EncodedSplits['rows']): NonNullable<EncodedSplits['rows']> {
  if (!rows) throw new Error('rows without a store are kept in memory');
  return rows;
}

async function encodeFiles(
  options: EncodeOptions,
  state: EncoderState | undefined,
  rows: 'as-trained' | 'all',
  store?: RowStore,
): Promise<Encoded> {
  const { model, program } = options;
  const { data } = model;
  if (!data)
    throw dataError('no-data-section', `model ${model.name} has no data section`, {
      help: 'add data { source: "rows.csv" } to it',
    });
  const section = rows === 'all' ? { ...data, split: everyRow } : data;
  const resolved = await resolveSources(section, options.paths);
  const folder = temporaryFolder(options.temporary);
  const unpacking = await unpackSources(resolved, folder, options.signal);
  const { sources } = unpacking;
  let database: Database | undefined;
  try {
    database = await openDuckDb({
      files: [...sources.flatMap(({ files }) => files), ...unpacking.files],
      threads: (await haveMarks(sources)) ? 1 : options.threads,
      memory: options.memory,
      folder,
      onShare: (share) => options.onProgress?.({ stage: 'read', done: 0, share }),
      signal: options.signal,
    });
    options.onProgress?.({ stage: 'read', done: 0 });
    const joined = await readJoined(database, program, section, sources);
    if (joined.source.rows >= 2 ** 31)
      throw dataError('too-many-rows', `${sources[0]?.files[0] ?? 'the source'} and its like have more than 2^31 rows`);
    options.onProgress?.({ stage: 'read', done: joined.source.records, total: joined.source.records });
    const strange = await headerWarnings(sources);
    const encoded = await encodeJoined(database, joined, {
      program,
      data: section,
      seed: options.seed,
      state,
      store,
      rowsAtOnce: options.rowsAtOnce,
      onRows: (done, total) => options.onProgress?.({ stage: 'encode', done, total }),
    });
    return { ...encoded, program, warnings: [...strange, ...encoded.warnings] };
  } catch (error) {
    // An interrupted query fails with an error of DuckDB's.
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    await database?.close();
    await unpacking.remove();
  }
}

/** DuckDB 1.5 skips the byte order mark of a jsonl if it has one thread, and takes it for a broken line if it has more. */
async function haveMarks(sources: readonly ResolvedSource[]): Promise<boolean> {
  const files = sources.flatMap((one) => (one.source.format === 'jsonl' ? one.files : []));
  return (await Promise.all(files.map(beginsWithMark))).includes(true);
}

const everyRow: Split = { kind: 'random', train: 0, valid: 0, test: 1, seed: 0 };
