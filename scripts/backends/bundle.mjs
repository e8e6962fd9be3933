import path from 'node:path';
import { build } from 'esbuild';
import { buildKernels } from '../build-kernels.mjs';
import { nodeProgram } from '../build-worker.mjs';
import { root } from './places.mjs';

const bundles = path.join(root, 'build/agreement');

/** Bundles what runs models on backends, the program and the page, from the sources as they are. */
export async function bundleBackends() {
  await buildKernels();
  await build({ ...nodeProgram, entryPoints: ['test/backends/kit/program.ts'], outfile: path.join(bundles, 'program.mjs') });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/backends/kit/page.ts'],
    outfile: path.join(bundles, 'page.js'),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    loader: { '.rec': 'text' },
    logLevel: 'error',
  });
}
