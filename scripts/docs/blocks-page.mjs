import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');
const page = path.join(root, 'docs/blocks.md');

/** Writes docs/blocks.md; with `check` it writes nothing, and returns whether the file is up to date. */
export async function writeBlocksPage({ check }) {
  const bundled = path.join(root, 'build/docs/blocks-page.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['scripts/docs/blocks-page.ts'],
    outfile: bundled,
    bundle: true,
    format: 'esm',
    platform: 'node',
    loader: { '.rec': 'text' },
    logLevel: 'error',
  });
  const { blocksPage } = await import(pathToFileURL(bundled).href);
  const folder = path.join(root, 'specs');
  const specs = readdirSync(folder)
    .filter((file) => file.endsWith('.rec'))
    .sort()
    .map((file) => ({ path: file, text: readFileSync(path.join(folder, file), 'utf8') }));
  const text = await format(blocksPage(specs), { ...(await resolveConfig(page)), filepath: page });
  if (check) return text === readFileSync(page, { encoding: 'utf8', flag: 'a+' });
  writeFileSync(page, text);
  return true;
}
