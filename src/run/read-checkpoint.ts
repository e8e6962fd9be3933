import { bestFolder } from './checkpoints.js';
import { damaged, isRunError } from './errors.js';
import type { RunError } from './errors.js';
import { join, readJson, readText } from './files.js';
import type { Files } from './files.js';
import { places } from './record.js';
import type { CheckpointProgress } from './record.js';
import { storedWeights } from './stored-weights.js';
import type { StoredWeights } from './stored-weights.js';
import { openTensors } from './safetensors.js';
import type { StoredTensor } from './safetensors.js';
import { parseProgress } from './schemas.js';
import { readManifest, verify } from './seals.js';

export interface StoredCheckpoint extends StoredWeights {
  /** Of its folder. */
  readonly name: string;
  readonly step: number;
  /** Undefined of a checkpoint that an earlier version wrote: training cannot go on from it. */
  readonly progress?: CheckpointProgress;
  readonly optimizer: () => Promise<ReadonlyMap<string, StoredTensor>>;
  /** Of the best epoch, if there was one. */
  readonly best?: StoredWeights;
  /** What is wrong with later checkpoints, which were passed over. */
  readonly passedOver: readonly string[];
}

/** What a reader needs to be whole: `all` is what training goes on from. */
export type CheckpointParts = 'weights' | 'all';

/**
 * The last checkpoint that is as it was written; undefined if there is none at all.
 * @throws RunError `run-damaged` if there are some, and each is damaged
 */
export async function readCheckpoint(
  files: Files,
  folder: string,
  parts: CheckpointParts,
): Promise<StoredCheckpoint | undefined> {
  const passedOver: string[] = [];
  let first: RunError | undefined;
  for (const name of await candidates(files, folder)) {
    try {
      return { ...(await open(files, folder, name, parts)), passedOver };
    } catch (error) {
      if (!isRunError(error) || error.code !== 'run-damaged') throw error;
      first ??= error;
      passedOver.push(error.message);
    }
  }
  if (first !== undefined) throw first;
  return undefined;
}

/** Names of checkpoints, that which `latest` names before the others, and those from the last on. */
async function candidates(files: Files, folder: string): Promise<readonly string[]> {
  const isName = (name: string): boolean => /^\d{1,15}(-\d{1,3})?$/.test(name);
  const all = (await files.list(folder)).filter(isName).sort((a, b) => stepOf(b) - stepOf(a));
  const latest = await readText(files, join(folder, places.latest)).catch((error: unknown) => {
    if (isRunError(error)) return undefined;
    throw error;
  });
  const named = latest?.trim();
  return named !== undefined && isName(named) ? [named, ...all.filter((name) => name !== named)] : all;
}

const stepOf = (name: string): number => Number.parseInt(name, 10);

async function open(
  files: Files,
  folder: string,
  name: string,
  parts: CheckpointParts,
): Promise<Omit<StoredCheckpoint, 'passedOver'>> {
  const here = join(folder, name);
  const missing = (file: string): RunError => damaged(here, `it has no ${file}`);
  const manifest = await readManifest(files, here);
  const value = await readJson(files, join(here, places.progress));
  if (value === undefined) throw missing(places.progress);
  const checkpoint = {
    name,
    step: stepOf(name),
    ...storedWeights(files, here, missing),
    optimizer: async () => {
      const found = await openTensors(files, join(here, places.optimizer));
      if (!found) throw missing(places.optimizer);
      return found;
    },
  };
  if (manifest === undefined) return checkpoint;
  await verify(files, here, manifest, (path) => parts === 'all' || path !== places.optimizer);
  const progress = parseProgress(join(here, places.progress), value);
  if (progress.best === undefined || parts === 'weights') return { ...checkpoint, progress };
  return { ...checkpoint, progress, best: await openBest(files, join(folder, bestFolder(progress.best.epoch))) };
}

async function openBest(files: Files, folder: string): Promise<StoredWeights> {
  const manifest = await readManifest(files, folder);
  if (manifest === undefined) throw damaged(folder, `it has no ${places.manifest}`);
  await verify(files, folder, manifest, () => true);
  return storedWeights(files, folder, (file) => damaged(folder, `it has no ${file}`));
}
