type Sizes = readonly number[];

export const product = (sizes: Sizes): number => sizes.reduce((all, size) => all * size, 1);

/** Shapes with as few axes as their broadcast needs. */
export interface Broadcast {
  readonly operands: readonly Sizes[];
  /** With all axes. */
  readonly result: Sizes;
}

/** Puts neighbouring axes together along which the same operands repeat: kernels of some backends know no more than four. */
export const collapseBroadcast = (shapes: readonly Sizes[]): Broadcast => {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const sizeAt = (shape: Sizes, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const operands: number[][] = shapes.map(() => []);
  const result: number[] = [];
  let before: string | undefined;
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => sizeAt(shape, axis));
    const size = sizes.find((one) => one !== 1) ?? 1;
    result.push(size);
    if (size === 1) continue;
    const repeats = sizes.map((one) => one === 1).join();
    for (const [i, operand] of operands.entries()) {
      if (repeats === before) operand.push((operand.pop() ?? 1) * (sizes[i] ?? 1));
      else operand.push(sizes[i] ?? 1);
    }
    before = repeats;
  }
  return { operands, result };
};

/** Neighbouring axes that are reduced, or kept, as one. */
export const collapseReduction = (shape: Sizes, axes: Sizes): { readonly shape: Sizes; readonly axes: Sizes } => {
  const sizes: number[] = [];
  const reduced: number[] = [];
  let before: boolean | undefined;
  shape.forEach((size, axis) => {
    const isReduced = axes.includes(axis);
    if (isReduced === before) sizes.push((sizes.pop() ?? 1) * size);
    else {
      if (isReduced) reduced.push(sizes.length);
      sizes.push(size);
    }
    before = isReduced;
  });
  return { shape: sizes, axes: reduced };
};

/** Axes of size 1 are left out, and those that stay neighbours are one. */
export const collapsePermutation = (shape: Sizes, permutation: Sizes): { readonly shape: Sizes; readonly permutation: Sizes } => {
  const runs: { readonly first: number; last: number; size: number }[] = [];
  for (const axis of permutation) {
    const size = shape[axis] ?? 1;
    if (size === 1) continue;
    const run = runs.at(-1);
    const between = run === undefined ? [] : shape.slice(run.last + 1, axis);
    if (run !== undefined && axis > run.last && between.every((one) => one === 1)) {
      run.last = axis;
      run.size *= size;
    } else runs.push({ first: axis, last: axis, size });
  }
  const inOrder = runs.toSorted((a, b) => a.first - b.first);
  return { shape: inOrder.map(({ size }) => size), permutation: runs.map((run) => inOrder.indexOf(run)) };
};

/** Sizes of the axes before one, of that one, and of those after it. */
export const around = (shape: Sizes, axis: number): readonly [outer: number, size: number, inner: number] => [
  product(shape.slice(0, axis)),
  shape[axis] ?? 1,
  product(shape.slice(axis + 1)),
];
