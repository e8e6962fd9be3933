import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

/** Writes `grammar/`: the language as data for other programs; with `--check` it only says what is stale. */
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'grammar');
const check = process.argv.includes('--check');

const bundled = path.join(root, 'build/grammar/files.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['scripts/grammar/files.ts'],
  outfile: bundled,
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.rec': 'text' },
  alias: { chevrotain: path.join(root, 'node_modules/chevrotain/lib/chevrotain.min.mjs') },
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  logLevel: 'error',
});
// Chevrotain carries it as a script, and calls all its files modules.
const railroad = {};
runInNewContext(readFileSync(path.join(root, 'node_modules/chevrotain/diagrams/vendor/railroad-diagrams.js'), 'utf8'), {
  exports: railroad,
});
const { grammarFiles } = await import(pathToFileURL(bundled).href);

const wanted = new Map();
for (const [name, text] of grammarFiles(railroad)) {
  const file = path.join(folder, name);
  const formatted = name.endsWith('.json') ? await format(text, { ...(await resolveConfig(file)), filepath: file }) : text;
  wanted.set(name, formatted);
}

mkdirSync(folder, { recursive: true });
const there = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
const stale = [...wanted.keys()].filter(
  (name) => !there.includes(name) || readFileSync(path.join(folder, name), 'utf8') !== wanted.get(name),
);
const superfluous = there.filter((name) => !wanted.has(name));
if (check) {
  for (const name of [...stale, ...superfluous]) console.error(`grammar/${name} is stale`);
  if (stale.length + superfluous.length > 0) {
    console.error('run `npm run grammar`');
    process.exitCode = 1;
  } else console.log('grammar/ is up to date');
} else {
  for (const name of stale) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), wanted.get(name));
  }
  for (const name of superfluous) rmSync(path.join(folder, name));
  console.log(`${stale.length} files of grammar/ written, ${superfluous.length} removed`);
}
