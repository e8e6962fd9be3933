import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Source } from '../language/source.js';
import type { Load } from '../model/source-files.js';
import { nearest } from '../model/suggest.js';
import { complaint, isComplaint, refusal } from './errors.js';
import type { Host } from './host.js';

const mebibyte = 2 ** 20;
const largest = 10 * mebibyte;

/**
 * Reads a spec. Its `path` is the one that diagnostics print: relative to the current folder, with `/`.
 * @throws a complaint when there is no such file, or when it cannot be a spec: a folder, not UTF-8, more than 10 MiB
 */
export function readSpec(file: string, host: Pick<Host, 'folder'>): Source {
  const absolute = path.resolve(host.folder, file);
  const shown = shownPath(absolute, host.folder);
  let bytes: Uint8Array;
  try {
    const found = statSync(absolute);
    if (!found.isFile())
      throw complaint(`cannot read ${shown}: it is ${found.isDirectory() ? 'a folder' : 'no regular file'}`, {
        help: 'Name the .rec file in it.',
      });
    if (found.size > largest) {
      throw complaint(`cannot read ${shown}: it has ${String(Math.ceil(found.size / mebibyte))} MiB, a spec at most 10`, {
        help: 'A spec describes a model; the data stay in files of their own.',
      });
    }
    bytes = readFileSync(absolute);
  } catch (error) {
    const refused = refusal(error, 'read', shown);
    throw refused === undefined ? error : complaint(refused);
  }
  try {
    return { path: shown, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw complaint(`cannot read ${shown}: it is not UTF-8 text`, { help: 'Save it as UTF-8 in your editor.' });
  }
}

/** Reads what a spec imports: like a spec, and not through a link that leads out of the spec's folder. */
export function importer({ path: spec }: Source, host: Pick<Host, 'folder'>): Load {
  return (file) => {
    const absolute = path.resolve(host.folder, file);
    try {
      const source = readSpec(file, host);
      const way = path.relative(realpathSync(path.dirname(path.resolve(host.folder, spec))), realpathSync(absolute));
      return isBelow(way) ? { source } : { problem: 'it is a link that leads out of the folder of the spec' };
    } catch (error) {
      if (!isComplaint(error)) throw error;
      const near = nearest(path.basename(file), specsIn(path.dirname(absolute)));
      const problem = error.message.replace(/^cannot read .*?: /, '');
      return { problem, ...(near !== undefined && !existsSync(absolute) && { help: `did you mean ${near}?` }) };
    }
  };
}

const isBelow = (way: string): boolean => !path.isAbsolute(way) && !way.startsWith('..');

function specsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.rec'));
  } catch {
    return [];
  }
}

/** A path as people see it: from the current folder where it lies below, with `/` on every system. */
export function shownPath(
  absolute: string,
  folder: string,
  system: Pick<typeof path, 'relative' | 'isAbsolute' | 'sep'> = path,
): string {
  const relative = system.relative(folder, absolute);
  const shown = relative === '' ? '.' : system.isAbsolute(relative) ? absolute : relative;
  return shown.replaceAll(system.sep, '/');
}
