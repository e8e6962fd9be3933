import { chmod, copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { buildKernels } from './build-kernels.mjs';
import { licencesOf } from './licences.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const dist = path.join(root, 'dist');
const fresh = path.join(root, `build/dist.${process.pid}`);

/** What programs import: this file has all of its types. */
const library = 'src/serve/index.ts';

/** What prettier loads as a plugin. */
const prettier = 'src/prettier/index.ts';

/** Programs in `dist/` and the file that each starts with. */
const entryPoints = { reccompile: 'src/cli/main.ts', 'train-worker': 'src/train/worker.ts', index: library, prettier };

/** What pages import as well: one file without Node's modules, and its types, which name those of TensorFlow.js. */
const page = 'src/live/index.ts';

const bundlePage = () =>
  build({
    absWorkingDir: root,
    entryPoints: { tfjs: page },
    outdir: fresh,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.rec': 'text' },
    alias: { chevrotain: path.join(root, 'node_modules/chevrotain/lib/chevrotain.min.mjs') },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });

/** Bundles the programs, each command in a chunk of its own. */
const bundle = async () => {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: 'chunks/[name]-[hash]',
    external: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
    loader: { '.rec': 'text' },
    // Chevrotain's own bundle starts a third faster than its modules.
    alias: { chevrotain: path.join(root, 'node_modules/chevrotain/lib/chevrotain.min.mjs') },
    // Identifiers stay as they are: a bug report carries their names.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    sourcemap: process.argv.includes('--sourcemap') && 'linked',
    // Packages in CommonJS call `require` for Node's own modules, which ES modules lack.
    banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
    metafile: true,
    logLevel: 'warning',
  });
  // Beside the bundle, for an editor to open where a block is declared.
  await mkdir(path.join(fresh, 'std'), { recursive: true });
  for (const file of await readdir(path.join(root, 'src/std')))
    if (file.endsWith('.rec')) await copyFile(path.join(root, 'src/std', file), path.join(fresh, 'std', file));
  await writeFile(path.join(fresh, 'LICENSES.txt'), await licencesOf(metafile, root));
  await chmod(path.join(fresh, 'reccompile.js'), 0o755);
};

/** Writes the declarations of a file that has all of its types but those of packages. */
const declare = async (file, name) => {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    isolatedDeclarations: true,
  };
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(await readFile(path.join(root, file), 'utf8'), {
    compilerOptions,
    fileName: file,
    reportDiagnostics: true,
  });
  for (const { messageText } of diagnostics) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  if (/^(?:import|export \*) [^;]*'\./m.test(outputText))
    throw new Error(`${file} has types of other files, which its declarations would lack`);
  await writeFile(path.join(fresh, name), outputText);
};

const filesBelow = async (folder) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
};

/** Puts the new files in place, programs after the chunks that they import, then removes the chunks of former builds. */
const publish = async () => {
  const files = await filesBelow(fresh);
  for (const file of files.toSorted((a, b) => b.split(path.sep).length - a.split(path.sep).length)) {
    await mkdir(path.dirname(path.join(dist, file)), { recursive: true });
    await rename(path.join(fresh, file), path.join(dist, file));
  }
  const former = (await filesBelow(dist)).filter((file) => path.dirname(file) === 'chunks' && !files.includes(file));
  for (const file of former) await rm(path.join(dist, file), { force: true });
};

try {
  await Promise.all([bundle(), bundlePage(), buildKernels()]);
  await declare(library, 'index.d.ts');
  await declare(page, 'tfjs.d.ts');
  await declare(prettier, 'prettier.d.ts');
  await copyFile(path.join(root, 'build/kernels.wasm'), path.join(fresh, 'kernels.wasm'));
  await publish();
} catch (error) {
  // esbuild has printed its own errors.
  if (!('errors' in error)) throw error;
  process.exitCode = 1;
} finally {
  await rm(fresh, { recursive: true, force: true });
}
