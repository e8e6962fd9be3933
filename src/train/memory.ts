import { freemem, totalmem } from 'node:os';
import type { Session } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { refuseOverflow } from './layout.js';
import { plainMemory } from './plain-kernels.js';
import { largestMemory, wasmBytes, wasmMemory } from './wasm-kernels.js';

/**
 * Memory for a layout, all zero: float64 and plain loops for an engine that computes in float64, else float32 in WebAssembly.
 * @throws TrainError `out-of-memory`, with the sum: a system that has no more would rather kill the process
 */
export const reserve = (layout: Layout, isFloat64: boolean, machine = freeBytes()): Memory => {
  const { floats, ints, doubles } = layout;
  const room = Math.max(0, machine - (isFloat64 ? 2 : 1) * copiedBytes(layout));
  if (!isFloat64) {
    const bytes = wasmBytes(floats, ints, doubles);
    refuseOverflow(layout, bytes, largestMemory);
    refuseOverflow(layout, bytes, room);
    return wasmMemory(floats, ints, doubles);
  }
  refuseOverflow(layout, 8 * (floats + doubles) + 4 * ints, room);
  try {
    return plainMemory(new Float64Array(floats), new Int32Array(ints), new Float64Array(doubles));
  } catch {
    throw trainError('out-of-memory', `there is no room for ${floats} float64 numbers`);
  }
};

/** Whether an engine computes in float64. */
export const isFloat64 = ({ outputs }: Session): boolean =>
  Object.values(outputs).some((output) => output instanceof Float64Array);

/** Training keeps a copy of the best weights. */
const copiedBytes = ({ parts, training }: Layout): number =>
  training === undefined
    ? 0
    : parts.reduce((sum, { part, bytes }) => sum + (part === 'tables' || part === 'dense weights' ? bytes : 0), 0);

/** What programs may still take. Only Linux counts the memory of its file cache as free, so that elsewhere all of it is. */
const freeBytes = (): number =>
  Math.min(process.platform === 'linux' ? freemem() : totalmem(), process.constrainedMemory() || Infinity);
