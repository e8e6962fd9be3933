import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedSource } from './sources.js';
import { isGzip, unpackGzip } from './text-files.js';

/** Packed bytes up to which files are unpacked to others: DuckDB reads a .gz by one thread. */
const mostPacked = 256 * 2 ** 20;

export interface Unpacking {
  readonly sources: readonly ResolvedSource[];
  /** The files that will be there. */
  readonly files: readonly string[];
  /** Waits for all of them, and removes them. */
  readonly remove: () => Promise<void>;
}

/** Begins to unpack the packed files of all sources into a folder, which it makes if there are any. */
export async function unpackSources(
  sources: readonly ResolvedSource[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Unpacking> {
  const packed = [...new Set(sources.flatMap(({ files }) => files).filter(isGzip))];
  const sizes = await Promise.all(packed.map(async (file) => (await stat(file)).size));
  const isMuch = sizes.reduce((sum, size) => sum + size, 0) > mostPacked;
  if (packed.length === 0 || isMuch) return { sources, files: [], remove: () => Promise.resolve() };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const targets = packed.map((file, i) => [file, join(folder, `unpacked-${String(i)}`)] as const);
  const unpacked = new Map(
    targets.map(([file, to]) => [file, unpackGzip(file, to, signal).then((fits) => (fits ? to : undefined))] as const),
  );
  const all = Promise.allSettled(unpacked.values());
  return {
    sources: sources.map((source) => ({ ...source, unpacked })),
    files: targets.map(([, to]) => to),
    remove: async () => {
      await all;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
