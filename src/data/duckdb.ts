import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { sqlString } from '../encode/escape.js';

/** MiB without which it reads no larger file. */
const leastMemory = 128;

export interface DuckDbOptions {
  /** The only files that it may read. */
  readonly files: readonly string[];
  readonly threads?: number | undefined;
  /** Bytes that it may take; a quarter of the memory by default. */
  readonly memory?: number | undefined;
  /** Folder for what does not fit into memory, which is removed at the end; one of the system's by default. */
  readonly folder?: string | undefined;
  /** Told a few times a second which part of a file is read. */
  readonly onShare?: ((share: number) => void) | undefined;
  /** Stops the query at hand, and refuses others. */
  readonly signal?: AbortSignal | undefined;
}

const shareMilliseconds = 200;

export interface Database {
  readonly run: (sql: string) => Promise<void>;
  /** Runs what reads a file, which may take long. */
  readonly load: (sql: string) => Promise<void>;
  /** Rows as arrays of values. */
  readonly query: (sql: string) => Promise<readonly (readonly unknown[])[]>;
  /** Rows as they come: few are held at once. */
  readonly stream: (sql: string) => AsyncGenerator<DuckDBDataChunk>;
  /** All rows, which all threads have made before the first is given. */
  readonly chunks: (sql: string) => AsyncGenerator<DuckDBDataChunk>;
  /** For what is done beside queries. */
  readonly signal?: AbortSignal | undefined;
  readonly close: () => Promise<void>;
}

export type Numbers = Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;

/** Opens DuckDB in memory, so that no SQL can read or write any file but those named, load an extension, or undo that. */
export async function openDuckDb({
  files,
  threads = availableParallelism(),
  memory = Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 4),
  folder = temporaryFolder(),
  onShare,
  signal,
}: DuckDbOptions): Promise<Database> {
  // Whoever needs no data should not wait for it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: `${String(Math.max(leastMemory, Math.floor(memory / 2 ** 20)))}MiB`,
    threads: String(Math.max(1, Math.floor(threads))),
    temp_directory: folder,
  });
  const connection = await instance.connect();
  await connection.run(
    `SET allowed_paths = [${files
      .flatMap((file) => [file, literalPath(file)])
      .map(sqlString)
      .join(', ')}]`,
  );
  await connection.run('SET enable_progress_bar = true');
  await connection.run('SET enable_progress_bar_print = false');
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal?.addEventListener('abort', interrupt);
  return {
    run: async (sql) => {
      signal?.throwIfAborted();
      await connection.run(sql);
    },
    load: async (sql) => {
      signal?.throwIfAborted();
      const timer = setInterval(() => {
        const { percentage } = connection.progress;
        if (percentage > 0) onShare?.(percentage / 100);
      }, shareMilliseconds);
      await connection.run(sql).finally(() => {
        clearInterval(timer);
      });
    },
    query: async (sql) => {
      signal?.throwIfAborted();
      return (await connection.runAndReadAll(sql)).getRows();
    },
    stream: (sql) => chunksOf(connection, sql, 'stream', signal),
    chunks: (sql) => chunksOf(connection, sql, 'run', signal),
    signal,
    close: async () => {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A name that nothing has, in a folder for temporary files. */
export const temporaryFolder = (parent = tmpdir()): string => join(parent, `reccompile-${randomUUID()}`);

/** A path as DuckDB's readers take it: they would expand a `[1]` or `*` in a file's name. */
export function literalPath(file: string): string {
  return file.replace(/[[*?]/g, '[$&]');
}

async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  how: 'stream' | 'run',
  signal: AbortSignal | undefined,
): AsyncGenerator<DuckDBDataChunk> {
  signal?.throwIfAborted();
  const result = await connection[how](sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    // An interrupted query ends as if there were no more rows.
    signal?.throwIfAborted();
    if (!chunk || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** Copies a column of numbers without NULL: its row i to `into[places[i]]`, or to `into[i]`. */
export function copyColumn(chunk: DuckDBDataChunk, column: number, into: Numbers, places?: Int32Array): void {
  const vector = chunk.getColumnVector(column);
  // The package has no way to give a vector's numbers all at once, but every vector of numbers holds them so.
  const items: unknown = Reflect.get(vector, 'items');
  const isWhole = items instanceof Int32Array || items instanceof Float64Array || items instanceof Int8Array;
  if (isWhole && !places) into.set(items);
  else if (isWhole && places) scatter(items, into, places);
  else for (let i = 0; i < chunk.rowCount; i++) into[places?.[i] ?? i] = Number(vector.getItem(i));
}

function scatter(items: Numbers, into: Numbers, places: Int32Array): void {
  const [first = 0] = places;
  if ((places.at(-1) ?? 0) - first === places.length - 1 && isAscending(places)) into.set(items, first);
  else for (let i = 0; i < places.length; i++) into[places[i] ?? 0] = items[i] ?? 0;
}

function isAscending(places: Int32Array): boolean {
  for (let i = 1; i < places.length; i++) if ((places[i] ?? 0) <= (places[i - 1] ?? 0)) return false;
  return true;
}
