import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

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
