import { execFile } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Prints the update kernels from their rules and compiles all kernels to one file, build/kernels.wasm. */
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
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
