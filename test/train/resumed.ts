import type { CheckpointContents } from '../../src/run/checkpoints.js';
import { openRun } from '../../src/run/read.js';
import { createRun } from '../../src/run/write.js';
import { positionOf } from '../../src/train/position.js';
import { viewsOf } from '../../src/train/state.js';
import { checkpointOf, exactTensorsOf } from '../../src/train/tensors.js';
import type { TrainOptions, TrainResult } from '../../src/train/train.js';
import { train } from '../../src/train/train.js';
import { memoryFiles, type MemoryFiles } from '../run/memory-files.js';
import { contents } from '../run/samples.js';
import { allValues } from './toy.js';

/** All that a run says and has learned, to the last bit. */
export const bitsOf = (result: TrainResult) => ({
  step: result.step,
  status: result.status,
  bestEpoch: result.bestEpoch,
  values: allValues(result),
  slots: [...result.state.denseSlots, ...result.state.tableSlots].flatMap(({ read, shape }) => [...read(0, shape[0] ?? 1)]),
  history: result.history.map(({ epoch, step, loss, validation, isBest, learningRateFactor }) => ({
    ...{ epoch, step, loss, validation, isBest, learningRateFactor },
  })),
});

/** A checkpoint of where a run has ended. */
export const endOf = ({ state, position, kept }: TrainResult): CheckpointContents => ({
  ...checkpointOf({ state, position }),
  ...(position.best && { best: exactTensorsOf(kept.kind === 'copy' ? viewsOf(kept.weights) : state) }),
});

/** A run folder in memory with one checkpoint. */
export const written = async (checkpoint: CheckpointContents): Promise<MemoryFiles> => {
  const files = memoryFiles();
  await (await createRun(files, 'run', contents)).checkpoints.write(checkpoint);
  return files;
};

/** Goes on from the checkpoint of a folder. */
export const goOn = async (files: MemoryFiles, options: TrainOptions): Promise<TrainResult> => {
  const stored = (await (await openRun(files, 'run')).checkpoint('all'))!;
  const position = positionOf(stored.progress!);
  return train({ ...options, resume: { position, state: stored, ...(stored.best && { best: stored.best }) } });
};
