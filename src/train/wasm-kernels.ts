import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { UpdateName } from '../graph/update/rules.js';
import { updateRules } from '../graph/update/rules.js';
import { trainError } from './errors.js';
import type { Bank, BankSize, Kernels, Memory, SharedMemory, UpdateKernels } from './kernels.js';
import { bankBytes, reservedBytes } from './segments.js';

const page = 65536;

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

/** Shared memories of so many float32, int32 and float64 numbers, all zero, with kernels on them. Throws a train error where there is no room. */
export const wasmMemory = (sizes: readonly BankSize[]): Memory => {
  const module = kernelModule();
  const pagesOf = (size: BankSize): number => Math.ceil(bankBytes(size) / page);
  const memoryOf = (pages: number): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  let banks: SharedMemory['banks'];
  try {
    banks = sizes.map((size) => ({ ...size, memory: memoryOf(pagesOf(size)) }));
  } catch {
    const bytes = sizes.reduce((sum, size) => sum + pagesOf(size) * page, 0);
    throw trainError(
      'out-of-memory',
      `this machine has no ${(bytes / 2 ** 30).toFixed(2)} GiB of memory free for tables and weights`,
    );
  }
  return attach({ module, banks });
};

/** The memory as this thread sees it, with kernels of its own. */
export const attach = (shared: SharedMemory): Memory => {
  const banks = shared.banks.map((bank) => attachBank(shared.module, bank));
  const [first] = banks;
  if (first === undefined) throw new Error('a memory without a bank');
  return { ...first, banks, shared };
};

const attachBank = (
  module: WebAssembly.Module,
  { memory, floats, ints, doubles }: SharedMemory['banks'][number],
): Bank & Pick<Memory, 'doubles'> => {
  const floatsAt = reservedBytes + 8 * doubles;
  const intsAt = floatsAt + 4 * floats;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    floats: new Float32Array(memory.buffer, floatsAt, floats),
    ints: new Int32Array(memory.buffer, intsAt, ints),
    doubles: new Float64Array(memory.buffer, reservedBytes, doubles),
    kernels: bindKernels(exports, floatsAt, intsAt),
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
  const indexRows = kernel('indexRows');
  const indexSequences = kernel('indexSequences');
  const mergeRows = kernel('mergeRows');
  const mergeBags = kernel('mergeBags');
  const mergeSequences = kernel('mergeSequences');
  const addRows = kernel('addRows');
  const squaredNorm = kernel('squaredNorm');
  const scale = kernel('scale');
  const addScaled = kernel('addScaled');
  const sumRegions = kernel('sumRegions');
  const average = kernel('average');
  const catchUp = kernel('catchUp');
  const update = (name: UpdateName): UpdateKernels => {
    const dense = kernel(name);
    const rows = kernel(`${name}Rows`);
    const sweep = kernel(`${name}Sweep`);
    return {
      dense: (weight, slotStride, gradient, size, scalars) =>
        void dense(float(weight), 4 * slotStride, float(gradient), 4 * size, float(scalars)),
      rows: (table, rowStride, slotStride, touched, count, merged, scalars) =>
        void rows(float(table), 4 * rowStride, 4 * slotStride, int(touched), count, float(merged), float(scalars)),
      sweep: (table, rowStride, slotStride, placeOf, from, to, merged, scalars) =>
        void sweep(float(table), 4 * rowStride, 4 * slotStride, int(placeOf), from, to, float(merged), float(scalars)),
    };
  };
  return {
    gather: (table, rowStride, width, ids, count, out, outStride) =>
      void gather(float(table), 4 * rowStride, width, int(ids), count, float(out), 4 * outStride),
    gatherBags: (table, rowStride, width, ids, offsets, count, mean, out, outStride) =>
      void gatherBags(float(table), 4 * rowStride, width, int(ids), int(offsets), count, Number(mean), float(out), 4 * outStride),
    indexRows: (ids, count, places, slots, bits, touched, found) =>
      indexRows(int(ids), count, int(places), int(slots), bits, int(touched), found),
    indexSequences: (ids, lengths, rows, steps, places, slots, bits, touched, found) =>
      indexSequences(int(ids), int(lengths), rows, steps, int(places), int(slots), bits, int(touched), found),
    mergeRows: (places, rows, gradient, gradientStride, width, mergedStride, merged, pieces, piece, known) =>
      mergeRows(
        int(places),
        rows,
        float(gradient),
        4 * gradientStride,
        width,
        4 * mergedStride,
        float(merged),
        pieces,
        piece,
        known,
      ),
    mergeBags: (places, offsets, rows, gradient, gradientStride, width, mean, mergedStride, merged, pieces, piece, known) =>
      mergeBags(
        int(places),
        int(offsets),
        rows,
        float(gradient),
        4 * gradientStride,
        width,
        Number(mean),
        4 * mergedStride,
        float(merged),
        pieces,
        piece,
        known,
      ),
    mergeSequences: (places, lengths, rows, steps, gradient, width, mergedStride, merged, pieces, piece, known) =>
      mergeSequences(
        int(places),
        int(lengths),
        rows,
        steps,
        float(gradient),
        width,
        4 * mergedStride,
        float(merged),
        pieces,
        piece,
        known,
      ),
    addRows: (merged, mergedStride, touched, count, pieces, piece, table, rowStride, factor) =>
      void addRows(float(merged), 4 * mergedStride, int(touched), count, pieces, piece, float(table), 4 * rowStride, factor),
    squaredNorm: (x, size, rows, stride) => squaredNorm(float(x), 4 * size, rows, 4 * stride),
    scale: (x, size, factor) => void scale(float(x), 4 * size, factor),
    addScaled: (y, x, size, factor) => void addScaled(float(y), float(x), 4 * size, factor),
    sumRegions: (first, stride, count, size) => void sumRegions(float(first), 4 * stride, count, 4 * size),
    average: (table, rowStride, width, behind, touched, count, share) =>
      void average(float(table), 4 * rowStride, 4 * width, 4 * behind, touched === undefined ? 0 : int(touched), count, share),
    catchUp: (table, rowStride, width, behind, averagedAt, touched, count, step, next, momentum) =>
      void catchUp(
        float(table),
        4 * rowStride,
        4 * width,
        4 * behind,
        4 * averagedAt,
        touched === undefined ? 0 : int(touched),
        count,
        step,
        next,
        momentum,
      ),
    updates: Object.fromEntries((Object.keys(updateRules) as UpdateName[]).map((name) => [name, update(name)])) as Record<
      UpdateName,
      UpdateKernels
    >,
  };
};
