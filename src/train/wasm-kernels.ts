import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { UpdateName } from '../graph/update/rules.js';
import { updateRules } from '../graph/update/rules.js';
import { trainError } from './errors.js';
import type { Kernels, Memory, SharedMemory, UpdateKernels } from './kernels.js';

const page = 65536;
/** The first bytes are left to what the kernels' compiler may keep there. */
const reserved = 1024;
/** Node 20 has no 64-bit memories. */
export const largestMemory = 65536 * page;

/** The kernels lie beside the bundle, above its chunks, or where the build leaves them in a clone. */
const places = ['./kernels.wasm', '../kernels.wasm', '../../build/kernels.wasm'];

let compiled: WebAssembly.Module | undefined;

const kernelModule = (): WebAssembly.Module => {
  if (compiled !== undefined) return compiled;
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
  if (found === undefined)
    throw trainError('kernels-missing', 'kernels.wasm is missing; in a clone, run: node scripts/build-kernels.mjs');
  compiled = new WebAssembly.Module(readFileSync(found));
  return compiled;
};

/** Bytes that `wasmMemory` needs. */
export const wasmBytes = (floats: number, ints: number, doubles = 0): number => reserved + 8 * doubles + 4 * (floats + ints);

/**
 * A shared memory of so many float32, int32 and float64 numbers, all zero, with kernels on it. `doubles` is even.
 * Throws a train error where there is no room.
 */
export const wasmMemory = (floats: number, ints: number, doubles = 0): Memory => {
  const pages = Math.ceil(wasmBytes(floats, ints, doubles) / page);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw trainError(
      'out-of-memory',
      `this machine has no ${((pages * page) / 2 ** 30).toFixed(2)} GiB of memory free for tables and weights`,
    );
  }
  return attach({ memory, module: kernelModule(), floats, ints, doubles });
};

/** The memory as this thread sees it, with kernels of its own. */
export const attach = (shared: SharedMemory): Memory => {
  const { memory, module } = shared;
  const floatsAt = reserved + 8 * shared.doubles;
  const intsAt = floatsAt + 4 * shared.floats;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    floats: new Float32Array(memory.buffer, floatsAt, shared.floats),
    ints: new Int32Array(memory.buffer, intsAt, shared.ints),
    doubles: new Float64Array(memory.buffer, reserved, shared.doubles),
    kernels: bindKernels(exports, floatsAt, intsAt),
    shared,
  };
};

type Export = (...numbers: number[]) => number;

/** From positions to bytes. Addresses above 2 GiB reach WebAssembly as negative 32-bit numbers, which it reads as unsigned. */
const bindKernels = (exports: WebAssembly.Exports, floats: number, ints: number): Kernels => {
  const kernel = (name: string): Export => exports[name] as Export;
  const float = (at: number): number => floats + 4 * at;
  const int = (at: number): number => ints + 4 * at;
  const gather = kernel('gather');
  const gatherBags = kernel('gatherBags');
  const mergeRows = kernel('mergeRows');
  const mergeBags = kernel('mergeBags');
  const mergeSequences = kernel('mergeSequences');
  const addRows = kernel('addRows');
  const forgetRows = kernel('forgetRows');
  const squaredNorm = kernel('squaredNorm');
  const scale = kernel('scale');
  const addScaled = kernel('addScaled');
  const sumRegions = kernel('sumRegions');
  const update = (name: UpdateName): UpdateKernels => {
    const dense = kernel(name);
    const rows = kernel(`${name}Rows`);
    const sweep = kernel(`${name}Sweep`);
    return {
      dense: (weight, slotStride, gradient, size, scalars) =>
        void dense(float(weight), 4 * slotStride, float(gradient), 4 * size, float(scalars)),
      rows: (table, rowStride, slotStride, touched, count, merged, scalars) =>
        void rows(float(table), 4 * rowStride, 4 * slotStride, int(touched), count, float(merged), float(scalars)),
      sweep: (table, rowStride, slotStride, slotOf, from, to, merged, scalars) =>
        void sweep(float(table), 4 * rowStride, 4 * slotStride, int(slotOf), from, to, float(merged), float(scalars)),
    };
  };
  return {
    gather: (table, rowStride, width, ids, count, out) =>
      void gather(float(table), 4 * rowStride, width, int(ids), count, float(out)),
    gatherBags: (table, rowStride, width, ids, offsets, count, mean, out) =>
      void gatherBags(float(table), 4 * rowStride, width, int(ids), int(offsets), count, Number(mean), float(out)),
    mergeRows: (ids, rows, gradient, width, mergedStride, slotOf, touched, merged, count) =>
      mergeRows(int(ids), rows, float(gradient), width, 4 * mergedStride, int(slotOf), int(touched), float(merged), count),
    mergeBags: (ids, offsets, rows, gradient, width, mean, mergedStride, slotOf, touched, merged, count) =>
      mergeBags(
        int(ids),
        int(offsets),
        rows,
        float(gradient),
        width,
        Number(mean),
        4 * mergedStride,
        int(slotOf),
        int(touched),
        float(merged),
        count,
      ),
    mergeSequences: (ids, lengths, rows, places, gradient, width, mergedStride, slotOf, touched, merged, count) =>
      mergeSequences(
        int(ids),
        int(lengths),
        rows,
        places,
        float(gradient),
        width,
        4 * mergedStride,
        int(slotOf),
        int(touched),
        float(merged),
        count,
      ),
    addRows: (merged, mergedStride, touched, count, table, rowStride, factor) =>
      void addRows(float(merged), 4 * mergedStride, int(touched), count, float(table), 4 * rowStride, factor),
    forgetRows: (slotOf, touched, count) => void forgetRows(int(slotOf), int(touched), count),
    squaredNorm: (x, size) => squaredNorm(float(x), 4 * size),
    scale: (x, size, factor) => void scale(float(x), 4 * size, factor),
    addScaled: (y, x, size, factor) => void addScaled(float(y), float(x), 4 * size, factor),
    sumRegions: (first, stride, count, size) => void sumRegions(float(first), 4 * stride, count, 4 * size),
    updates: Object.fromEntries((Object.keys(updateRules) as UpdateName[]).map((name) => [name, update(name)])) as Record<
      UpdateName,
      UpdateKernels
    >,
  };
};
