import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBlocksPage } from './docs/blocks-page.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const check = process.argv.includes('--check');

/**
 * Builds one spec into `generated/`, or says what of it is stale.
 * @param {string} spec
 * @returns {Promise<boolean>} whether all is well
 */
const built = (spec) =>
  new Promise((resolve) => {
    const given = ['dist/reccompile.js', 'build', `specs/${spec}`, ...process.argv.slice(2)];
    spawn(process.execPath, given, { cwd: root, stdio: 'inherit' }).on('close', (status) => resolve(status === 0));
  });

/** A file of models that others only extend has nothing to build. */
const isBase = (/** @type {string} */ spec) =>
  !/^\s*(network|cross|deep)\b/m.test(readFileSync(path.join(root, 'specs', spec), 'utf8'));

/** Writes docs/blocks.md, and builds every spec of `specs/` into `generated/`; with `--check` it only says what is stale. */
const specs = readdirSync(path.join(root, 'specs')).filter((file) => file.endsWith('.rec') && !isBase(file));
let stale = 0;
if (!(await writeBlocksPage({ check }))) {
  console.error('docs/blocks.md is stale: run `npm run generated`');
  stale += 1;
}
const builder = async () => {
  for (let spec = specs.pop(); spec !== undefined; spec = specs.pop()) if (!(await built(spec))) stale += 1;
};
await Promise.all(Array.from({ length: availableParallelism() }, builder));
if (stale > 0) process.exitCode = 1;
else if (check) console.log('generated/ and docs/blocks.md are up to date');
