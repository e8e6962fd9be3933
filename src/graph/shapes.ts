import type { Dim, Shape } from './graph.js';

/** Rows that stand for a batch wherever the compiler weighs costs before it knows one. */
export const NOMINAL_ROWS = 1024;

/** The inputs of an op do not fit: a bug in the compiler, never in a spec. */
export function shapeError(message: string): Error {
  const error = new Error(message);
  error.name = 'ShapeError';
  return error;
}

/** The number that a symbolic axis stands for, or undefined where only data can tell. */
export function sizeOf(dim: Dim, rows: number): number | undefined {
  if (typeof dim === 'number') return dim;
  if (dim === 'rows') return rows;
  if (dim === 'rows+1') return rows + 1;
  return dim.startsWith('rows*') ? rows * Number(dim.slice('rows*'.length)) : undefined;
}

/** Every axis as a number; throws for an axis that only data can tell. */
export function sizesOf(shape: Shape, rows: number): number[] {
  return shape.map((dim) => {
    const size = sizeOf(dim, rows);
    if (size === undefined) throw shapeError(`the size of ${dim} is not known here`);
    return size;
  });
}

/** Number of elements; an axis that only data can tell counts 1. */
export function elementsOf(shape: Shape, rows: number): number {
  return shape.reduce<number>((product, dim) => product * (sizeOf(dim, rows) ?? 1), 1);
}

/** Whether the shape differs with the batch or with data. */
export function isSymbolic(shape: Shape): boolean {
  return shape.some((dim) => typeof dim !== 'number');
}

/** The batch axis, alone or folded with others. */
export function isBatch(dim: Dim | undefined): boolean {
  return dim === 'rows' || (typeof dim === 'string' && dim.startsWith('rows*'));
}

/** Whether each row of a batch has a value of its own: the batch axis comes first. */
export function isOfRows(shape: Shape): boolean {
  return shape[0] === 'rows';
}

/** Product of axes: a number, and symbols each as often as it stands. */
function product(dims: Shape): { factor: number; symbols: readonly (Dim & string)[] } {
  let factor = 1;
  const symbols: (Dim & string)[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') factor *= dim;
    else if (dim.startsWith('rows*')) {
      factor *= Number(dim.slice('rows*'.length));
      symbols.push('rows');
    } else symbols.push(dim);
  }
  return { factor, symbols: symbols.sort() };
}

/** Product of axes as one axis, or undefined where none can say it (the batch axis twice). */
export function foldDims(dims: Shape): Dim | undefined {
  const { factor, symbols } = product(dims);
  const [symbol, second] = symbols;
  if (symbol === undefined) return factor;
  if (second !== undefined) return undefined;
  if (factor === 1) return symbol;
  return symbol === 'rows' ? `rows*${factor}` : undefined;
}

/** Whether both have as many elements, for every batch. */
export function sameElements(a: Shape, b: Shape): boolean {
  const [p, q] = [product(a), product(b)];
  return p.factor === q.factor && sameShape(p.symbols, q.symbols);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** NumPy's rule: aligned at the last axis, each pair of axes equal or one of them 1. */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis): Dim => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1 || dim === result) continue;
      if (result !== 1) throw shapeError(`shapes ${shapes.map(printShape).join(' and ')} do not broadcast`);
      result = dim;
    }
    return result;
  });
}

export function printShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Axis `axis` of `shape`; throws where there is none. */
export function dimAt(shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined) throw shapeError(`${printShape(shape)} has no axis ${axis}`);
  return dim;
}
