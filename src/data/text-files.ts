import { createReadStream, createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { dataError, type DataError } from './errors.js';

export type Encoding = 'utf8' | 'latin1';

/** The text of a file, unpacked if its name ends in .gz. */
export async function* readTextFile(file: string, encoding: Encoding): AsyncGenerator<string> {
  const bytes = createReadStream(file);
  const stream = isGzip(file) ? bytes.pipe(createGunzip()) : bytes;
  bytes.on('error', (error) => stream.destroy(error));
  stream.setEncoding(encoding);
  try {
    for await (const text of stream) yield String(text);
  } catch (error) {
    throw isGzip(file) ? damagedGzip(file, error) : dataError('not-readable', `cannot read ${file}: ${messageOf(error)}`);
  } finally {
    bytes.destroy();
  }
}

/** Whether a text begins with U+FEFF, as some editors save UTF-8. */
export async function beginsWithMark(file: string): Promise<boolean> {
  for await (const text of readTextFile(file, 'utf8')) return text.startsWith('\ufeff');
  return false;
}

export const isGzip = (file: string): boolean => file.toLowerCase().endsWith('.gz');

/** DuckDB reads a cut or damaged .gz as if it ended there, so its checksum is looked at here. */
export async function verifyGzip(file: string, signal?: AbortSignal): Promise<void> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), nowhere, { ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw damagedGzip(file, error);
  }
}

const bytesAtOnce = 2 ** 20;

/**
 * Unpacks a .gz to another file, so that several threads can read it. False if there is no room for that file.
 * @throws DataError if the .gz is cut off or damaged, which its checksum tells
 */
export async function unpackGzip(file: string, to: string, signal?: AbortSignal): Promise<boolean> {
  const packed = createReadStream(file, { highWaterMark: bytesAtOnce });
  try {
    const gunzip = createGunzip({ chunkSize: bytesAtOnce });
    await pipeline(packed, gunzip, createWriteStream(to, { mode: 0o600 }), { ...(signal && { signal }) });
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'syscall' in error) return false;
    throw damagedGzip(file, error);
  }
}

function damagedGzip(file: string, error: unknown): DataError {
  const message = messageOf(error);
  if (message === 'incorrect header check') {
    return dataError('not-readable', `${file} is not packed by gzip, though its name says so`, {
      help: 'take .gz off its name, or pack it',
    });
  }
  return dataError('not-readable', `${file} is cut off or damaged: ${message}`, {
    help: 'fetch or pack it again; `gzip -t` checks it',
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
