import { parse, type Parsed } from '../language/parser.js';
import type { SyntaxProblem } from '../language/problems.js';
import type { Scan } from '../language/scanner.js';
import type { Source } from '../language/source.js';
import type { File, Import } from '../language/syntax.js';
import type { DiagnosticDetails, Report } from './diagnostics.js';
import { reportProblems } from './syntax-report.js';

/**
 * Reads the file of a path with `/`, which starts from where the path of the first spec does, or says why it cannot. The path of the
 * source is the file's own: the same for all paths that lead to it.
 */
export type Load = (path: string) => { readonly source: Source } | { readonly problem: string; readonly help?: string };

/** A file, parsed once, with those that it imports from; the ones that could not be read are left out. */
export interface SpecFile {
  readonly source: Source;
  readonly file: File;
  readonly problems: readonly SyntaxProblem[];
  /** Its tokens and comments. */
  readonly scanned: Scan;
  readonly imports: ReadonlyMap<Import, SpecFile>;
}

/** No person's spec imports more, and the trees of more text have no room in memory. */
const mostFiles = 256;
const mostCharacters = 10_000_000;

interface Reading {
  readonly load: Load | undefined;
  /** What was read before, by path. */
  readonly texts: Map<string, Parsed>;
  readonly report: Report;
  /** With a `/` at its end, or empty. */
  readonly folder: string;
  /** By their paths below the folder of the first spec; undefined while a file is read, and where it cannot be. */
  readonly read: Map<string, SpecFile | undefined>;
  /** That may still be imported. */
  characters: number;
}

/**
 * A spec, and all files that it reaches. What is wrong with them is reported.
 * @param texts what was read of the same paths before; what is read now is put into it
 */
export function readFiles(
  source: Source,
  report: Report,
  load?: Load,
  texts = new Map<string, Parsed>(),
): { readonly spec: SpecFile; readonly imported: readonly SpecFile[] } {
  const slash = source.path.lastIndexOf('/') + 1;
  const reading: Reading = {
    load,
    texts,
    report,
    folder: source.path.slice(0, slash),
    read: new Map(),
    characters: mostCharacters,
  };
  const spec = readFile(reading, source, [source.path.slice(slash)]);
  const all = new Set(reading.read.values());
  return { spec, imported: [...all].filter((file) => file !== undefined).filter((file) => file !== spec) };
}

/** @param chain the files being read, each imported by the one before */
function readFile(reading: Reading, source: Source, chain: readonly string[]): SpecFile {
  const { read, texts, report } = reading;
  const place = chain.at(-1) ?? '';
  read.set(place, undefined);
  const parsed = parse(source, texts.get(source.path));
  texts.set(source.path, parsed);
  const { file, problems, scanned } = parsed;
  reportProblems(file, problems, report);
  const imports = new Map<Import, SpecFile>();
  for (const item of file.items) {
    const imported = item.kind === 'import' ? follow(reading, item, chain) : undefined;
    if (item.kind === 'import' && imported) imports.set(item, imported);
  }
  const done = { source, file, problems, scanned, imports };
  read.set(place, done);
  return done;
}

function follow(reading: Reading, { from }: Import, chain: readonly string[]): SpecFile | undefined {
  const { read, report, load } = reading;
  const refuse = (why: string, details: DiagnosticDetails = {}): undefined => {
    report('cannot-import', from.span, { path: from.value, why }, details);
  };
  const target = targetOf(from.value, chain.at(-1) ?? '');
  if ('why' in target) {
    const { why, help, fix } = target;
    return refuse(why, { help, fix: fix === undefined ? undefined : { span: from.span, text: JSON.stringify(fix) } });
  }
  const { place } = target;
  const known = (at: string): { readonly file: SpecFile | undefined } | undefined => {
    if (chain.includes(at)) {
      report('import-cycle', from.span, { files: [...chain.slice(chain.indexOf(at)), at] });
      return { file: undefined };
    }
    return read.has(at) ? { file: read.get(at) ?? refuse('it could not be read') } : undefined;
  };
  const tooLarge = (what: string, limit: number): undefined => {
    read.set(place, undefined);
    report('too-large', from.span, { what, limit: limit.toLocaleString('en-US') });
  };
  const before = known(place);
  if (before) return before.file;
  if (read.size >= mostFiles) return tooLarge('the number of files that are imported', mostFiles);
  if (!load) return refuse('this text is checked alone, without the files around it');
  const loaded = load(reading.folder + place);
  if ('problem' in loaded) {
    read.set(place, undefined);
    return refuse(loaded.problem, { help: loaded.help });
  }
  const { source } = loaded;
  const real = source.path.slice(reading.folder.length);
  const linked = real === place ? undefined : known(real);
  if (!linked) {
    reading.characters -= source.text.length;
    if (reading.characters < 0) return tooLarge('the number of characters in files that are imported', mostCharacters);
  }
  const file = linked ? linked.file : readFile(reading, source, [...chain, real]);
  if (!chain.includes(real)) read.set(place, file);
  return file;
}

interface Refused {
  readonly why: string;
  readonly help?: string;
  /** The path that is meant. */
  readonly fix?: string;
}

/** The path below the folder of the first spec that an import in the file at `base` means. */
function targetOf(path: string, base: string): { readonly place: string } | Refused {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return { why: 'it is remote', help: 'fetch it first, and name the local file' };
  if (path.includes('\\')) {
    const fix = path.replaceAll('\\', '/');
    return { why: 'paths are written with `/` on every system', help: `write "${fix}"`, fix };
  }
  if (/^(?:\/|[a-z]:)/i.test(path)) {
    return { why: 'it is absolute', help: 'name it from the folder of this file: "./blocks.rec"' };
  }
  if (!path.endsWith('.rec') || path.includes('\0') || /(?:^|\/)\.rec$/.test(path)) {
    const fix = /^[\w./ -]*\w$/.test(path) && !/\.\w+$/.test(path) ? `${path}.rec` : undefined;
    return {
      why: 'only specs can be imported, and their names end in `.rec`',
      ...(fix !== undefined && { fix, help: `did you mean "${fix}"?` }),
    };
  }
  const parts = base.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..' && parts.length === 0) {
      return { why: 'it lies outside of the folder of the spec', help: 'a spec imports files beside it, or in folders below' };
    }
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return { place: parts.join('/') };
}
