import { scalarUpdate } from '../graph/update/evaluate.js';
import type { UpdateName } from '../graph/update/rules.js';
import { updateRules } from '../graph/update/rules.js';
import { decayOf, stepBase } from '../graph/update/decay.js';
import type { FloatBuffer } from './engine.js';
import type { Bank, Kernels, Memory, UpdateKernels } from './kernels.js';

/** Memory of plain arrays: what the float64 engine trains with. */
export const plainMemory = (banks: readonly Omit<Bank, 'kernels'>[], doubles = new Float64Array(0)): Memory => {
  const all = banks.map((bank) => ({ ...bank, kernels: plainKernels(bank) }));
  const [first] = all;
  if (first === undefined) throw new Error('a memory without a bank');
  return { ...first, banks: all, doubles };
};

/** The kernels as plain loops: what the WebAssembly ones are tested against. */
const plainKernels = ({ floats, ints }: Omit<Bank, 'kernels'>): Kernels => {
  const float = (i: number): number => floats[i] ?? NaN;
  const int = (i: number): number => ints[i] ?? 0;

  const put = (from: number, to: number, width: number, stride: number, share: number, isNew: boolean): void => {
    if (isNew) floats.fill(0, to, to + stride);
    for (let i = 0; i < width; i++) floats[to + i] = float(to + i) + share * float(from + i);
  };
  const shareOf = (size: number, mean: boolean): number => (mean && size > 0 ? 1 / size : 1);

  const kernels: Kernels = {
    gather: (table, rowStride, width, ids, count, out, outStride) => {
      for (let r = 0; r < count; r++)
        for (let i = 0; i < width; i++) floats[out + r * outStride + i] = float(table + int(ids + r) * rowStride + i);
    },
    gatherBags: (table, rowStride, width, ids, offsets, count, mean, out, outStride) => {
      for (let r = 0; r < count; r++) {
        const from = int(offsets + r);
        const to = int(offsets + r + 1);
        const share = shareOf(to - from, mean);
        for (let i = 0; i < width; i++) {
          let total = 0;
          for (let b = from; b < to; b++) total += float(table + int(ids + b) * rowStride + i);
          floats[out + r * outStride + i] = total * share;
        }
      }
    },
    indexRows: (ids, count, places, slots, bits, touched, found) => {
      const mask = 2 ** bits - 1;
      let next = found;
      for (let r = 0; r < count; r++) {
        const row = int(ids + r);
        let at = row & mask;
        while (int(slots + at) !== 0 && int(touched + int(slots + at) - 1) !== row) at = (at + 1) & mask;
        if (int(slots + at) === 0) {
          ints[touched + next] = row;
          ints[slots + at] = ++next;
        }
        ints[places + r] = int(slots + at) - 1;
      }
      return next;
    },
    indexSequences: (ids, lengths, rows, steps, places, slots, bits, touched, found) => {
      let next = found;
      for (let r = 0; r < rows; r++)
        next = kernels.indexRows(ids + r * steps, int(lengths + r), places + r * steps, slots, bits, touched, next);
      return next;
    },
    mergeRows: (places, rows, gradient, gradientStride, width, mergedStride, merged, pieces, piece, known) => {
      let next = known;
      for (let r = 0; r < rows; r++) {
        const p = int(places + r);
        if (p % pieces !== piece) continue;
        put(gradient + r * gradientStride, merged + p * mergedStride, width, mergedStride, 1, p >= next);
        next = Math.max(next, p + 1);
      }
      return next;
    },
    mergeBags: (places, offsets, rows, gradient, gradientStride, width, mean, mergedStride, merged, pieces, piece, known) => {
      let next = known;
      for (let r = 0; r < rows; r++) {
        const from = int(offsets + r);
        const to = int(offsets + r + 1);
        const share = shareOf(to - from, mean);
        for (let b = from; b < to; b++) {
          const p = int(places + b);
          if (p % pieces !== piece) continue;
          put(gradient + r * gradientStride, merged + p * mergedStride, width, mergedStride, share, p >= next);
          next = Math.max(next, p + 1);
        }
      }
      return next;
    },
    mergeSequences: (places, lengths, rows, steps, gradient, width, mergedStride, merged, pieces, piece, known) => {
      let next = known;
      for (let r = 0; r < rows; r++) {
        const first = gradient + r * steps * width;
        next = kernels.mergeRows(
          places + r * steps,
          int(lengths + r),
          first,
          width,
          width,
          mergedStride,
          merged,
          pieces,
          piece,
          next,
        );
      }
      return next;
    },
    addRows: (merged, mergedStride, touched, count, pieces, piece, table, rowStride, factor) => {
      for (let p = piece; p < count; p += pieces)
        kernels.addScaled(merged + p * mergedStride, table + int(touched + p) * rowStride, mergedStride, factor);
    },
    squaredNorm: (x, size, rows, stride) => {
      let total = 0;
      for (let r = 0; r < rows; r++)
        for (let i = 0; i < size; i++) total += float(x + r * stride + i) * float(x + r * stride + i);
      return total;
    },
    scale: (x, size, factor) => {
      for (let i = 0; i < size; i++) floats[x + i] = factor * float(x + i);
    },
    addScaled: (y, x, size, factor) => {
      for (let i = 0; i < size; i++) floats[y + i] = float(y + i) + factor * float(x + i);
    },
    sumRegions: (first, stride, count, size) => {
      for (let region = 1; region < count; region++) kernels.addScaled(first, first + region * stride, size, 1);
    },
    average: (table, rowStride, width, average, touched, count, share) => {
      for (let p = 0; p < count; p++) {
        const row = table + (touched === undefined ? p : int(touched + p)) * rowStride;
        for (let i = row; i < row + width; i++)
          floats[average + i] = float(average + i) + share * (float(i) - float(average + i));
      }
    },
    catchUp: (table, rowStride, width, average, averagedAt, touched, count, step, next, momentum) => {
      for (let p = 0; p < count; p++) {
        const row = table + (touched === undefined ? p : int(touched + p)) * rowStride;
        const passed = step - stepBase * float(row + averagedAt) - float(row + averagedAt + 1);
        const left = decayOf(momentum, passed);
        for (let i = row; passed > 0 && i < row + width; i++)
          floats[average + i] = float(i) + left * (float(average + i) - float(i));
        floats[row + averagedAt] = Math.floor(next / stepBase);
        floats[row + averagedAt + 1] = next % stepBase;
      }
    },
    updates: Object.fromEntries(
      (Object.keys(updateRules) as UpdateName[]).map((name) => [name, plainUpdate(name, floats, ints)]),
    ) as Record<UpdateName, UpdateKernels>,
  };
  return kernels;
};

const plainUpdate = (name: UpdateName, floats: FloatBuffer, ints: Int32Array): UpdateKernels => {
  const update = scalarUpdate(name);
  return {
    dense: (weight, slotStride, gradient, size, scalars) => update(floats, weight, slotStride, gradient, size, scalars),
    rows: (table, rowStride, slotStride, touched, count, merged, scalars) => {
      for (let p = 0; p < count; p++)
        update(floats, table + (ints[touched + p] ?? 0) * rowStride, slotStride, merged + p * slotStride, slotStride, scalars);
    },
    sweep: (table, rowStride, slotStride, placeOf, from, to, merged, scalars) => {
      for (let row = from; row < to; row++) {
        const p = ints[placeOf + row] ?? 0;
        update(
          floats,
          table + row * rowStride,
          slotStride,
          p === 0 ? undefined : merged + (p - 1) * slotStride,
          slotStride,
          scalars,
        );
      }
    },
  };
};
