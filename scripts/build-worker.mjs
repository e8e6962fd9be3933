import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * How esbuild bundles a program of ours for Node.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const nodeProgram = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['onnxruntime-node'],
  loader: { '.rec': 'text' },
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  logLevel: 'error',
};

/** The program of a training worker, for sources that run without a build: build/train-worker.mjs. */
export const buildWorker = () =>
  build({
    ...nodeProgram,
    entryPoints: ['src/train/worker.ts'],
    outfile: 'build/train-worker.mjs',
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWorker();
