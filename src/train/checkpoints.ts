import type { Position } from './position.js';
import { copiedBytes, createStateCopy, stateBytes } from './state.js';
import type { StateView, Weights } from './weights.js';

/** What training goes on from. */
export interface Checkpoint {
  readonly position: Position;
  readonly state: StateView;
  /** The weights of the best epoch, if they are held in memory. */
  readonly best?: Weights;
}

export interface CheckpointOptions {
  /** Whoever writes checkpoints. What it is given is valid until its promise resolves. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void | Promise<void>;
  /** At least so long after the one before. */
  readonly checkpointSeconds?: number;
  /** State up to so many bytes is copied, and written while training goes on; for more of it training waits. */
  readonly largestCopy?: number;
}

export interface Checkpoints {
  /** Whether it is time for one; never while one is being written. */
  readonly due: () => boolean;
  /** Between two steps. Small state is copied, and written while training goes on. */
  readonly cut: (checkpoint: Checkpoint) => Promise<void>;
  /** Writes one of a run that has failed, unless that fails too. */
  readonly rescue: (checkpoint: Checkpoint) => Promise<void>;
  /** Waits for the one that is being written. @throws what whoever writes it has thrown */
  readonly last: () => Promise<void>;
  /** The same, without an error. */
  readonly settle: () => Promise<void>;
}

const usualCheckpointSeconds = 300;
/** Training waits for checkpoints one part in so many of its time. */
const checkpointShare = 50;

export const createCheckpoints = ({
  onCheckpoint,
  checkpointSeconds = usualCheckpointSeconds,
  largestCopy = copiedBytes,
}: CheckpointOptions): Checkpoints => {
  const copy = createStateCopy();
  let since = performance.now();
  let cost = 0;
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const write = async (checkpoint: Checkpoint): Promise<void> => {
    await onCheckpoint?.(checkpoint);
  };
  const last = async (): Promise<void> => {
    await writing;
    if (failure !== undefined) throw failure.error;
  };
  return {
    last,
    settle: async () => writing,
    rescue: async (checkpoint) => {
      await last()
        .then(() => write(checkpoint))
        .catch(() => undefined);
    },
    due: () =>
      onCheckpoint !== undefined &&
      (failure !== undefined ||
        (writing === undefined && performance.now() - since >= Math.max(1000 * checkpointSeconds, checkpointShare * cost))),
    cut: async (checkpoint) => {
      await last();
      const begin = performance.now();
      if (stateBytes(checkpoint.state) > largestCopy) await write(checkpoint);
      else
        writing = write({ ...checkpoint, state: copy(checkpoint.state) }).then(
          () => (writing = undefined),
          (error: unknown) => {
            failure = { error };
          },
        );
      since = performance.now();
      cost = since - begin;
    },
  };
};
