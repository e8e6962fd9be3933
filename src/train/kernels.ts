import type { UpdateName } from '../graph/update/rules.js';
import type { FloatBuffer } from './engine.js';

/**
 * What a training step does outside the engine. Places and strides are positions in `Memory.floats` or `Memory.ints`;
 * a table's rows, the dense weights and all gradients but the engine's own begin at multiples of 4 and are padded with zeros to one.
 * `slotOf`, `touched` and `merged` are explained at `mergeRows`.
 */
export interface Kernels {
  /** out[r] = table[ids[r]]: rows of `width`, one after the other; up to 3 floats behind them are overwritten. */
  readonly gather: (table: number, rowStride: number, width: number, ids: number, count: number, out: number) => void;
  /** out[r] = sum or mean of the rows of bag offsets[r] ≤ b < offsets[r + 1]; zeros for an empty one. */
  readonly gatherBags: (
    table: number,
    rowStride: number,
    width: number,
    ids: number,
    offsets: number,
    count: number,
    mean: boolean,
    out: number,
  ) => void;
  /**
   * Sums the gradients of equal rows: `merged` has the sum of each distinct row, in order of first use; `touched` its row number;
   * `slotOf[row]` is 1 + its place, 0 for all other rows. `count` is how many a former call for the same table found; returns how many there are now.
   */
  readonly mergeRows: (
    ids: number,
    rows: number,
    gradient: number,
    width: number,
    mergedStride: number,
    slotOf: number,
    touched: number,
    merged: number,
    count: number,
  ) => number;
  /** The same for bags: every id of a bag gets its row's gradient, divided by the bag's size if `mean`. */
  readonly mergeBags: (
    ids: number,
    offsets: number,
    rows: number,
    gradient: number,
    width: number,
    mean: boolean,
    mergedStride: number,
    slotOf: number,
    touched: number,
    merged: number,
    count: number,
  ) => number;
  /** The same for sequences of `places` ids a row, of which each row has the first `lengths[r]`: every id has a gradient of its own. */
  readonly mergeSequences: (
    ids: number,
    lengths: number,
    rows: number,
    places: number,
    gradient: number,
    width: number,
    mergedStride: number,
    slotOf: number,
    touched: number,
    merged: number,
    count: number,
  ) => number;
  /** merged[p] += factor · table[touched[p]] */
  readonly addRows: (
    merged: number,
    mergedStride: number,
    touched: number,
    count: number,
    table: number,
    rowStride: number,
    factor: number,
  ) => void;
  /** Makes `slotOf` all zeros again. */
  readonly forgetRows: (slotOf: number, touched: number, count: number) => void;

  /** Σ x², in float64. */
  readonly squaredNorm: (x: number, size: number) => number;
  /** x ← factor · x */
  readonly scale: (x: number, size: number, factor: number) => void;
  /** y ← y + factor · x */
  readonly addScaled: (y: number, x: number, size: number, factor: number) => void;
  /** The first of `count` regions becomes the sum of all, added in their order. */
  readonly sumRegions: (first: number, stride: number, count: number, size: number) => void;

  readonly updates: Readonly<Record<UpdateName, UpdateKernels>>;
}

/** One update rule in three forms. Slot s of a weight lies (s + 1)·slotStride behind it; `scalars` are those of the step. */
export interface UpdateKernels {
  readonly dense: (weight: number, slotStride: number, gradient: number, size: number, scalars: number) => void;
  /** The rows that `touched` lists. */
  readonly rows: (
    table: number,
    rowStride: number,
    slotStride: number,
    touched: number,
    count: number,
    merged: number,
    scalars: number,
  ) => void;
  /** All rows from ≤ r < to: the gradient of an untouched one is zero. */
  readonly sweep: (
    table: number,
    rowStride: number,
    slotStride: number,
    slotOf: number,
    from: number,
    to: number,
    merged: number,
    scalars: number,
  ) => void;
}

/** Everything that a step reads and writes, and the code that does it. */
export interface Memory {
  readonly floats: FloatBuffer;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  readonly kernels: Kernels;
  /** What another thread needs to have the same memory. */
  readonly shared?: SharedMemory;
}

/** A WebAssembly memory and the sizes of its parts, in numbers. */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly floats: number;
  readonly ints: number;
  readonly doubles: number;
}
