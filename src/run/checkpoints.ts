import { join, writeJson, writeText } from './files.js';
import type { Files } from './files.js';
import { fileName } from './names.js';
import { storedWeights } from './stored-weights.js';
import type { StoredWeights } from './stored-weights.js';
import type { StoredCheckpoint } from './read-checkpoint.js';
import { damaged } from './errors.js';
import { places } from './record.js';
import type { CheckpointProgress } from './record.js';
import { writeTensors } from './safetensors.js';
import type { TensorToWrite } from './safetensors.js';
import { sealing } from './seals.js';

/** What a trained model knows. */
export interface ModelTensors {
  /** Dense weights and running statistics, by their paths. */
  readonly weights: readonly TensorToWrite[];
  readonly tables: readonly TensorToWrite[];
}

export interface CheckpointContents extends ModelTensors {
  /** Slots of the optimizers, of weights and tables. */
  readonly optimizer: readonly TensorToWrite[];
  readonly progress: CheckpointProgress;
  /** Of the best epoch, unless `best` has written them. */
  readonly best?: ModelTensors;
}

/** Each of its folders appears whole, under its name, or not at all. */
export interface CheckpointWriter {
  /** Writes `checkpoints/<step>`, points `latest` to it, then removes all but this one and the one before. */
  readonly write: (contents: CheckpointContents) => Promise<void>;
  /** Writes the weights of the best epoch so far, where memory has no room for a copy. */
  readonly best: (epoch: number, tensors: ModelTensors) => Promise<void>;
  /** The weights of an epoch that `best` has written. */
  readonly bestOf: (epoch: number) => StoredWeights;
  /** When the run has come to its end. */
  readonly removeAll: () => Promise<void>;
}

export const bestFolder = (epoch: number): string => `best-${String(epoch)}`;

interface Kept {
  readonly name: string;
  readonly best?: number | undefined;
}

/** A second checkpoint of a step does not take the place of the first: for a moment there would be none. */
function freeName(step: number, kept: readonly Kept[]): string {
  const isTaken = (name: string): boolean => kept.some((one) => one.name === name);
  let name = String(step);
  for (let n = 2; isTaken(name); n++) name = `${String(step)}-${String(n)}`;
  return name;
}

/** @param from the checkpoint that training goes on from: the others are removed */
export function checkpointWriter(files: Files, folder: string, from?: StoredCheckpoint): CheckpointWriter {
  let kept: readonly Kept[] = from === undefined ? [] : [{ name: from.name, best: from.progress?.best?.epoch }];
  let best = kept[0]?.best;
  let swept = from === undefined;

  const sweep = async (): Promise<void> => {
    const needed = new Set([
      places.latest,
      ...kept.flatMap((one) => [one.name, ...(one.best === undefined ? [] : [bestFolder(one.best)])]),
      ...(best === undefined ? [] : [bestFolder(best)]),
    ]);
    for (const name of await files.list(folder)) if (!needed.has(name)) await files.remove(join(folder, name));
    swept = true;
  };
  const writeFolder = async (name: string, write: (files: Files, folder: string) => Promise<void>): Promise<void> => {
    if (!swept) await sweep();
    const partial = join(folder, `${name}.partial`);
    await files.remove(partial);
    try {
      await files.makeFolder(partial);
      const sealed = sealing(files, partial);
      await write(sealed.files, partial);
      await sealed.seal();
      // What a killed process left; nothing points to it.
      await files.remove(join(folder, name));
      await files.rename(partial, join(folder, name));
    } catch (error) {
      await files.remove(partial).catch(() => undefined);
      throw error;
    }
  };
  const writeBest = async (epoch: number, tensors: ModelTensors): Promise<void> => {
    await writeFolder(bestFolder(epoch), (to, partial) => writeModel(to, partial, tensors));
    best = epoch;
  };

  return {
    write: async (contents) => {
      const { progress } = contents;
      const name = freeName(progress.step, kept);
      if (contents.best && progress.best && progress.best.epoch !== best) await writeBest(progress.best.epoch, contents.best);
      await writeFolder(name, async (to, partial) => {
        await writeModel(to, partial, contents);
        await writeTensors(to, join(partial, places.optimizer), contents.optimizer);
        await writeJson(to, join(partial, places.progress), progress);
      });
      await writeText(files, join(folder, places.latest), `${name}\n`);
      kept = [{ name, best: progress.best?.epoch }, ...kept].slice(0, 2);
      await sweep();
    },
    best: async (epoch, tensors) => {
      await writeBest(epoch, tensors);
      await sweep();
    },
    bestOf: (epoch) => {
      const here = join(folder, bestFolder(epoch));
      return storedWeights(files, here, (file) => damaged(here, `it has no ${file}`));
    },
    removeAll: () => files.remove(folder),
  };
}

export async function writeModel(files: Files, folder: string, { weights, tables }: ModelTensors): Promise<void> {
  await writeTensors(files, join(folder, places.weights), weights);
  await files.makeFolder(join(folder, places.tables));
  for (const table of tables)
    await writeTensors(files, join(folder, places.tables, `${fileName(table.name)}.safetensors`), [table]);
}
