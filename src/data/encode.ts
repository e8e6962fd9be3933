import { prepareColumns } from '../encode/columns.js';
import { withoutSpans } from '../encode/compile.js';
import type { EncodedData, EncoderProgram, EncoderState, RowCounts } from '../encode/program.js';
import type { CheckedModel, DataSection, Split } from '../model/model.js';
import { countRows, refuseTooManyBadRows } from './bad-rows.js';
import { openDuckDb, temporaryFolder, type Database } from './duckdb.js';
import { dataError, type DataError } from './errors.js';
import { openColumns, rowStates } from './load.js';
import { readJoined, type JoinedData } from './read.js';
import { resolveSources, type DataPaths, type ResolvedSource } from './sources.js';
import { createSplitter, splitExpression } from './splits.js';
import { beginsWithMark } from './text-files.js';
import { createTypedViews } from './typed.js';
import { unpackSources } from './unpack.js';
import { headerWarnings, splitWarnings, timeWarnings } from './warnings.js';

export interface Progress {
  readonly stage: 'read' | 'encode';
  readonly done: number;
  /** Rows, where their number is known. */
  readonly total?: number;
}

export interface EncodeOptions {
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly paths?: DataPaths;
  /** Instead of the random split's own. */
  readonly seed?: number;
  readonly threads?: number;
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
  return encodeFiles(options, undefined, 'as-trained');
}

/**
 * Encodes data with what a run has learned.
 *
 * @param rows `as-trained`: the splits of the spec. `all`: every row that `keep` leaves, as the test split, for another file.
 * @throws DataError for what is wrong with the files
 */
export async function encodeWithState(
  options: EncodeOptions & { readonly state: EncoderState; readonly rows: 'as-trained' | 'all' },
): Promise<EncodedData> {
  return encodeFiles(options, options.state, options.rows);
}

async function encodeFiles(
  options: EncodeOptions,
  state: EncoderState | undefined,
  rows: 'as-trained' | 'all',
): Promise<EncodedData> {
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
      folder,
      signal: options.signal,
    });
    options.onProgress?.({ stage: 'read', done: 0 });
    const joined = await readJoined(database, program, section, sources);
    if (joined.source.rows >= 2 ** 31)
      throw dataError('too-many-rows', `${sources[0]?.files[0] ?? 'the source'} and its like have more than 2^31 rows`);
    options.onProgress?.({ stage: 'read', done: joined.source.records, total: joined.source.records });
    const strange = await headerWarnings(sources);
    return await encodeJoined(database, joined, section, options, { state, strange });
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

async function encodeJoined(
  database: Database,
  joined: JoinedData,
  data: DataSection,
  { program, seed, onProgress }: EncodeOptions,
  { state, strange }: { readonly state: EncoderState | undefined; readonly strange: readonly string[] },
): Promise<EncodedData> {
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
  const loaded = await openColumns(database, joined, views, {
    program,
    capacity: rows,
    keep,
    others: deciding ? [deciding] : [],
  });
  await loaded.load(0, rows, (done) => onProgress?.({ stage: 'encode', done, total: rows }));
  const prepared = prepareColumns(program, loaded, true);
  const { states } = loaded;
  const unmet = splitWarnings(data.split, loaded.others[0]);
  const warnings = [...strange, ...unmet, ...timeWarnings(program, loaded.features, states)];
  prepared.eachBad(rows, (row) => {
    if (states[row] === rowStates.kept) states[row] = rowStates.bad;
  });
  const splitter = createSplitter(data.split, seed, rows);
  splitter.add(0, states, loaded.others[0]);
  splitter.finish();
  const [train, valid, test] = (['train', 'valid', 'test'] as const).map((name) => splitter.rowsOf(name, 0, rows));
  if (!train || !valid || !test) throw new Error('there are three splits');
  const counts = await countRows(database, joined, states, program, needed);
  refuseTooManyBadRows(counts, data.badRows);
  if ((state ? train.length + valid.length + test.length : train.length) === 0)
    throw nothingLeft(counts, state === undefined, unmet);
  const learned = state ?? prepared.fit(train);
  const encode = prepared.encoder(learned);
  return { program, state: learned, train: encode(train), valid: encode(valid), test: encode(test), counts, warnings };
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
