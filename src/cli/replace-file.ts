import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, open, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { renamePatiently } from '../data/node-files.js';
import { complaint, refusal } from './errors.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';

/**
 * Puts a text in the place of a file's, whole or not at all; the file keeps its permissions, and a link goes on leading to it.
 * @throws a complaint of what the operating system refuses
 */
export async function replaceFile(file: string, text: string, host: Pick<Host, 'folder'>): Promise<void> {
  const absolute = path.resolve(host.folder, file);
  await named(absolute, host, async () => {
    const real = await realpath(absolute);
    const { mode } = await stat(real);
    await drafted(real, text, mode, (draft) => renamePatiently(draft, real));
  });
}

/**
 * Writes a file that there is not yet, whole or not at all; whatever has its name by then stays as it is.
 * @throws a complaint of what the operating system refuses
 */
export async function createFile(file: string, text: string, host: Pick<Host, 'folder'>): Promise<void> {
  const absolute = path.resolve(host.folder, file);
  await named(absolute, host, () =>
    drafted(absolute, text, undefined, async (draft) => {
      // Not every disk has links; a copy cannot be written over another file either.
      await link(draft, absolute).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
        return copyFile(draft, absolute, constants.COPYFILE_EXCL);
      });
    }),
  );
}

/** @param settle gives the draft its place */
async function drafted(
  file: string,
  text: string,
  mode: number | undefined,
  settle: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file).slice(0, 64)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      if (mode !== undefined) await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await settle(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

async function named(file: string, { folder }: Pick<Host, 'folder'>, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const refused = refusal(error, 'write', shownPath(file, folder));
    throw refused === undefined ? error : complaint(refused);
  }
}
