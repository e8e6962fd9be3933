import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writePages } from './docs/pages.mjs';
import { goldenFolder, goldenSpecs } from './golden-specs.mjs';

/**
 * Writes the pages of docs/ that are made of the compiler's tables, and what `build` writes for the golden specs into `generated/`; with `--check` it only says what is stale.
 * Of files that are the same in all projects `generated/` has those of the first; the manifests have the digests of all. The texts of the
 * other targets (`*.txt`) are written and held by `npx vitest run test/target/golden -u`.
 */
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
const golden = path.join(root, 'generated');
const built = path.join(root, 'build/generated');
const first = 'movielens-100k/Cross';
const everywhereTheSame = ['backend.ts', 'checkpoint.ts', 'files.ts', 'rows.ts', 'tsconfig.json'];

/** Paths of the files below a folder, with `/`. */
const filesBelow = (/** @type {string} */ folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));

const isGolden = (/** @type {string} */ file) =>
  path.basename(file) !== 'package-lock.json' &&
  (path.dirname(file) === first || !everywhereTheSame.includes(path.basename(file)));

const textOf = (/** @type {string} */ folder, /** @type {string} */ file) => readFileSync(path.join(folder, file), 'utf8');

mkdirSync(golden, { recursive: true });
rmSync(built, { recursive: true, force: true });
const waiting = [...goldenSpecs];
const run = promisify(execFile);
const builder = async () => {
  for (let spec = waiting.shift(); spec !== undefined; spec = waiting.shift())
    await run(process.execPath, ['dist/reccompile.js', 'build', spec, '--out', path.join(built, goldenFolder(spec))], {
      cwd: root,
    });
};
await Promise.all(Array.from({ length: availableParallelism() }, builder));

const wanted = filesBelow(built).filter(isGolden);
const there = filesBelow(golden).filter((file) => !file.endsWith('.txt'));
const stale = wanted.filter((file) => !there.includes(file) || textOf(built, file) !== textOf(golden, file));
const superfluous = there.filter((file) => !wanted.includes(file));
const stalePages = await writePages({ check });
if (check) {
  for (const file of [...stale, ...superfluous].slice(0, 20)) console.error(`generated/${file} is stale`);
  for (const page of stalePages) console.error(`${page} is stale`);
  if (stale.length + superfluous.length + stalePages.length > 0) {
    console.error('run `npm run generated`');
    process.exitCode = 1;
  } else console.log('generated/ and docs/ are up to date');
} else {
  for (const file of stale) {
    mkdirSync(path.dirname(path.join(golden, file)), { recursive: true });
    writeFileSync(path.join(golden, file), textOf(built, file));
  }
  for (const file of superfluous) rmSync(path.join(golden, file));
  console.log(`${stale.length} files of generated/ written, ${superfluous.length} removed`);
}
