import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { check } from '../model/check.js';
import { isComplaint } from './errors.js';
import { importer, readSpec } from './files.js';
import type { Host } from './host.js';

const milliseconds = 200;

/** When files were last written and how long they are; a file that is not there counts too. */
export const stampOf = (files: readonly string[]): string =>
  files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? `${String(found.mtimeMs)} ${String(found.size)}` : 'none';
    })
    .join();

/**
 * Waits until files are no longer as they were, by looking at them again and again: that works on every disk, and whatever an editor does to
 * save a file.
 * @returns whether they have changed; not if the signal came first
 */
export async function changed(files: readonly string[], stamp: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    try {
      await wait(milliseconds, undefined, { signal });
    } catch {
      return false;
    }
    if (stampOf(files) !== stamp) return true;
  }
}

/** A spec and all that it imports, also what could not be read. */
export function readBy(file: string, host: Pick<Host, 'folder'>): readonly string[] {
  const found = [file];
  try {
    const source = readSpec(file, host);
    const load = importer(source, host);
    check(source, {
      load: (imported) => {
        found.push(imported);
        return load(imported);
      },
    });
  } catch (error) {
    if (!isComplaint(error)) throw error;
  }
  return found.map((one) => path.resolve(host.folder, one));
}
