import { damaged } from './errors.js';

/**
 * The file system as a run folder needs it. Paths are separated by `/`. What fails for another reason than a missing file (no
 * permission, no space left) rejects with the system's error.
 */
export interface Files {
  /** Size in bytes of a file; undefined if there is no file of that name. */
  readonly size: (path: string) => Promise<number | undefined>;
  /** Fills `into` with the bytes from `from` on; returns how many there were: fewer only at the end of the file. */
  readonly read: (path: string, from: number, into: Uint8Array) => Promise<number>;
  /** The whole file or nothing of it: written under another name, flushed to the disk, renamed. The bytes may be shared memory. */
  readonly write: (path: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => Promise<void>;
  readonly append: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Names in a folder, in any order; none if there is no such folder. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** With the folders above it; nothing happens if it is there. */
  readonly makeFolder: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** A file, or a folder with all that is in it; nothing happens if it is not there. */
  readonly remove: (path: string) => Promise<void>;
  readonly sha256: () => Digest;
}

/** A digest of bytes, given in parts. */
export interface Digest {
  readonly add: (bytes: Uint8Array) => void;
  /** In hexadecimal, once. */
  readonly text: () => string;
}

export const join = (...parts: readonly string[]): string => parts.join('/');

/** Largest text that is read at once; JavaScript's strings end at 2²⁹. */
const largestText = 2 ** 28;

export async function writeText(files: Files, path: string, text: string): Promise<void> {
  await files.write(path, [new TextEncoder().encode(text)]);
}

export async function writeJson(files: Files, path: string, value: unknown): Promise<void> {
  await writeText(files, path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * The text of a UTF-8 file; undefined if there is none.
 * @throws RunError `run-damaged` if it is no UTF-8 or beyond 256 MiB
 */
export async function readText(files: Files, path: string): Promise<string | undefined> {
  const size = await files.size(path);
  if (size === undefined) return undefined;
  if (size > largestText) throw damaged(path, `it has ${String(size)} bytes, and should have less than ${String(largestText)}`);
  const bytes = new Uint8Array(size);
  await readExactly(files, path, 0, bytes);
  return decode(path, bytes);
}

/**
 * The value of a JSON file; undefined if there is none.
 * @throws RunError `run-damaged` if it is no JSON
 */
export async function readJson(files: Files, path: string): Promise<unknown> {
  const text = await readText(files, path);
  return text === undefined ? undefined : parseJson(path, text);
}

/** @throws RunError `run-damaged` if the text is no JSON */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
}

/** @throws RunError `run-damaged` if the bytes are not UTF-8 */
export function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(path, 'it is not UTF-8 text');
  }
}

/** @throws RunError `run-damaged` if the file ends before `into` is full */
export async function readExactly(files: Files, path: string, from: number, into: Uint8Array): Promise<void> {
  const count = await files.read(path, from, into);
  if (count < into.length) throw damaged(path, 'it ends too early');
}
