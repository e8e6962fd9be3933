import type { Tensor } from '../op.js';

export function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float64Array(product(shape)) };
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** Strides with which `shape` is read as if it had been broadcast to `target`: 0 where an axis repeats. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : (own[axis - missing] ?? 0)));
}

/**
 * Offsets of every element of `target` in a tensor with these strides, in row-major order of `target`.
 * The last axis is left to the caller: `each(start, offset)` is called once for every run along it.
 */
export function forEachRun(
  target: readonly number[],
  strides: readonly number[],
  each: (start: number, offset: number) => void,
): void {
  const rank = target.length;
  const run = target[rank - 1] ?? 1;
  const runs = product(target.slice(0, -1));
  if (run === 0) return;
  const index = new Array<number>(rank).fill(0);
  let offset = 0;
  for (let i = 0; i < runs; i++) {
    each(i * run, offset);
    for (let axis = rank - 2; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      offset += stride;
      if (next < (target[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      offset -= stride * next;
      index[axis] = 0;
    }
  }
}

/** The tensor copied out to `target`; itself where it has that shape. */
export function spread(x: Tensor, target: readonly number[]): Tensor {
  if (x.shape.length === target.length && x.shape.every((size, axis) => size === target[axis])) return x;
  return gather(x, target, broadcastStrides(x.shape, target));
}

/** The tensor whose element at an index of `target` is the one of `x` at that index times `strides`. */
export function gather(x: Tensor, target: readonly number[], strides: readonly number[]): Tensor {
  const result = zeros(target);
  const run = target.at(-1) ?? 1;
  const step = strides.at(-1) ?? 0;
  const { data } = result;
  forEachRun(target, strides, (start, offset) => {
    for (let j = 0; j < run; j++) data[start + j] = x.data[offset + j * step] ?? NaN;
  });
  return result;
}

/** Sizes around one axis: of the axes before it, its own, and of those after it. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  return { outer: product(shape.slice(0, axis)), size: shape[axis] ?? 1, inner: product(shape.slice(axis + 1)) };
}

/** Sizes of NumPy's broadcast of these shapes, which are known to fit. */
export function broadcastSizes(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** Folds `combine` over some axes; the result has them as 1. */
export function reduce(x: Tensor, axes: readonly number[], start: number, combine: (a: number, b: number) => number): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = zeros(kept);
  const { data } = result;
  data.fill(start);
  const strides = broadcastStrides(kept, x.shape);
  const run = x.shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 0;
  forEachRun(x.shape, strides, (from, offset) => {
    for (let j = 0; j < run; j++) data[offset + j * step] = combine(data[offset + j * step] ?? NaN, x.data[from + j] ?? NaN);
  });
  return result;
}

/** The one input of a unary op, the two of a binary one, …: those that the interpreter was given, or an error. */
export function operand(inputs: readonly Tensor[], at: number): Tensor {
  const tensor = inputs[at];
  if (!tensor) throw new Error(`operand ${at} is missing`);
  return tensor;
}
