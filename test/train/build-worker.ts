import { buildKernels } from '../../scripts/build-kernels.mjs';
import { buildWorker } from '../../scripts/build-worker.mjs';

/** Threads load no TypeScript, and no engine AssemblyScript: what tests start of these is built before. */
export const setup = async (): Promise<void> => {
  await buildKernels();
  await buildWorker();
};
