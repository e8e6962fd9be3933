import { hostname } from 'node:os';
import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import { readText, writeJson } from '../run/files.js';
import { complaint } from './errors.js';

const lockName = 'process.json';

/** Says in a run folder which process trains it; the returned function takes that back. */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, lockName);
  await writeJson(nodeFiles, file, { pid: process.pid, host: hostname() });
  return () => nodeFiles.remove(file);
}

/** @throws a complaint where another process of this machine still trains the run */
export async function refuseRunning(folder: string, shown: string): Promise<void> {
  const owner = ownerOf(await readText(nodeFiles, path.join(folder, lockName)));
  if (owner?.host !== hostname() || owner.pid === process.pid || !isAlive(owner.pid)) return;
  throw complaint(`${shown} is being trained by process ${String(owner.pid)}`, {
    help: `Wait until it ends. If that process is another program, remove ${shown}/${lockName}.`,
  });
}

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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
