import { createHash } from 'node:crypto';
import type { Files } from '../../src/run/files.js';

/** A file system in memory. */
export interface MemoryFiles extends Files {
  readonly contents: Map<string, Uint8Array>;
}

export function memoryFiles(): MemoryFiles {
  const contents = new Map<string, Uint8Array>();
  const below = (folder: string) => [...contents.keys()].filter((path) => path === folder || path.startsWith(`${folder}/`));
  return {
    contents,
    size: (path) => Promise.resolve(contents.get(path)?.length),
    read: (path, from, into) => {
      const bytes = contents.get(path)?.subarray(from, from + into.length);
      if (!bytes) return Promise.reject(new Error(`no file ${path}`));
      into.set(bytes);
      return Promise.resolve(bytes.length);
    },
    write: async (path, chunks) => {
      const parts: Uint8Array[] = [];
      // A chunk may be a view of a buffer that the next one is written to.
      for await (const chunk of chunks) parts.push(chunk.slice());
      contents.set(path, concatenate(parts));
    },
    append: async (path, bytes) => {
      contents.set(path, concatenate([contents.get(path) ?? new Uint8Array(0), bytes]));
    },
    list: (folder) => {
      const names = below(folder).map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
      return Promise.resolve([...new Set(names)].filter((name) => name !== ''));
    },
    makeFolder: () => Promise.resolve(),
    rename: async (from, to) => {
      for (const path of below(from)) {
        contents.set(to + path.slice(from.length), contents.get(path) ?? new Uint8Array(0));
        contents.delete(path);
      }
    },
    remove: async (path) => {
      below(path).forEach((file) => contents.delete(file));
    },
    sha256: () => {
      const hash = createHash('sha256');
      return { add: (bytes) => void hash.update(bytes), text: () => hash.digest('hex') };
    },
  };
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
