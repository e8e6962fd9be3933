import { buildWorker } from '../../scripts/build-worker.mjs';

/** Threads load no TypeScript: workers that tests start have a program of their own. */
export const setup = async (): Promise<void> => {
  await buildWorker();
};
