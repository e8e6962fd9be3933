import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import { readText } from '../run/files.js';
import { complaint } from './errors.js';
import { isAlive } from './processes.js';

const lockName = 'process.json';

/** Locks of this process; any other with its number is of one that had the number before. */
const held = new Set<string>();

/**
 * Says in a run folder which process trains it; the returned function takes that back.
 * @throws a complaint where another process of this machine does so already
 */
export async function lockRun(folder: string, shown: string): Promise<() => Promise<void>> {
  const file = path.join(folder, lockName);
  const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  for (;;) {
    if (await isMade(file, own)) break;
    const found = await readText(nodeFiles, file);
    const owner = ownerOf(found);
    const isOwned = owner?.pid === process.pid ? held.has(found ?? '') : owner !== undefined && isAlive(owner.pid);
    if (isOwned && owner?.host === hostname()) {
      throw complaint(`${shown} is being trained by process ${String(owner.pid)}`, {
        help: `Wait until it ends. If that process is another program, remove ${shown}/${lockName}.`,
      });
    }
    if (found !== undefined) await takeAway(file, found);
  }
  held.add(own);
  return async () => {
    held.delete(own);
    if ((await readText(nodeFiles, file)) === own) await nodeFiles.remove(file);
  };
}

/** Whether the file was not there, and is now: whole from the first moment on. */
async function isMade(file: string, text: string): Promise<boolean> {
  const whole = temporaryOf(file);
  try {
    await writeFile(whole, text);
    await link(whole, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!linkless.has(codeOf(error) ?? '')) throw error;
    return await isMadeInPlace(file, text);
  } finally {
    await rm(whole, { force: true });
  }
}

/** What file systems without hard links say. */
const linkless: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

async function isMadeInPlace(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone, unless another one has put its own there meanwhile. */
async function takeAway(file: string, found: string): Promise<void> {
  const aside = temporaryOf(file);
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readText(nodeFiles, aside)) !== found) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

const temporaryOf = (file: string): string => path.join(path.dirname(file), `.${lockName}.${randomUUID()}.tmp`);

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

function ownerOf(text: string | undefined): { readonly pid: number; readonly host: string } | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
    const { pid, host } = value;
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid: Number(pid), host } : undefined;
  } catch {
    return undefined;
  }
}
