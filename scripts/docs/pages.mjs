import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, root, specs, writePage } from './making.mjs';

/** Pages that a module of this folder makes: `docs/<name>.md` of `<name>-page.ts`, which exports `page`. */
const made = ['diagnostics', 'keys', 'mistakes'];

/** Every page that is made of tables of the compiler, by its name in `docs/`, before it is formatted. */
async function texts() {
  const [{ blocksPage }, { architecturePages }] = [await load('blocks-page'), await load('architecture-pages')];
  const pages = [['blocks.md', blocksPage(specs())]];
  for (const name of made) pages.push([`${name}.md`, (await load(`${name}-page`)).page()]);
  const library = readFileSync(path.join(root, 'docs/library.md'), 'utf8');
  for (const [name, text] of architecturePages(specs(), library)) pages.push([`architectures/${name}.md`, text]);
  return pages;
}

/** Writes the pages of `docs/` that are made of tables of the compiler; with `check` it writes nothing, and returns those that are stale. */
export async function writePages({ check }) {
  mkdirSync(path.join(root, 'docs/architectures'), { recursive: true });
  const stale = [];
  for (const [name, text] of await texts()) if (!(await writePage(name, text, check))) stale.push(`docs/${name}`);
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  for (const file of await writePages({ check })) {
    console.error(`${file} is stale: run \`npm run generated\``);
    process.exitCode = 1;
  }
}
