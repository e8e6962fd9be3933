import { scalarUpdate } from '../graph/update/evaluate.js';
import type { UpdateName } from '../graph/update/rules.js';
import { updateRules } from '../graph/update/rules.js';
import type { FloatBuffer } from './engine.js';
import type { Kernels, Memory, UpdateKernels } from './kernels.js';

/** The kernels as plain loops: what the float64 engine trains with, and what the WebAssembly ones are tested against. */
export const plainMemory = (floats: FloatBuffer, ints: Int32Array, doubles = new Float64Array(0)): Memory => {
  const float = (i: number): number => floats[i] ?? NaN;
  const int = (i: number): number => ints[i] ?? 0;

  const place = (row: number, slotOf: number, touched: number, count: number): number => {
    const known = int(slotOf + row);
    if (known !== 0) return known - 1;
    ints[slotOf + row] = count + 1;
    ints[touched + count] = row;
    return count;
  };
  const put = (from: number, to: number, width: number, stride: number, share: number, isNew: boolean): void => {
    if (isNew) floats.fill(0, to, to + stride);
    for (let i = 0; i < width; i++) floats[to + i] = float(to + i) + share * float(from + i);
  };
  const shareOf = (size: number, mean: boolean): number => (mean && size > 0 ? 1 / size : 1);

  const kernels: Kernels = {
    gather: (table, rowStride, width, ids, count, out) => {
      for (let r = 0; r < count; r++)
        for (let i = 0; i < width; i++) floats[out + r * width + i] = float(table + int(ids + r) * rowStride + i);
    },
    gatherBags: (table, rowStride, width, ids, offsets, count, mean, out) => {
      for (let r = 0; r < count; r++) {
        const from = int(offsets + r);
        const to = int(offsets + r + 1);
        const share = shareOf(to - from, mean);
        for (let i = 0; i < width; i++) {
          let total = 0;
          for (let b = from; b < to; b++) total += float(table + int(ids + b) * rowStride + i);
          floats[out + r * width + i] = total * share;
        }
      }
    },
    mergeRows: (ids, rows, gradient, width, mergedStride, slotOf, touched, merged, count) => {
      let found = count;
      for (let r = 0; r < rows; r++) {
        const p = place(int(ids + r), slotOf, touched, found);
        put(gradient + r * width, merged + p * mergedStride, width, mergedStride, 1, p === found);
        if (p === found) found++;
      }
      return found;
    },
    mergeBags: (ids, offsets, rows, gradient, width, mean, mergedStride, slotOf, touched, merged, count) => {
      let found = count;
      for (let r = 0; r < rows; r++) {
        const from = int(offsets + r);
        const to = int(offsets + r + 1);
        const share = shareOf(to - from, mean);
        for (let b = from; b < to; b++) {
          const p = place(int(ids + b), slotOf, touched, found);
          put(gradient + r * width, merged + p * mergedStride, width, mergedStride, share, p === found);
          if (p === found) found++;
        }
      }
      return found;
    },
    mergeSequences: (ids, lengths, rows, places, gradient, width, mergedStride, slotOf, touched, merged, count) => {
      let found = count;
      for (let r = 0; r < rows; r++)
        for (let t = r * places, end = t + int(lengths + r); t < end; t++) {
          const p = place(int(ids + t), slotOf, touched, found);
          put(gradient + t * width, merged + p * mergedStride, width, mergedStride, 1, p === found);
          if (p === found) found++;
        }
      return found;
    },
    addRows: (merged, mergedStride, touched, count, table, rowStride, factor) => {
      for (let p = 0; p < count; p++)
        kernels.addScaled(merged + p * mergedStride, table + int(touched + p) * rowStride, mergedStride, factor);
    },
    forgetRows: (slotOf, touched, count) => {
      for (let p = 0; p < count; p++) ints[slotOf + int(touched + p)] = 0;
    },
    squaredNorm: (x, size) => {
      let total = 0;
      for (let i = 0; i < size; i++) total += float(x + i) * float(x + i);
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
    updates: Object.fromEntries(
      (Object.keys(updateRules) as UpdateName[]).map((name) => [name, plainUpdate(name, floats, ints)]),
    ) as Record<UpdateName, UpdateKernels>,
  };
  return { floats, ints, doubles, kernels };
};

const plainUpdate = (name: UpdateName, floats: FloatBuffer, ints: Int32Array): UpdateKernels => {
  const update = scalarUpdate(name);
  return {
    dense: (weight, slotStride, gradient, size, scalars) => update(floats, weight, slotStride, gradient, size, scalars),
    rows: (table, rowStride, slotStride, touched, count, merged, scalars) => {
      for (let p = 0; p < count; p++)
        update(floats, table + (ints[touched + p] ?? 0) * rowStride, slotStride, merged + p * slotStride, slotStride, scalars);
    },
    sweep: (table, rowStride, slotStride, slotOf, from, to, merged, scalars) => {
      for (let row = from; row < to; row++) {
        const p = ints[slotOf + row] ?? 0;
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
