import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** What a TypeScript module of this folder exports. */
export async function load(/** @type {string} */ module) {
  const bundled = path.join(root, `build/docs/${module}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`scripts/docs/${module}.ts`],
    outfile: bundled,
    bundle: true,
    format: 'esm',
    platform: 'node',
    loader: { '.rec': 'text' },
    logLevel: 'error',
  });
  return import(pathToFileURL(bundled).href);
}

/** The specs of `specs/` by their names in that folder. */
export function specs() {
  const folder = path.join(root, 'specs');
  const names = readdirSync(folder).filter((file) => file.endsWith('.rec'));
  return names.sort().map((file) => ({ path: file, text: readFileSync(path.join(folder, file), 'utf8') }));
}

/** Writes a page of `docs/`; with `check` it writes nothing, and returns whether the file is up to date. */
export async function writePage(/** @type {string} */ name, /** @type {string} */ text, /** @type {boolean} */ check) {
  const file = path.join(root, 'docs', name);
  const formatted = await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (check) return existsSync(file) && formatted === readFileSync(file, 'utf8');
  writeFileSync(file, formatted);
  return true;
}
