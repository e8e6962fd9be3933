import { generator } from '../graph/numbers.js';

/** A tensor as a paper writes it: its element at these subscripts, counted from 0. */
export type Tensor = (...at: readonly number[]) => number;
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** Row-major numbers seen as a tensor; throws where a subscript is missing or outside. */
export function tensor(shape: Shape, data: ArrayLike<number>): Tensor {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} numbers for [${shape.join(', ')}]`);
  return (...at) => {
    if (at.length !== shape.length) throw new Error(`${at.length} subscripts for [${shape.join(', ')}]`);
    let offset = 0;
    for (let axis = 0; axis < at.length; axis++) {
      const [i, size] = [at[axis]!, shape[axis]!];
      if (!(i >= 0 && i < size)) throw new Error(`[${at.join(', ')}] is outside [${shape.join(', ')}]`);
      offset = offset * size + i;
    }
    return data[offset]!;
  };
}

/** The vector of f(0), …, f(n - 1). */
export const vector = (n: number, f: (i: number) => number): Tensor => tensor([n], list(n, f));

export const list = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));

/** Σ_{i<n} f(i) */
export function sum(n: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += f(i);
  return total;
}

/** Σ_i a_i b_i */
export const inner = (n: number, a: Tensor, b: Tensor): number => sum(n, (i) => a(i) * b(i));

/** The vectors one after another. */
export function joined(parts: readonly (readonly [size: number, part: Tensor])[]): { readonly size: number; readonly x: Tensor } {
  const all = parts.flatMap(([size, part]) => list(size, (i) => part(i)));
  return { size: all.length, x: tensor([all.length], all) };
}

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** The same shapes below a name. */
export const shapesBelow = (name: string, shapes: Readonly<Record<string, Shape>>): Readonly<Record<string, Shape>> =>
  Object.fromEntries(Object.entries(shapes).map(([weight, shape]) => [`${name}.${weight}`, shape]));

/** Numbers by name: of weights, features and tables, row-major. */
export type Numbers = Readonly<Record<string, Float64Array>>;

/** Numbers in (-1.5, 1.5) for each shape. */
export function randomNumbers(shapes: Readonly<Record<string, Shape>>, seed: number): Numbers {
  const next = generator(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, Float64Array.from({ length: sizeOf(shape) }, () => 1.5 * next())]),
  );
}

/** (f(v + h e_i) - f(v - h e_i)) / 2h for each element of the numbers of this name, or for those given. */
export function differences(
  numbers: Numbers,
  name: string,
  f: (numbers: Numbers) => number,
  elements?: readonly number[],
  h = 1e-5,
): number[] {
  const at = numbers[name]!;
  const moved = (i: number, by: number) => f({ ...numbers, [name]: at.with(i, at[i]! + by) });
  return (elements ?? list(at.length, (i) => i)).map((i) => (moved(i, h) - moved(i, -h)) / (2 * h));
}

/** (f(v + h u) - f(v - h u)) / 2h, where u says how each of the named numbers moves. */
export function directional(numbers: Numbers, u: Numbers, f: (numbers: Numbers) => number, h = 1e-5): number {
  const moved = (by: number): Numbers => ({
    ...numbers,
    ...Object.fromEntries(Object.entries(u).map(([name, d]) => [name, numbers[name]!.map((v, i) => v + by * d[i]!)])),
  });
  return (f(moved(h)) - f(moved(-h))) / (2 * h);
}
