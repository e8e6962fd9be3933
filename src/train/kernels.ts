import type { UpdateName } from '../graph/update/rules.js';
import type { FloatBuffer } from './engine.js';

/**
 * What a training step does outside the engine. Places and strides are positions in `Memory.floats` or `Memory.ints`;
 * a table's rows, the dense weights and all gradients but the engine's own begin at multiples of 4 and are padded with zeros to one.
 * `touched` and `merged` are the distinct rows of a batch and their gradients, place by place.
 */
export interface Kernels {
  /** out[r] = table[ids[r]]: rows of `width`, `outStride` apart; up to 3 floats behind each are overwritten. */
  readonly gather: (
    table: number,
    rowStride: number,
    width: number,
    ids: number,
    count: number,
    out: number,
    outStride: number,
  ) => void;
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
    outStride: number,
  ) => void;
  /**
   * Gives every distinct one of `count` ids a place, in order of first use, `found` of them having one already: `touched` has the row of
   * each, `places` the place of each id. `slots` are 2^bits zeros before the first call for a table. Returns how many have a place now.
   */
  readonly indexRows: (
    ids: number,
    count: number,
    places: number,
    slots: number,
    bits: number,
    touched: number,
    found: number,
  ) => number;
  /** The same for sequences of `steps` ids a row, of which each row has the first `lengths[r]`. */
  readonly indexSequences: (
    ids: number,
    lengths: number,
    rows: number,
    steps: number,
    places: number,
    slots: number,
    bits: number,
    touched: number,
    found: number,
  ) => number;
  /**
   * Sums the gradients of equal rows, `gradientStride` apart, by place, of those places that are `piece` modulo `pieces`, a power of two. Places from `known` on
   * are met for the first time; returns what `known` is for the next call.
   */
  readonly mergeRows: (
    places: number,
    rows: number,
    gradient: number,
    gradientStride: number,
    width: number,
    mergedStride: number,
    merged: number,
    pieces: number,
    piece: number,
    known: number,
  ) => number;
  /** The same for bags: every id of a bag gets its row's gradient, divided by the bag's size if `mean`. */
  readonly mergeBags: (
    places: number,
    offsets: number,
    rows: number,
    gradient: number,
    gradientStride: number,
    width: number,
    mean: boolean,
    mergedStride: number,
    merged: number,
    pieces: number,
    piece: number,
    known: number,
  ) => number;
  /** The same for sequences: every id has a gradient of its own. */
  readonly mergeSequences: (
    places: number,
    lengths: number,
    rows: number,
    steps: number,
    gradient: number,
    width: number,
    mergedStride: number,
    merged: number,
    pieces: number,
    piece: number,
    known: number,
  ) => number;
  /** merged[p] += factor · table[touched[p]], for those places below `count` that are `piece` modulo `pieces`. */
  readonly addRows: (
    merged: number,
    mergedStride: number,
    touched: number,
    count: number,
    pieces: number,
    piece: number,
    table: number,
    rowStride: number,
    factor: number,
  ) => void;

  /** Σ x², in float64, over `rows` rows of `size` numbers, `stride` apart. */
  readonly squaredNorm: (x: number, size: number, rows: number, stride: number) => number;
  /** x ← factor · x */
  readonly scale: (x: number, size: number, factor: number) => void;
  /** y ← y + factor · x */
  readonly addScaled: (y: number, x: number, size: number, factor: number) => void;
  /** The first of `count` regions becomes the sum of all, added in their order. */
  readonly sumRegions: (first: number, stride: number, count: number, size: number) => void;

  /**
   * a ← a + share · (w − a) for the `width` weights w of each row that `touched` lists, or, without it, of rows 0 ≤ r < count; a lies
   * `average` behind w.
   */
  readonly average: (
    table: number,
    rowStride: number,
    width: number,
    average: number,
    touched: number | undefined,
    count: number,
    share: number,
  ) => void;
  /**
   * a ← w + momentum^(step − s) · (a − w): what `step − s` calls of `average` with share 1 − momentum make of a while w stays. Step s stands
   * `averagedAt` behind the row, in two digits to the base 2²⁰; `next` is put there.
   */
  readonly catchUp: (
    table: number,
    rowStride: number,
    width: number,
    average: number,
    averagedAt: number,
    touched: number | undefined,
    count: number,
    step: number,
    next: number,
    momentum: number,
  ) => void;

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
  /** All rows from ≤ r < to: `placeOf[r]` is 1 + the place of its gradient, or 0 for an untouched row, whose gradient is zero. */
  readonly sweep: (
    table: number,
    rowStride: number,
    slotStride: number,
    placeOf: number,
    from: number,
    to: number,
    merged: number,
    scalars: number,
  ) => void;
}

/** One memory and the code that works on it. */
export interface Bank {
  readonly floats: FloatBuffer;
  readonly ints: Int32Array;
  readonly kernels: Kernels;
}

/** Everything that a step reads and writes: the first of its banks, and all of them. Positions are those of one bank. */
export interface Memory extends Bank {
  readonly doubles: Float64Array;
  readonly banks: readonly Bank[];
  /** What another thread needs to have the same memory. */
  readonly shared?: SharedMemory;
}

/** WebAssembly memories, and the kernels that each thread makes its own of. */
export interface SharedMemory {
  readonly module: WebAssembly.Module;
  readonly banks: readonly (BankSize & { readonly memory: WebAssembly.Memory })[];
}

/** How many numbers of each kind a bank has; only the first has doubles, an even number of them. */
export interface BankSize {
  readonly floats: number;
  readonly ints: number;
  readonly doubles: number;
}
