import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { engineError } from './errors.js';

/** Packages that an engine needs and that reccompile does not bring: each is looked for when it is asked for. */
export const optionalPackages = [
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  'webgpu',
] as const;

export type PackageName = (typeof optionalPackages)[number];

export interface FoundPackage {
  readonly name: PackageName;
  /** What importing it loads. */
  readonly file: string;
  readonly version: string;
}

/** Files whose `node_modules`, and those of the folders above, are looked into. */
export type PackagePlaces = readonly string[];

/** The user's project, reccompile's own, and the folder that RECCOMPILE_PACKAGES names. */
export const packagePlaces = (
  folder = process.cwd(),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PackagePlaces => [
  path.join(folder, 'package.json'),
  import.meta.url,
  ...(environment.RECCOMPILE_PACKAGES ? [path.resolve(environment.RECCOMPILE_PACKAGES, 'package.json')] : []),
];

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

/** A package where it is found first. */
export const findPackage = (name: PackageName, places = packagePlaces()): FoundPackage | undefined => {
  for (const place of places) {
    const found = findIn(place, name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** @throws EngineError `engine-missing` with the line that installs those that are nowhere */
export const requirePackages = (engine: string, names: readonly PackageName[], places = packagePlaces()): void => {
  const lacking = names.filter((name) => findPackage(name, places) === undefined);
  if (lacking.length === 0) return;
  const what = lacking.length === 1 ? 'the package' : 'the packages';
  throw engineError('engine-missing', `the engine ${engine} needs ${what} ${lacking.join(' and ')}`, installLine(lacking));
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
    const found = names.flatMap((name) => findIn(place, name) ?? []);
    if (found.length === names.length) return found;
  }
  requirePackages(engine, names, places);
  throw engineError('engine-missing', `the engine ${engine} needs ${names.join(' and ')} in one place`, installLine(names));
};

export const installLine = (names: readonly string[]): string => `npm install ${names.join(' ')}`;

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
