import { access, constants, realpath, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { distance } from 'fastest-levenshtein';
import type { DataSection, FileSource, Join } from '../model/model.js';
import { dataError, type DataError } from './errors.js';
import { expandGlob, hasWildcard } from './glob.js';
import { isBelow } from './paths.js';

/** Where the user says that files are, instead of where the spec does. */
export interface DataPaths {
  /** Folder that relative paths start from, the specs' own too; without it the current folder. */
  readonly base?: string;
  /** Folder that the paths of a spec start from, instead of the spec's own. */
  readonly folder?: string;
  /** Path of a single file: of the source by the name `source`, of a join by its own. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface ResolvedSource {
  /** `source`, or the join's name. */
  readonly name: string;
  readonly source: FileSource;
  readonly join?: Join;
  /** Absolute, in the order they are read. */
  readonly files: readonly string[];
  /** Where packed files will lie unpacked; undefined of one that does not. */
  readonly unpacked?: ReadonlyMap<string, Promise<string | undefined>>;
}

const formats: readonly (readonly [RegExp, Pick<FileSource, 'format' | 'separator'>])[] = [
  [/\.csv(\.gz)?$/i, { format: 'csv', separator: ',' }],
  [/\.tsv(\.gz)?$/i, { format: 'csv', separator: '\t' }],
  [/\.(jsonl|ndjson)(\.gz)?$/i, { format: 'jsonl' }],
  [/\.parquet$/i, { format: 'parquet' }],
];

/** How a file is read by its ending; undefined of an ending that says nothing. */
export const formatOf = (path: string): Pick<FileSource, 'format' | 'separator'> | undefined =>
  formats.find(([ending]) => ending.test(path))?.[1];

/** Reads what `--data` says: a folder, a file (the source), or `name=path`, each any number of times; `base` as in `DataPaths`. */
export async function dataPathsOf(values: readonly string[], base: string): Promise<DataPaths> {
  const files: [string, string][] = [];
  let folder: string | undefined;
  for (const value of values) {
    const named = /^([A-Za-z_]\w*)=(.+)$/s.exec(value);
    if (named?.[1] !== undefined && named[2] !== undefined) files.push([named[1], named[2]]);
    else if (await isFolder(resolve(base, value))) folder = value;
    else files.push(['source', value]);
  }
  return { base, ...(folder !== undefined && { folder }), ...(files.length > 0 && { files: Object.fromEntries(files) }) };
}

/** The files of a data section, the source first; each exists and may be read. */
export async function resolveSources(
  data: Pick<DataSection, 'source' | 'joins'>,
  paths: DataPaths = {},
): Promise<readonly ResolvedSource[]> {
  const named = Object.keys(paths.files ?? {}).find(
    (name) => name !== 'source' && !data.joins.some((join) => join.name === name),
  );
  if (named !== undefined) {
    throw dataError('missing-file', `--data names ${named}, but the spec has no such file`, {
      help: `its files are ${['source', ...data.joins.map(({ name }) => name)].join(', ')}`,
    });
  }
  const all = [
    { name: 'source', source: data.source },
    ...data.joins.map((join) => ({ name: join.name, source: join.source, join })),
  ];
  return Promise.all(all.map(async (one) => ({ ...one, ...(await resolveSource(one.name, one.source, paths)) })));
}

async function resolveSource(
  name: string,
  source: FileSource,
  paths: DataPaths,
): Promise<Pick<ResolvedSource, 'source' | 'files'>> {
  const given = paths.files && Object.hasOwn(paths.files, name) ? paths.files[name] : undefined;
  const path = given ?? source.path;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw dataError('remote-source', `${what(name)} is ${path}, which is not a file on this machine`, {
      help: 'fetch it first, then name the local file',
    });
  }
  const base = paths.base ?? process.cwd();
  if (given !== undefined) return { source: likeFile(source, given), files: await filesOf(name, source, base, given) };
  const folder = resolve(base, paths.folder ?? dirname(source.saidIn));
  if (!isBelow(folder, resolve(folder, path))) throw outside(name, source, folder);
  const files = await filesOf(name, source, folder, path);
  if (paths.folder === undefined) {
    const real = await realpath(folder);
    for (const file of files) {
      const target = await realpath(file);
      if (!isBelow(real, target)) throw outside(name, source, folder, target);
    }
  }
  return { source, files };
}

/** A file that the user names instead is read by its own ending, if that says something else. */
function likeFile(source: FileSource, path: string): FileSource {
  const format = formatOf(path);
  if (!format || format.format === source.format) return source;
  const { separator: _separator, columns: _columns, ...rest } = source;
  return { ...rest, ...format };
}

async function filesOf(name: string, source: FileSource, folder: string, path: string): Promise<readonly string[]> {
  const literal = resolve(folder, path);
  const files =
    !hasWildcard(path) || (await exists(literal)) ? [literal] : await expandGlob(globRoot(folder, path), globRest(path));
  if (files.length === 0)
    throw dataError('missing-file', `no file matches ${path}${whose(name, source)}`, {
      help: `looked in ${folder}`,
    });
  for (const file of files) {
    if (!(await exists(file))) throw await missing(name, source, path, file);
    if (await isFolder(file)) {
      throw dataError('not-readable', `${file}${whose(name, source, ',')} is a folder`, {
        help: `name its files: "${path.replace(/\/$/, '')}/*.csv"`,
      });
    }
    if (!(await stat(file)).isFile()) {
      throw dataError('not-readable', `${file}${whose(name, source, ',')} is a pipe or a device`, {
        help: 'data are read more than once: save them as a file first',
      });
    }
    await access(file, constants.R_OK).catch(() => {
      throw dataError('not-readable', `may not read ${file}${whose(name, source)}: permission denied`);
    });
  }
  return files;
}

const what = (name: string): string => (name === 'source' ? 'the source' : `the file of join ${name}`);
/** Empty of a file that no spec names. */
const whose = (name: string, { saidIn }: FileSource, after = ''): string =>
  saidIn === '' ? '' : `, ${what(name)} of ${saidIn}${after}`;
const globRoot = (folder: string, path: string): string => (isAbsolute(path) ? resolve('/') : folder);
const globRest = (path: string): string => (isAbsolute(path) ? relative(resolve('/'), path) : path);

/** @param target where a link of the folder leads */
function outside(name: string, source: FileSource, folder: string, target?: string): DataError {
  const where = target === undefined ? `lies outside ${folder}` : `is a link to ${target}, which lies outside ${folder}`;
  return dataError('outside-folder', `${what(name)}, ${source.path}, ${where}: a spec may read files below its own folder only`, {
    help: `if you trust it, name the file yourself: --data ${name}=PATH`,
  });
}

async function missing(name: string, source: FileSource, path: string, file: string): Promise<DataError> {
  const near = await nearestFile(file);
  return dataError('missing-file', `there is no file ${path}${whose(name, source)}: tried ${file}`, {
    help: near === undefined ? `say where it is: --data FOLDER, or --data ${name}=PATH` : `did you mean ${near}?`,
  });
}

async function nearestFile(file: string): Promise<string | undefined> {
  const wanted = basename(file);
  const names = await readdir(dirname(file)).catch(() => []);
  const close = names
    .map((candidate) => ({ candidate, far: candidate.startsWith(`${wanted}.`) ? 0 : distance(candidate, wanted) }))
    .filter(({ far }) => far <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.far - b.far);
  return close[0]?.candidate;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
