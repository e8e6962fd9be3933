import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** One read or write of the system is at most this long; some stop at 2 GiB. */
const bytesAtOnce = 2 ** 26;

/** The file system of this machine, as `run/files.ts` asks for it. Errors are the system's (`ENOSPC`, `EACCES`, …). */
export const nodeFiles = {
  size: async (file: string): Promise<number | undefined> => {
    const found = await stat(file).catch(ifMissing);
    return found?.isFile() ? found.size : undefined;
  },

  read: async (file: string, from: number, into: Uint8Array): Promise<number> => {
    const handle = await open(file, 'r');
    try {
      let done = 0;
      while (done < into.length) {
        const part = into.subarray(done, done + bytesAtOnce);
        const { bytesRead } = await handle.read(part, 0, part.length, from + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    } finally {
      await handle.close();
    }
  },

  write: async (file: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> => {
    const temporary = path.join(path.dirname(file), `.${path.basename(file).slice(0, 64)}.${randomUUID()}.tmp`);
    try {
      const handle = await open(temporary, 'wx');
      try {
        for await (const chunk of chunks) await writeAll(handle, chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await renamePatiently(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw naming(error, file);
    }
  },

  append: async (file: string, bytes: Uint8Array): Promise<void> => {
    const handle = await open(file, 'a');
    try {
      await writeAll(handle, bytes);
      await handle.datasync();
    } catch (error) {
      throw naming(error, file);
    } finally {
      await handle.close();
    }
  },

  list: async (folder: string): Promise<readonly string[]> => (await readdir(folder).catch(ifMissing)) ?? [],

  makeFolder: async (folder: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
  },

  rename: async (from: string, to: string): Promise<void> => {
    await renamePatiently(from, to);
    await syncFolder(path.dirname(to));
  },

  remove: async (file: string): Promise<void> => {
    await rm(file, { recursive: true, force: true, maxRetries: 5 });
  },

  sha256: (): { readonly add: (bytes: Uint8Array) => void; readonly text: () => string } => {
    const hash = createHash('sha256');
    return { add: (bytes) => void hash.update(bytes), text: () => hash.digest('hex') };
  },
} as const;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  // Shared memory may change while the system writes it, and Node promises nothing for it.
  const shared = bytes.buffer instanceof SharedArrayBuffer;
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + bytesAtOnce);
    const { bytesWritten } = await handle.write(shared ? new Uint8Array(part) : part);
    at += bytesWritten;
  }
}

/** So that a new name outlasts a power cut. Not every system lets a folder be opened, or flushed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // The name is there, only not yet on the disk.
  } finally {
    await handle?.close();
  }
}

const retries = 8;

/** Windows refuses while a virus scanner or an indexer has the file open. */
export async function renamePatiently(
  from: string,
  to: string,
  system: { readonly rename: typeof rename; readonly wait: (milliseconds: number) => Promise<void> } = { rename, wait },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await system.rename(from, to);
    } catch (error) {
      if (attempt === retries || !['EPERM', 'EBUSY', 'EACCES'].includes(codeOf(error) ?? '')) throw error;
      await system.wait(5 * 2 ** attempt);
    }
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** An error of an open file names none, one of a temporary file a name that nobody knows. */
const naming = (error: unknown, file: string): unknown => (error instanceof Error ? Object.assign(error, { path: file }) : error);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function ifMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
