import type { Session } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { refuseOverflow } from './layout.js';
import { plainMemory } from './plain-kernels.js';
import { largestMemory, wasmBytes, wasmMemory } from './wasm-kernels.js';

/**
 * Memory for a layout, all zero: float64 and plain loops for an engine that computes in float64, else float32 in WebAssembly.
 * @throws TrainError `out-of-memory`
 */
export const reserve = (layout: Layout, session: Session): Memory => {
  if (!Object.values(session.outputs).some((output) => output instanceof Float64Array)) {
    refuseOverflow(layout, wasmBytes(layout.floats, layout.ints), largestMemory);
    return wasmMemory(layout.floats, layout.ints);
  }
  try {
    return plainMemory(new Float64Array(layout.floats), new Int32Array(layout.ints));
  } catch {
    throw trainError('out-of-memory', `there is no room for ${layout.floats} float64 numbers`);
  }
};
