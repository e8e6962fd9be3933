import type { Source } from '../language/source.js';
import { complaint } from './errors.js';
import { decodeSpec, largestSpec } from './files.js';
import type { Host } from './host.js';

/**
 * The spec on standard input.
 * @param path what messages call it
 * @throws a complaint where it cannot be a spec: not UTF-8, more than 10 MiB
 */
export async function specFromInput(path: string, host: Pick<Host, 'input'>): Promise<Source> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of host.input()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestSpec) throw complaint(`cannot read ${path}: it has more than 10 MiB, which a spec may have at most`);
  }
  return { path, text: decodeSpec(Buffer.concat(chunks), path, { keepsMark: true }) };
}
