import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { writeBlocksPage } from './blocks-page.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** Pages that a module of this folder makes: `docs/<name>.md` of `<name>-page.ts`, which exports `page`. */
const made = ['diagnostics', 'keys', 'mistakes'];

async function writePage(/** @type {string} */ name, /** @type {boolean} */ check) {
  const file = path.join(root, 'docs', `${name}.md`);
  const bundled = path.join(root, `build/docs/${name}-page.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`scripts/docs/${name}-page.ts`],
    outfile: bundled,
    bundle: true,
    format: 'esm',
    platform: 'node',
    loader: { '.rec': 'text' },
    logLevel: 'error',
  });
  const { page } = await import(pathToFileURL(bundled).href);
  const text = await format(page(), { ...(await resolveConfig(file)), filepath: file });
  if (check) return text === readFileSync(file, { encoding: 'utf8', flag: 'a+' });
  writeFileSync(file, text);
  return true;
}

/** Writes the pages of `docs/` that are made of tables of the compiler; with `check` it writes nothing, and returns those that are stale. */
export async function writePages({ check }) {
  const stale = (await writeBlocksPage({ check })) ? [] : ['docs/blocks.md'];
  for (const name of made) if (!(await writePage(name, check))) stale.push(`docs/${name}.md`);
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  for (const file of await writePages({ check })) {
    console.error(`${file} is stale: run \`npm run generated\``);
    process.exitCode = 1;
  }
}
