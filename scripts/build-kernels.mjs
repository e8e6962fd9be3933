import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

const compilerVersion = createRequire(import.meta.url)('assemblyscript/package.json').version;

const isThere = (/** @type {string} */ file) =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * Prints the update kernels from their rules and compiles all kernels to one file, build/kernels.wasm; what was compiled of the same sources
 * before is kept.
 */
export const buildKernels = async () => {
  await mkdir(`${root}build/kernels`, { recursive: true });
  const printer = `${root}build/kernels/printer.mjs`;
  await build({
    entryPoints: [`${root}src/graph/update/assemblyscript.ts`],
    outfile: printer,
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  });
  const { printKernels } = await import(/* @vite-ignore */ `${pathToFileURL(printer).href}?${Date.now()}`);
  await writeFile(`${root}build/kernels/update.ts`, printKernels());
  const sources = ['kernels/average.ts', 'kernels/gather.ts', 'kernels/merge.ts', 'kernels/vector.ts', 'build/kernels/update.ts'];
  const unfinished = `${root}build/kernels/${process.pid}.wasm`;
  const options = '-O3 --enable simd,threads,bulk-memory --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536';
  // The sources import power.ts.
  const texts = await Promise.all([...sources, 'kernels/power.ts'].map((file) => readFile(`${root}${file}`, 'utf8')));
  const digest = createHash('sha256')
    .update(JSON.stringify([compilerVersion, options, sources, texts]))
    .digest('hex');
  const former = await readFile(`${root}build/kernels.digest`, 'utf8').catch(() => '');
  if (former === digest && (await isThere(`${root}build/kernels.wasm`))) return;
  await promisify(execFile)(
    process.execPath,
    [
      `${root}node_modules/assemblyscript/bin/asc.js`,
      ...sources,
      '-o',
      unfinished,
      ...options.split(' '),
      '--runtime',
      'stub',
      '--noAssert',
    ],
    { cwd: root },
  );
  await rename(unfinished, `${root}build/kernels.wasm`);
  await writeFile(`${root}build/kernels.digest`, digest);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
