import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk } from '@duckdb/node-api';
import { sqlString } from '../encode/escape.js';

export interface DuckDbOptions {
  /** The only files that it may read. */
  readonly files: readonly string[];
  readonly threads?: number | undefined;
  /** Folder for what does not fit into memory; the system's by default. */
  readonly temporary?: string | undefined;
  /** Stops the query at hand, and refuses others. */
  readonly signal?: AbortSignal | undefined;
}

export interface Database {
  readonly run: (sql: string) => Promise<void>;
  /** Rows as arrays of values. */
  readonly query: (sql: string) => Promise<readonly (readonly unknown[])[]>;
  readonly stream: (sql: string) => AsyncGenerator<DuckDBDataChunk>;
  /** For what is done beside queries. */
  readonly signal?: AbortSignal | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Opens DuckDB in memory, so that no SQL can read or write any file but those named, load an extension, or undo that. It
 * takes a quarter of the memory at most.
 */
export async function openDuckDb({
  files,
  threads = availableParallelism(),
  temporary = tmpdir(),
  signal,
}: DuckDbOptions): Promise<Database> {
  const folder = join(temporary, `reccompile-${randomUUID()}`);
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: `${String(Math.max(256, Math.floor(memory / 4 / 2 ** 20)))}MiB`,
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
    query: async (sql) => {
      signal?.throwIfAborted();
      return (await connection.runAndReadAll(sql)).getRows();
    },
    stream: (sql) => chunksOf(connection, sql, signal),
    signal,
    close: async () => {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A path as DuckDB's readers take it: they would expand a `[1]` or `*` in a file's name. */
export function literalPath(file: string): string {
  return file.replace(/[[*?]/g, '[$&]');
}

async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<DuckDBDataChunk> {
  signal?.throwIfAborted();
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    // An interrupted query ends as if there were no more rows.
    signal?.throwIfAborted();
    if (!chunk || chunk.rowCount === 0) return;
    yield chunk;
  }
}
