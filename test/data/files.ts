import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { encodeData, type EncodeOptions } from '../../src/data/encode.js';
import { isDataError, type DataError } from '../../src/data/errors.js';
import { encoderProgram } from '../../src/encode/compile.js';
import type { EncodedData } from '../../src/encode/program.js';
import type { CheckedModel } from '../../src/model/model.js';

/** A folder with these files, until the test is over. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reccompile-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** Writes the rows of a SELECT as parquet. */
export async function writeParquet(path: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

export function encodeIn(folder: string, model: CheckedModel, options: Partial<EncodeOptions> = {}): Promise<EncodedData> {
  return encodeData({ model, program: encoderProgram(model), paths: { folder }, threads: 1, ...options });
}

/** The error that it must end with. */
export async function failure(run: Promise<unknown>): Promise<DataError> {
  const error = await run.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (isDataError(error)) return error;
  throw error;
}
