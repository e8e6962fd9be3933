import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBelow } from '../data/paths.js';
import { resolveSources } from '../data/sources.js';
import type { Column, Host, Specs } from '../editor/host.js';
import type { DataSection, FileSource } from '../model/model.js';
import { isComplaint } from './errors.js';
import { importer, readSpec } from './files.js';
import { extension, isLookedInto } from './spec-paths.js';

/** Names of files and folders that specs are looked for among: more is no folder of specs, such as a home. */
const mostNames = 50_000;
/** Rows of a data file that completion looks at. */
const profiledRows = 50_000;

const root = path.parse(process.cwd()).root;
const withSlashes = (file: string): string => file.replaceAll(path.sep, '/');

/** The files of this machine, and the columns of data as DuckDB reads them. */
export function editorHost(): Host {
  const known: Seen = new Map();
  return {
    load: (spec) => importer(spec, { folder: root }),
    read: (file) => {
      try {
        return { path: file, text: readSpec(file, { folder: root }).text };
      } catch (error) {
        if (!isComplaint(error)) throw error;
        return undefined;
      }
    },
    version: versionOf,
    specs: specsBelow,
    list: namesIn,
    columns: async (data) => (await Promise.all(filesOf(data).map((source) => columnsOf(source, known)))).flat(),
    library: libraryFile,
  };
}

function versionOf(file: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Names in a folder that is `home` or below, and of what is there: neither the folder nor what it has may be a link out of it. */
function namesIn(folder: string, home: string): readonly string[] {
  const [from, at] = [realPath(home), realPath(folder)];
  if (from === undefined || at === undefined || (at !== from && !isBelow(from, at))) return [];
  return entriesOf(at).flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    if (!entry.isSymbolicLink()) return [entry.isDirectory() ? `${entry.name}/` : entry.name];
    const real = realPath(path.join(at, entry.name));
    if (real === undefined || !isBelow(from, real)) return [];
    return [statSync(real, { throwIfNoEntry: false })?.isDirectory() ? `${entry.name}/` : entry.name];
  });
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return undefined;
  }
}

/** The nearest first. */
function specsBelow(folder: string, most: number): Specs {
  const found: string[] = [];
  const open = [folder];
  let seen = 0;
  for (const at of open) {
    if (found.length >= most || seen > mostNames) return { paths: found, isCut: true };
    for (const entry of entriesOf(at)) {
      seen += 1;
      const file = withSlashes(path.join(at, entry.name));
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && isLookedInto(entry.name)) open.push(file);
      else if (entry.isFile() && entry.name.endsWith(extension)) found.push(file);
    }
  }
  return { paths: found, isCut: false };
}

/** The files of the library lie beside the program, for people to read. */
function libraryFile(name: string): string | undefined {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const places = [file, fileURLToPath(new URL(`../${name}`, import.meta.url))];
  const found = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : withSlashes(found);
}

const filesOf = ({ source, joins }: DataSection): readonly FileSource[] => [source, ...joins.map((join) => join.source)];

/** The columns of each source, and of which version of its files they are. */
type Seen = Map<string, { readonly version: string; readonly columns: Promise<readonly Column[]> }>;

/** Of files that are as they were, what was seen then. */
async function columnsOf(source: FileSource, seen: Seen): Promise<readonly Column[]> {
  const { span: _, ...rest } = source;
  const [resolved] = await resolveSources({ source, joins: [] });
  const version = JSON.stringify([rest, resolved?.files.map((file) => [file, versionOf(file)])]);
  const place = `${source.saidIn}\n${source.path}`;
  const before = seen.get(place);
  if (before?.version === version) return before.columns;
  const columns = profile(source);
  seen.set(place, { version, columns });
  return columns;
}

async function profile(source: FileSource): Promise<readonly Column[]> {
  const { profileTable } = await import('../data/profile.js');
  try {
    const { columns } = await profileTable(source, {}, { rows: profiledRows, threads: 2 });
    return columns.map(({ name, kind, frequent }) => ({ name, type: kind, frequent: frequent.map(([value]) => value) }));
  } catch (error) {
    if (!isComplaint(error)) throw error;
    return [];
  }
}
