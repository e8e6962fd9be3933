import { shuffle } from '../graph/random.js';

/** The orders in which epochs visit the rows: that of the epoch at hand, and the next one's in the making. */
export interface Orders {
  /** None if the rows keep their order. */
  readonly buffers: readonly Int32Array[];
  /** Which buffer has an epoch's order; it is made now unless it was made ahead. */
  readonly take: (epoch: number) => number;
  /** Makes the order of the epoch after the one that was taken last, if there is a buffer free for it. */
  readonly makeNext: () => void;
}

/** @param count of buffers; workers need two, and that they are shared */
export const createOrders = (seed: number, rows: number, count: number, shared: boolean): Orders => {
  const buffers = Array.from(
    { length: count },
    () => new Int32Array(shared ? new SharedArrayBuffer(4 * rows) : new ArrayBuffer(4 * rows)),
  );
  const epochs = new Array<number | undefined>(count);
  let taken = 0;
  const make = (epoch: number): number => {
    const b = epoch % count;
    const buffer = buffers[b];
    if (buffer !== undefined && epochs[b] !== epoch) shuffle(seed, epoch, buffer);
    epochs[b] = epoch;
    return b;
  };
  return {
    buffers,
    take: (epoch) => {
      taken = epoch;
      return count === 0 ? 0 : make(epoch);
    },
    makeNext: () => {
      if (count > 1) make(taken + 1);
    },
  };
};
