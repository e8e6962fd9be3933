import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBlocksPage } from './docs/blocks-page.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const check = process.argv.includes('--check');

/** Writes docs/blocks.md, and builds every spec of `specs/` into `generated/`; with `--check` it only says what is stale. */
let stale = 0;
if (!(await writeBlocksPage({ check }))) {
  console.error('docs/blocks.md is stale: run `npm run generated`');
  stale += 1;
}
for (const spec of readdirSync(path.join(root, 'specs')).filter((file) => file.endsWith('.rec'))) {
  const given = ['build', `specs/${spec}`, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, ['dist/reccompile.js', ...given], { cwd: root, stdio: 'inherit' });
  if (status !== 0) stale += 1;
}
if (stale > 0) process.exitCode = 1;
else if (check) console.log('generated/ and docs/blocks.md are up to date');
