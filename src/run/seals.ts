import { damaged } from './errors.js';
import { join, readExactly, readJson, writeJson } from './files.js';
import type { Files } from './files.js';
import { places, runFormat } from './record.js';
import type { CheckpointManifest, FileSeal } from './record.js';
import { parseManifest } from './schemas.js';

/** Files that are written through it are digested on their way; `seal` then writes the manifest of the folder, last of all. */
export interface SealedFiles {
  readonly files: Files;
  readonly seal: () => Promise<void>;
}

export function sealing(files: Files, folder: string): SealedFiles {
  const seals = new Map<string, FileSeal>();
  return {
    files: {
      ...files,
      write: async (path, chunks) => {
        const digest = files.sha256();
        let bytes = 0;
        await files.write(path, seen(chunks));
        seals.set(path.slice(folder.length + 1), { bytes, sha256: digest.text() });

        async function* seen(all: typeof chunks): AsyncIterable<Uint8Array> {
          for await (const chunk of all) {
            digest.add(chunk);
            bytes += chunk.length;
            yield chunk;
          }
        }
      },
    },
    seal: async () => {
      const manifest: CheckpointManifest = { format: runFormat, files: Object.fromEntries(seals) };
      await writeJson(files, join(folder, places.manifest), manifest);
    },
  };
}

/** A folder without a manifest is one of an earlier version, or one whose writing did not come to its end. */
export async function readManifest(files: Files, folder: string): Promise<CheckpointManifest | undefined> {
  const path = join(folder, places.manifest);
  const value = await readJson(files, path);
  return value === undefined ? undefined : parseManifest(path, value);
}

const bytesAtOnce = 2 ** 22;

/**
 * Reads all files of a manifest that `asked` asks for.
 * @throws RunError `run-damaged` if one is not there, or is not what was written
 */
export async function verify(
  files: Files,
  folder: string,
  { files: seals }: CheckpointManifest,
  asked: (path: string) => boolean,
): Promise<void> {
  for (const [name, { bytes, sha256 }] of Object.entries(seals)) {
    if (!asked(name)) continue;
    const path = join(folder, name);
    if (name.split(/[/\\]/).includes('..')) throw damaged(join(folder, places.manifest), `it names ${name}`);
    const size = await files.size(path);
    if (size === undefined) throw damaged(folder, `it has no ${name}`);
    if (size !== bytes) throw damaged(path, `it has ${String(size)} bytes, and should have ${String(bytes)}`);
    if ((await digestOf(files, path, size)) !== sha256) throw damaged(path, 'its digest is not the one that was written down');
  }
}

async function digestOf(files: Files, path: string, size: number): Promise<string> {
  const digest = files.sha256();
  const buffer = new Uint8Array(Math.min(size, bytesAtOnce));
  for (let at = 0; at < size; at += bytesAtOnce) {
    const part = buffer.subarray(0, Math.min(bytesAtOnce, size - at));
    await readExactly(files, path, at, part);
    digest.add(part);
  }
  return digest.text();
}
