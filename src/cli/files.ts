import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { isBelow } from '../data/paths.js';
import type { Source } from '../language/source.js';
import type { Load } from '../model/source-files.js';
import { nearest } from '../model/suggest.js';
import { complaint, isComplaint, refusal } from './errors.js';
import type { Host } from './host.js';

const mebibyte = 2 ** 20;
/** Bytes that a spec may have. */
export const largestSpec = 10 * mebibyte;

export interface ReadSpecOptions {
  /** Keeps the byte order mark with which some editors begin a file. */
  readonly keepsMark?: boolean;
}

/**
 * Reads a spec. Its `path` is the one that diagnostics print: relative to the current folder, with `/`.
 * @throws a complaint when there is no such file, or when it cannot be a spec: a folder, not UTF-8, more than 10 MiB
 */
export function readSpec(file: string, host: Pick<Host, 'folder'>, options: ReadSpecOptions = {}): Source {
  const absolute = path.resolve(host.folder, file);
  const shown = shownPath(absolute, host.folder);
  let bytes: Uint8Array;
  try {
    const found = statSync(absolute);
    if (!found.isFile())
      throw complaint(`cannot read ${shown}: it is ${found.isDirectory() ? 'a folder' : 'no regular file'}`, {
        help: fileWithin(absolute, shown),
      });
    if (found.size > largestSpec) {
      throw complaint(`cannot read ${shown}: it has ${String(Math.ceil(found.size / mebibyte))} MiB, a spec at most 10`, {
        help: 'A spec describes a model; the data stay in files of their own.',
      });
    }
    bytes = readFileSync(absolute);
  } catch (error) {
    const refused = refusal(error, 'read', shown);
    throw refused === undefined ? error : complaint(refused, nearFile(absolute));
  }
  return { path: shown, text: decodeSpec(bytes, shown, options) };
}

/** A run has one spec. */
function fileWithin(folder: string, shown: string): string {
  const [only, ...others] = specsIn(folder);
  return only === undefined || others.length > 0 ? 'Name the .rec file in it.' : `Name the .rec file in it: ${shown}/${only}`;
}

/** What to do about a file that is not there: the name beside it that is near. */
export function nearFile(absolute: string): { readonly help?: string } {
  if (existsSync(absolute)) return {};
  const near = nearest(path.basename(absolute), namesIn(path.dirname(absolute)));
  return near === undefined ? {} : { help: `did you mean ${near}?` };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @throws a complaint when it is not UTF-8 */
export function decodeSpec(bytes: Uint8Array, shown: string, { keepsMark = false }: ReadSpecOptions = {}): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepsMark }).decode(bytes);
  } catch {
    throw complaint(`cannot read ${shown}: it is not UTF-8 text`, { help: 'Save it as UTF-8 in your editor.' });
  }
}

/**
 * Reads what a spec imports: like a spec, and not through a link that leads out of the spec's folder. Of a file outside, nothing is
 * told: neither whether it is there nor what it is.
 */
export function importer({ path: spec }: Source, host: Pick<Host, 'folder'>): Load {
  const own = path.resolve(host.folder, spec);
  const folder = path.dirname(own);
  const home = spec.slice(0, spec.lastIndexOf('/') + 1);
  return (file) => {
    const absolute = path.resolve(host.folder, file);
    const place = placeIn(folder, path.relative(folder, absolute));
    if (place === undefined) return { problem: 'it is a link that leads out of the folder of the spec, or nowhere' };
    const real = path.join(folder, place);
    try {
      const { text } = readSpec(real, host);
      return { source: { path: isSameFile(real, own) ? spec : home + place.replaceAll(path.sep, '/'), text } };
    } catch (error) {
      if (!isComplaint(error)) throw error;
      const near = nearest(path.basename(file), specsIn(path.dirname(real)));
      const problem = error.message.replace(/^cannot read .*?: /, '');
      return { problem, ...(near !== undefined && !existsSync(real) && { help: `did you mean ${near}?` }) };
    }
  };
}

/** Where a path below a folder leads through links, from there; undefined if one of them leads out of the folder or nowhere. */
function placeIn(folder: string, way: string): string | undefined {
  const root = realPath(folder);
  if (root === undefined) return way;
  const parts = way.split(path.sep);
  let place = '';
  for (const [i, part] of parts.entries()) {
    const step = path.join(folder, place, part);
    if (!isThere(step)) return path.join(place, ...parts.slice(i));
    const real = realPath(step);
    if (real !== root && (real === undefined || !isBelow(root, real))) return undefined;
    place = path.relative(root, real);
  }
  return place;
}

/** The one path of a file: without links, and in its own upper and lower case. */
function realPath(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return undefined;
  }
}

/** Whether there is something of this name, if only a link. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

const isSameFile = (file: string, other: string): boolean =>
  file === other || (existsSync(other) && realPath(file) === realPath(other));

const specsIn = (folder: string): readonly string[] => namesIn(folder).filter((name) => name.endsWith('.rec'));

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
