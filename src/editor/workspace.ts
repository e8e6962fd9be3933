import type { Parsed } from '../language/parser.js';
import type { Source } from '../language/source.js';
import { check, type Checked } from '../model/check.js';
import { createMemory, type Memory } from '../model/memory.js';
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

/** A text as an import found it: an open one, or the version of a file. */
type Version = Source | string | undefined;

interface Known {
  readonly analysis: Analysis;
  /** What was imported, by path. */
  readonly read: ReadonlyMap<string, Version>;
}

/** The open texts of an editor, over the files around them. */
export interface Workspace {
  readonly host: Host;
  /** Opens a text, or says what it is now. */
  readonly put: (uri: string, text: string) => void;
  readonly close: (uri: string) => void;
  /** Looks at the disk anew from now on, and not only once a second. */
  readonly refresh: () => void;
  readonly addFolder: (uri: string) => void;
  readonly removeFolder: (uri: string) => void;
  readonly opened: () => readonly string[];
  /** That of an open text, or of a file on the disk. */
  readonly analysis: (uri: string) => Analysis | undefined;
  /** Of every open text, and of every spec in the folders of the workspace. */
  readonly all: () => readonly Analysis[];
  readonly uriOf: (path: string) => string;
  /** What checks would find if some texts, by path, were others; nothing is remembered of it. Those of texts that have none of them are left out. */
  readonly supposing: (texts: ReadonlyMap<string, string>) => readonly Supposed[];
}

export interface Supposed {
  readonly now: Analysis;
  readonly then: Checked;
}

/** More specs than this are no one's workspace. */
const mostFiles = 2000;
/** Milliseconds for which a file is taken to be as it was. */
const fresh = 1000;

/** @param log is told, once, where the folders have more specs than are looked at */
export function createWorkspace(host: Host, log: (message: string) => void = () => undefined): Workspace {
  const open = new Map<string, { readonly uri: string; readonly source: Source }>();
  const known = new Map<string, Known>();
  const memories = new Map<string, Memory>();
  const texts = new Map<string, Parsed>();
  const folders = new Set<string>();
  const disk = new Map<string, { readonly version: string | undefined; readonly source: Source | undefined }>();
  const versions = new Map<string, { readonly version: string | undefined; readonly at: number }>();

  const versionOf = (path: string): string | undefined => {
    const before = versions.get(path);
    if (before && Date.now() - before.at < fresh) return before.version;
    const version = host.version?.(path);
    versions.set(path, { version, at: Date.now() });
    return version;
  };

  /** The version comes before the text: a file that changes between them is read once more, not once less. */
  const fromDisk = (path: string): Source | undefined => {
    const version = versionOf(path);
    const before = disk.get(path);
    if (before && before.version === version) return before.source;
    const read = host.read?.(path);
    const source = read && shared(read);
    disk.set(path, { version, source });
    return source;
  };

  /** The source that a text which was read before has, so that all who import it have one tree of it. */
  const shared = (source: Source): Source => {
    const before = texts.get(source.path)?.source;
    return before?.text === source.text ? before : source;
  };

  const nowAt = (path: string): Version => open.get(path)?.source ?? versionOf(path);

  /** An open text stands for its file. */
  const loader = (spec: Source, read: Map<string, Version>): Load => {
    const load = host.load?.(spec);
    return (path) => {
      const now = nowAt(path);
      read.set(path, now);
      if (typeof now === 'object') return { source: now };
      const loaded = load ? load(path) : { problem: 'there are no files here' };
      if (!('source' in loaded)) return loaded;
      const real = loaded.source.path;
      const opened = open.get(real)?.source;
      if (real !== path) read.set(real, opened ?? versionOf(real));
      return { source: opened ?? shared(loaded.source) };
    };
  };

  const isCurrent = ({ analysis, read }: Known, source: Source): boolean =>
    analysis.source === source && [...read].every(([path, was]) => nowAt(path) === was);

  const analysisOf = (uri: string): Analysis | undefined => {
    const path = pathOf(uri);
    const source = open.get(path)?.source ?? fromDisk(path);
    if (!source) return undefined;
    const before = known.get(path);
    if (before && isCurrent(before, source)) return before.analysis;
    const read = new Map<string, Version>();
    const memory = memories.get(path) ?? createMemory(texts);
    memories.set(path, memory);
    const checked = check(source, { load: loader(source, read), memory });
    const isLibrary = host.library?.(`std/${path.split('/').at(-1) ?? ''}`) === path;
    const analysis: Analysis = { uri: open.get(path)?.uri ?? uri, source, checked, isLibrary };
    known.set(path, { analysis, read });
    return analysis;
  };

  /** Of the open texts and of the specs in the folders. */
  const ownPaths = (): { readonly paths: ReadonlySet<string>; readonly isCut: boolean } => {
    const paths = new Set(open.keys());
    let isCut = false;
    for (const folder of folders) {
      const found = host.specs?.(folder, mostFiles);
      for (const path of found?.paths ?? []) if (paths.size < mostFiles) paths.add(path);
      isCut ||= found?.isCut ?? false;
    }
    return { paths, isCut: isCut || paths.size === mostFiles };
  };

  /** Forgets what none of these reaches. */
  const forgetBut = (paths: ReadonlySet<string>): void => {
    const reached = new Set(paths);
    for (const [path, { analysis, read }] of known) {
      if (!paths.has(path)) continue;
      for (const imported of read.keys()) reached.add(imported);
      for (const { span } of analysis.checked.files) reached.add(span.source.path);
    }
    for (const all of [known, memories]) for (const path of all.keys()) if (!paths.has(path)) all.delete(path);
    for (const all of [texts, disk, versions]) for (const path of all.keys()) if (!reached.has(path)) all.delete(path);
  };

  let wasCut = false;
  const all = (): readonly Analysis[] => {
    const { paths, isCut } = ownPaths();
    if (isCut && !wasCut)
      log(`only ${String(paths.size)} specs of this workspace are looked at; open a smaller folder to find and rename in all`);
    wasCut = isCut;
    forgetBut(paths);
    return [...paths].map((path) => analysisOf(uriOfPath(path))).filter((analysis) => analysis !== undefined);
  };

  const uriOfPath = (path: string): string => open.get(path)?.uri ?? uriOf(path);

  return {
    host,
    put: (uri, text) => {
      const path = pathOf(uri);
      const before = open.get(path);
      if (before?.source.text !== text) open.set(path, { uri, source: { path, text } });
    },
    close: (uri) => {
      const path = pathOf(uri);
      open.delete(path);
      versions.delete(path);
      forgetBut(ownPaths().paths);
    },
    refresh: () => {
      versions.clear();
    },
    addFolder: (uri) => folders.add(pathOf(uri)),
    removeFolder: (uri) => {
      folders.delete(pathOf(uri));
      forgetBut(ownPaths().paths);
    },
    opened: () => [...open.values()].map(({ uri }) => uri),
    analysis: analysisOf,
    all,
    uriOf: uriOfPath,
    supposing: (texts) => {
      const sources = new Map([...texts].map(([path, text]) => [path, { path, text }]));
      return all().flatMap((now) => {
        const { source, checked } = now;
        if (!checked.files.some(({ span }) => texts.has(span.source.path))) return [];
        const load = loader(source, new Map());
        const supposed: Load = (path) => {
          const loaded = load(path);
          const other = 'source' in loaded ? sources.get(loaded.source.path) : undefined;
          return other ? { source: other } : loaded;
        };
        return [{ now, then: check(sources.get(source.path) ?? source, { load: supposed }) }];
      });
    },
  };
}
