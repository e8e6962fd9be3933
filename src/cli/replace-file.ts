import { randomUUID } from 'node:crypto';
import { open, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { renamePatiently } from '../data/node-files.js';

/**
 * Puts a text in the place of a file's, whole or not at all; the file keeps its permissions, and a link goes on leading to it.
 * @throws what the operating system refuses
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const real = await realpath(file);
  const { mode } = await stat(real);
  const temporary = path.join(path.dirname(real), `.${path.basename(real)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renamePatiently(temporary, real);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
