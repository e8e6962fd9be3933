import { copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';
import { licencesOf } from './licences.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const extension = path.join(root, 'editors/vscode');

const bundled = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.9',
  loader: { '.rec': 'text' },
  alias: { chevrotain: path.join(root, 'node_modules/chevrotain/lib/chevrotain.min.mjs') },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** The client, in CommonJS as editors load it, and a server without the native packages: columns of data need an installed one. */
const bundle = async (staged) => {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const results = await Promise.all([
    build({
      ...bundled,
      entryPoints: ['editors/vscode/src/extension.ts'],
      outfile: path.join(staged, 'dist/extension.cjs'),
      format: 'cjs',
      external: ['vscode'],
    }),
    build({
      ...bundled,
      entryPoints: ['editors/vscode/src/bundled-server.ts'],
      outdir: path.join(staged, 'dist'),
      entryNames: 'server',
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunks/[name]-[hash]',
      splitting: true,
      format: 'esm',
      external: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
      banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
    }),
  ]);
  const licences = await Promise.all(results.map(({ metafile }) => licencesOf(metafile, root)));
  await writeFile(path.join(staged, 'dist/LICENSES.txt'), licences.join('\n'));
};

/**
 * Makes the .vsix.
 * @param {string} file where to
 * @param {string} staged folder for the extension as it is installed, which an editor can be started with
 */
export async function packageExtension(file, staged = path.join(root, 'build/vscode')) {
  await rm(staged, { recursive: true, force: true });
  await mkdir(path.join(staged, 'syntaxes'), { recursive: true });
  for (const name of ['package.json', 'README.md', 'icons', 'snippets'])
    await cp(path.join(extension, name), path.join(staged, name), { recursive: true });
  await copyFile(path.join(root, 'LICENSE'), path.join(staged, 'LICENSE'));
  await copyFile(path.join(root, 'grammar/rec.tmLanguage.json'), path.join(staged, 'syntaxes/rec.tmLanguage.json'));
  await copyFile(path.join(root, 'grammar/language-configuration.json'), path.join(staged, 'language-configuration.json'));
  // What a definition in the library leads to.
  for (const file of await readdir(path.join(root, 'src/std')))
    if (file.endsWith('.rec')) await cp(path.join(root, 'src/std', file), path.join(staged, 'dist/std', file));
  await bundle(staged);
  await mkdir(path.dirname(file), { recursive: true });
  await createVSIX({ cwd: staged, packagePath: file, dependencies: false, allowMissingRepository: true, skipLicense: false });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(await readFile(path.join(extension, 'package.json'), 'utf8'));
  await packageExtension(path.join(root, `build/rec-${version}.vsix`));
}
