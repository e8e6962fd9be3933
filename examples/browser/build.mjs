import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { compile } from 'vega-lite';
import { serveFolder } from './serve.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..', '..');

/** @type {import('esbuild').Plugin} */
const vegaLite = {
  name: 'vega-lite',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.vl\.json$/ }, ({ path: file }) => ({
      loader: 'json',
      contents: JSON.stringify(compile(JSON.parse(readFileSync(file, 'utf8'))).spec),
    })),
};

const ownFolder = path.join(root, 'build', 'browser');

/**
 * Writes the page: static files that any web server may serve.
 * @param {string} [folder] without it build/browser, which is emptied first
 * @throws where another folder has files
 */
export async function buildPage(folder = ownFolder) {
  if (path.resolve(folder) === ownFolder) rmSync(folder, { recursive: true, force: true });
  else if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty: remove what is in it, or name another folder`);
  mkdirSync(folder, { recursive: true });
  // A worker of the classic kind: the wasm backend's threads need importScripts.
  await build({
    absWorkingDir: here,
    entryPoints: ['page.ts', 'worker.ts'],
    outdir: folder,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
    legalComments: 'linked',
    plugins: [vegaLite],
  });
  for (const file of ['index.html', 'style.css']) cpSync(path.join(here, file), path.join(folder, file));
  const wasm = path.join(root, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist');
  for (const file of readdirSync(wasm)) if (file.endsWith('.wasm')) cpSync(path.join(wasm, file), path.join(folder, file));
  return folder;
}

/** @throws an Error whose message is for the user */
async function main() {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8100' }, out: { type: 'string' } } });
  const port = /^\d+$/.test(values.port) ? Number(values.port) : NaN;
  if (!(port < 65_536)) throw new Error(`--port is a number below 65536, not ${values.port}`);
  const folder = await buildPage(values.out === undefined ? undefined : path.resolve(values.out));
  console.log(`wrote ${path.relative(process.cwd(), folder)}`);
  if (values.out !== undefined) return;
  const { url } = await serveFolder(folder, port);
  console.log(`open ${url}  (Ctrl-C ends it)`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main().catch((error) => {
    console.error(`error: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
  });
