import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Column, Host } from '../editor/host.js';
import type { DataSection, FileSource } from '../model/model.js';
import { isComplaint } from './errors.js';
import { importer, readSpec } from './files.js';

/** Rows of a data file that completion looks at. */
const profiledRows = 50_000;
/** Folders that hold no one's own specs. */
const foreign: ReadonlySet<string> = new Set(['node_modules', 'dist', 'build', 'out', 'target']);
const mostSpecs = 2000;

const root = path.parse(process.cwd()).root;
const withSlashes = (file: string): string => file.replaceAll(path.sep, '/');

/** The files of this machine, and the columns of data as DuckDB reads them. */
export function editorHost(): Host {
  const known = new Map<string, Promise<readonly Column[]>>();
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
    specs: specsBelow,
    list: (folder) =>
      entriesOf(folder).flatMap((entry) =>
        entry.name.startsWith('.') ? [] : [entry.isDirectory() ? `${entry.name}/` : entry.name],
      ),
    columns: async (data) => (await Promise.all(filesOf(data).map((source) => columnsOf(source, known)))).flat(),
    library: libraryFile,
  };
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

const readEntries = (folder: string) => readdirSync(folder, { withFileTypes: true });

function specsBelow(folder: string): readonly string[] {
  const found: string[] = [];
  const open = [folder];
  for (let at = open.shift(); at !== undefined && found.length < mostSpecs; at = open.shift()) {
    for (const entry of entriesOf(at)) {
      const file = withSlashes(path.join(at, entry.name));
      if (entry.isDirectory() && !entry.name.startsWith('.') && !foreign.has(entry.name)) open.push(file);
      else if (entry.isFile() && entry.name.endsWith('.rec')) found.push(file);
    }
  }
  return found;
}

/** The files of the library lie beside the program, for people to read. */
function libraryFile(name: string): string | undefined {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const places = [file, fileURLToPath(new URL(`../${name}`, import.meta.url))];
  const found = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : withSlashes(found);
}

const filesOf = ({ source, joins }: DataSection): readonly FileSource[] => [source, ...joins.map((join) => join.source)];

/** Of a file that is as it was, what was seen then. */
function columnsOf(source: FileSource, known: Map<string, Promise<readonly Column[]>>): Promise<readonly Column[]> {
  const { span: _, ...rest } = source;
  const file = path.resolve(path.dirname(source.saidIn), source.path);
  const { mtimeMs = 0, size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  const version = JSON.stringify([rest, mtimeMs, size]);
  const columns = known.get(version) ?? profile(source);
  known.set(version, columns);
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
