import fc from 'fast-check';
import type { BinaryKind, Builder, UnaryKind } from '../../src/graph/builder.js';
import type { NodeId, Shape } from '../../src/graph/graph.js';
import { broadcastShapes } from '../../src/graph/shapes.js';

/** A random expression: each step takes some nodes made before and adds one. */
export type Recipe = readonly (readonly [operation: number, first: number, second: number, option: number])[];

export const recipes: fc.Arbitrary<Recipe> = fc.array(fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999)), {
  minLength: 1,
  maxLength: 14,
});

const LEAVES: readonly Shape[] = [[], [3], [1], ['rows'], ['rows', 3], ['rows', 2, 3], [2, 3], ['rows', 1], [1, 3]];
const UNARY: readonly UnaryKind[] = ['negate', 'abs', 'sign', 'sigmoid', 'tanh', 'relu', 'softplus'];
const BINARY: readonly BinaryKind[] = ['add', 'subtract', 'multiply', 'maximum', 'minimum', 'greater'];
const CONSTANTS = [0, 1, -1, 0.5];

/** Sum of the last few nodes that the recipe makes, as one number. */
export function follow(b: Builder, recipe: Recipe): NodeId {
  const pool = LEAVES.map((shape, i) => b.input(`x${String(i)}`, shape));
  CONSTANTS.forEach((value) => pool.push(b.constant(value)));
  pool.push(b.constant(1, ['rows', 3]), b.constant([0.5, -1, 2]));
  for (const [operation, first, second, option] of recipe) {
    const at = (choice: number) => pool[choice % pool.length] ?? 0;
    const made = add(b, operation, at(first), at(second), option);
    if (made !== undefined) pool.push(made);
  }
  const last = pool.slice(-3).map((id) =>
    b.sum(
      id,
      b.shape(id).map((_, axis) => axis),
    ),
  );
  return last.reduce((sum, id) => b.binary('add', sum, id));
}

const positive = (b: Builder, x: NodeId) => b.binary('add', b.unary('softplus', x), b.constant(0.5));

function add(b: Builder, operation: number, x: NodeId, y: NodeId, option: number): NodeId | undefined {
  const shape = b.shape(x);
  const axis = option % Math.max(1, shape.length);
  const size = shape[axis];
  switch (operation % 22) {
    case 0:
    case 1:
      return b.unary(UNARY[option % UNARY.length] ?? 'relu', x);
    case 2:
      return b.unary('exp', b.unary('tanh', x));
    case 3:
      return b.unary('log', positive(b, x));
    case 4:
      return b.unary('sqrt', positive(b, x));
    case 5:
    case 6:
    case 7:
      return fits(shape, b.shape(y)) ? b.binary(BINARY[option % BINARY.length] ?? 'add', x, y) : undefined;
    case 8:
      return fits(shape, b.shape(y)) ? b.binary('divide', x, positive(b, y)) : undefined;
    case 9:
      return fits(shape, b.shape(y)) ? b.select(b.binary('greater', x, y), y, b.unary('tanh', x)) : undefined;
    case 10:
      return b.sum(
        x,
        shape.map((_, i) => i).filter((i) => (option >> i) % 2 === 1),
        option % 3 === 0,
      );
    case 11:
      return b.max(
        x,
        shape.map((_, i) => i).filter((i) => (option >> i) % 2 === 1),
        option % 3 === 0,
      );
    case 12:
      return shape.length > 0 ? (option % 2 === 0 ? b.softmax(x, axis) : b.logSoftmax(x, axis)) : undefined;
    case 13:
      return b.transpose(
        x,
        [...shape.keys()].sort((i, j) => ((i * 7 + option) % 5) - ((j * 7 + option) % 5)),
      );
    case 14:
      return b.reshape(x, option % 2 === 0 ? [1, ...shape] : [...shape, 1]);
    case 15:
      return b.reshape(x, option % 2 === 0 ? shape.filter((dim) => dim !== 1) : shape);
    case 16:
      return shape.length < 3 ? b.broadcast(x, [option % 2 === 0 ? 2 : 'rows', ...shape]) : undefined;
    case 17: {
      if (typeof size !== 'number') return undefined;
      const twice = b.concat([x, b.unary('tanh', x)], axis);
      return option % 3 === 0
        ? b.slice(twice, axis, 0, size)
        : option % 3 === 1
          ? b.slice(twice, axis, size - 1, 2 * size)
          : twice;
    }
    case 18:
      if (typeof size !== 'number') return undefined;
      return option % 2 === 0 ? b.pad(x, axis, option % 3, 1) : b.slice(x, axis, option % size, size);
    case 19:
      if (typeof size !== 'number') return undefined;
      return b.take(x, axis, positions(option, option % 4, size));
    case 20:
      if (typeof size !== 'number') return undefined;
      return b.place(x, axis, positions(option, size, size + 1), size + 1);
    default:
      return product(b, x, y, option);
  }
}

function positions(option: number, length: number, size: number): number[] {
  return Array.from({ length }, (_, i) => ((option >> 2) + i * (option % 5)) % size);
}

/** x · yᵀ over their last axes, either side as it is or transposed before; y may lack the batch. */
function product(b: Builder, x: NodeId, y: NodeId, option: number): NodeId | undefined {
  const [p, q] = [b.shape(x), b.shape(y)];
  if (p.length < 2 || q.length < 2 || p.length > 3 || p.at(-1) !== q.at(-1)) return undefined;
  if (p.length === 3 && q.length === 3 && p[0] !== q[0]) return undefined;
  const swap = (shape: Shape) => (shape.length === 3 ? [0, 2, 1] : [1, 0]);
  const left = option % 2 === 0 ? x : b.transpose(x, swap(p));
  return b.matmul(left, y, { transposeA: option % 2 === 1, transposeB: true });
}

function fits(a: Shape, c: Shape): boolean {
  try {
    broadcastShapes([a, c]);
    return true;
  } catch {
    return false;
  }
}
