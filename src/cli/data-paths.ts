import { dataPathsOf, type DataPaths } from '../data/sources.js';
import { isRecord } from '../encode/json.js';
import { isRunError } from '../run/errors.js';
import type { StoredRun } from '../run/read.js';
import type { Host } from './host.js';

/**
 * Where the data of a run are: what the command line says, over where the run found them.
 * @param given as `--data` has it
 */
export async function dataPathsOfRun(
  run: Pick<StoredRun, 'environment'>,
  given: readonly string[],
  host: Pick<Host, 'folder'>,
): Promise<DataPaths> {
  const environment = await environmentOf(run);
  const own = await dataPathsOf(given, host.folder);
  const known = isRecord(environment.data) ? environment.data : {};
  const folder = own.folder ?? (typeof known.folder === 'string' ? known.folder : undefined);
  const knownFiles = own.folder === undefined && isRecord(known.files) ? known.files : {};
  const files = {
    ...Object.fromEntries(Object.entries(knownFiles).filter((e): e is [string, string] => typeof e[1] === 'string')),
    ...own.files,
  };
  return { ...own, ...(folder !== undefined && { folder }), ...(Object.keys(files).length > 0 && { files }) };
}

/** A run that was copied without it may still be used with data that the user names. */
export async function environmentOf(run: Pick<StoredRun, 'environment'>): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await run.environment();
  } catch (error) {
    if (!isRunError(error)) throw error;
    return {};
  }
}
