import type { Source } from '../language/source.js';
import { check, type Checked } from '../model/check.js';
import type { Memory } from '../model/memory.js';
import type { Load } from '../model/source-files.js';
import type { Host } from './host.js';
import { pathOf, uriOf } from './places.js';

/** A text with what the compiler found in it. */
export interface Analysis {
  readonly uri: string;
  readonly source: Source;
  readonly checked: Checked;
  /** A file of the standard library, which nobody changes. */
  readonly isLibrary: boolean;
}

interface Known {
  readonly analysis: Analysis;
  /** What was imported, by path; undefined where there was nothing to read. */
  readonly read: ReadonlyMap<string, Source | undefined>;
}

/** The open texts of an editor, over the files around them. */
export interface Workspace {
  readonly host: Host;
  /** Opens a text, or says what it is now. */
  readonly put: (uri: string, text: string) => void;
  readonly close: (uri: string) => void;
  /** Forgets what was read from the disk. */
  readonly refresh: () => void;
  readonly addFolder: (uri: string) => void;
  readonly removeFolder: (uri: string) => void;
  readonly opened: () => readonly string[];
  /** That of an open text, or of a file on the disk. */
  readonly analysis: (uri: string) => Analysis | undefined;
  /** Of every open text, and of every spec in the folders of the workspace. */
  readonly all: () => readonly Analysis[];
  readonly uriOf: (path: string) => string;
}

/** More specs than this are no one's workspace. */
const mostFiles = 2000;

export function createWorkspace(host: Host): Workspace {
  const open = new Map<string, { readonly uri: string; readonly source: Source }>();
  const known = new Map<string, Known>();
  const memories = new Map<string, Memory>();
  const folders = new Set<string>();
  const disk = new Map<string, Source | undefined>();

  const fromDisk = (path: string): Source | undefined => {
    if (!disk.has(path)) disk.set(path, host.read?.(path));
    return disk.get(path);
  };

  /** An open text stands for its file. */
  const loader = (spec: Source, read: Map<string, Source | undefined>): Load => {
    const load = host.load?.(spec);
    return (path) => {
      const opened = open.get(path)?.source;
      if (opened) {
        read.set(path, opened);
        return { source: opened };
      }
      const loaded = load ? load(path) : { problem: 'there are no files here' };
      const source = 'source' in loaded ? (open.get(loaded.source.path)?.source ?? loaded.source) : undefined;
      read.set(path, source);
      return source ? { source } : loaded;
    };
  };

  const isCurrent = ({ analysis, read }: Known, source: Source): boolean =>
    analysis.source === source &&
    [...read].every(([path, was]) => {
      const opened = open.get(was?.path ?? path)?.source;
      return opened ? opened === was : was === undefined || open.get(path) === undefined;
    });

  const analysisOf = (uri: string): Analysis | undefined => {
    const path = pathOf(uri);
    const source = open.get(path)?.source ?? fromDisk(path);
    if (!source) return undefined;
    const before = known.get(path);
    if (before && isCurrent(before, source)) return before.analysis;
    const read = new Map<string, Source | undefined>();
    const memory = memories.get(path) ?? (new Map() as Memory);
    memories.set(path, memory);
    const checked = check(source, { load: loader(source, read), memory });
    const isLibrary = host.library?.(`std/${path.split('/').at(-1) ?? ''}`) === path;
    const analysis: Analysis = { uri: open.get(path)?.uri ?? uri, source, checked, isLibrary };
    known.set(path, { analysis, read });
    return analysis;
  };

  const uriOfPath = (path: string): string => open.get(path)?.uri ?? uriOf(path);

  return {
    host,
    put: (uri, text) => {
      const path = pathOf(uri);
      const before = open.get(path);
      if (before?.source.text !== text) open.set(path, { uri, source: { path, text } });
      disk.delete(path);
    },
    close: (uri) => {
      const path = pathOf(uri);
      open.delete(path);
      known.delete(path);
      memories.delete(path);
    },
    refresh: () => {
      disk.clear();
      known.clear();
    },
    addFolder: (uri) => folders.add(pathOf(uri)),
    removeFolder: (uri) => folders.delete(pathOf(uri)),
    opened: () => [...open.values()].map(({ uri }) => uri),
    analysis: analysisOf,
    all: () => {
      const paths = new Set(open.keys());
      for (const folder of folders) for (const path of host.specs?.(folder) ?? []) if (paths.size < mostFiles) paths.add(path);
      return [...paths].map((path) => analysisOf(uriOfPath(path))).filter((analysis) => analysis !== undefined);
    },
    uriOf: uriOfPath,
  };
}
