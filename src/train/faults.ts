import type { TableDevice } from './engine.js';
import { trainError } from './errors.js';
import { pause } from './pause.js';

type Fault = TableDevice['fault'];

/** Before anything is used that was read from a device: it means nothing once the device has failed. */
export function throwFault(fault: Fault): void {
  const found = fault?.();
  if (found === undefined) return;
  throw trainError(
    'device-failed',
    `the GPU has failed: ${found}; if its memory is full, make train.batch or the tables smaller, or choose another engine`,
  );
}

/** Work on a device. Where that has failed, what libraries throw says little of why. */
export async function orFault<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    throwFault(fault);
    return result;
  } catch (error) {
    // The device tells in a later turn.
    await pause();
    throwFault(fault);
    throw error;
  }
}
