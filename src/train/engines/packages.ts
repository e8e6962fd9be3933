import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { engineError } from './errors.js';

/**
 * Packages that an engine needs, looked for when it is asked for, and the versions, major and minor, that it is tested with. Others have
 * other kernels: weights would differ from those of the documents and of a run that is gone on with.
 */
export const packageVersions = {
  'onnxruntime-node': '1.30',
  '@tensorflow/tfjs': '4.22',
  '@tensorflow/tfjs-node': '4.22',
  '@tensorflow/tfjs-backend-wasm': '4.22',
  '@tensorflow/tfjs-backend-webgpu': '4.22',
  webgpu: '0.6',
} as const;

export type PackageName = keyof typeof packageVersions;

export const optionalPackages = Object.keys(packageVersions) as readonly PackageName[];

export interface FoundPackage {
  readonly name: PackageName;
  /** What importing it loads. */
  readonly file: string;
  readonly version: string;
}

/** Files whose `node_modules`, and those of the folders above, are looked into. */
export type PackagePlaces = readonly string[];

/**
 * Reccompile's own, the user's project, and the folder that RECCOMPILE_PACKAGES names. Its own come first: what lies in the folder of
 * some run must not become the program by which that run predicts.
 */
export const packagePlaces = (
  folder = process.cwd(),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PackagePlaces => [
  import.meta.url,
  path.join(folder, 'package.json'),
  ...(environment.RECCOMPILE_PACKAGES ? [path.resolve(environment.RECCOMPILE_PACKAGES, 'package.json')] : []),
];

const hasVersion = ({ name, version }: FoundPackage): boolean => version.startsWith(`${packageVersions[name]}.`);

const findIn = (place: string, name: PackageName): FoundPackage | undefined => {
  try {
    const file = createRequire(place).resolve(name);
    return { name, file, version: versionOf(file, name) };
  } catch {
    return undefined;
  }
};

/** The manifest above a package's file: not every package lets itself be asked for it. */
const versionOf = (file: string, name: PackageName): string => {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = manifestIn(folder);
    if (manifest?.name === name) return manifest.version ?? 'of no version';
    if (folder === path.dirname(folder)) return 'of unknown version';
  }
};

const manifestIn = (folder: string): { readonly name?: string; readonly version?: string } | undefined => {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { readonly name?: string };
  } catch {
    return undefined;
  }
};

const findAll = (name: PackageName, places: PackagePlaces): readonly FoundPackage[] =>
  places.flatMap((place) => findIn(place, name) ?? []);

/** A package where its version is found first. */
export const findPackage = (name: PackageName, places = packagePlaces()): FoundPackage | undefined =>
  findAll(name, places).find(hasVersion);

/** @throws EngineError `engine-missing` with the line that installs those that are nowhere, or in other versions */
export const requirePackages = (engine: string, names: readonly PackageName[], places = packagePlaces()): void => {
  const lacking = names.filter((name) => findPackage(name, places) === undefined);
  if (lacking.length === 0) return;
  const what = lacking.length === 1 ? 'the package' : 'the packages';
  const others = lacking.flatMap((name) => findAll(name, places).slice(0, 1));
  const instead = others.map(
    ({ name, version, file }) => `; ${name} ${packageVersions[name]} is wanted, not ${version} (${file})`,
  );
  throw engineError(
    'engine-missing',
    `the engine ${engine} needs ${what} ${lacking.join(' and ')}${instead.join('')}`,
    installLine(lacking),
  );
};

/**
 * Packages that must be of one installation, so that they share what they depend on: from the first place that has all of them.
 * @throws EngineError `engine-missing` with the line that installs them
 */
export const findTogether = (
  engine: string,
  names: readonly PackageName[],
  places = packagePlaces(),
): readonly FoundPackage[] => {
  for (const place of places) {
    const found = names.flatMap((name) => findIn(place, name) ?? []).filter(hasVersion);
    if (found.length === names.length) return found;
  }
  requirePackages(engine, names, places);
  throw engineError('engine-missing', `the engine ${engine} needs ${names.join(' and ')} in one place`, installLine(names));
};

/** Names the versions, as `npm install` takes them. */
export const installLine = (names: readonly PackageName[]): string =>
  `npm install ${names.map((name) => `${name}@${packageVersions[name]}`).join(' ')}`;

/**
 * Loads a package that was found.
 * @throws EngineError `engine-missing` with what the package says, if it does not start
 */
export const loadPackage = (engine: string, { name, file }: FoundPackage): unknown => {
  try {
    return createRequire(file)(file) as unknown;
  } catch (cause) {
    throw doesNotStart(engine, name, cause);
  }
};

/** Nothing of a package that is not there; of one that does not start, what it says. */
const whyNot = (name: PackageName, cause: unknown): string => {
  const why = cause instanceof Error ? cause.message : String(cause);
  const isMissing = cause instanceof Error && 'code' in cause && String(cause.code).endsWith('MODULE_NOT_FOUND');
  return isMissing && why.includes(`'${name}'`) ? '' : `, which does not start: ${why.split('\n', 1)[0] ?? ''}`;
};

export const doesNotStart = (engine: string, name: PackageName, cause: unknown): Error =>
  engineError(
    'engine-missing',
    `the engine ${engine} needs the package ${name}${whyNot(name, cause)}`,
    installLine([name]),
    cause,
  );
