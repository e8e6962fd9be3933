import type { Node, Shape } from '../../graph/graph.js';
import { elementsOf, foldDims, NOMINAL_ROWS } from '../../graph/shapes.js';
import type { Emitter } from './emitter.js';
import { reshapeDims } from './reshape.js';

/**
 * What placing costs, in nanoseconds an element of the axis, as measured on onnxruntime's CPU kernels: a multiply-add of a matrix
 * product, a place that is read, and each number in it. ScatterElements takes ten times as long as the better of the two ways.
 */
const multiplyAdd = 1 / 32;
const read = 10;
const readNumber = 1 / 2;
/** A matrix of zeros and ones that is larger would swell the file. */
const mostOnes = 2 ** 22;

/**
 * Σ of the elements that go to one place: a product with a matrix of zeros and ones, or the elements of each place read side by side.
 * In a product, one infinite element makes all places of its row NaN.
 */
export function lowerPlace(
  node: Node<'place'>,
  [x = '']: readonly string[],
  emit: Emitter,
  [shape = []]: readonly Shape[],
): string {
  const sources = Array.from({ length: node.size }, (): number[] => []);
  node.at.forEach((to, i) => sources[to]?.push(i));
  const most = sources.reduce((all, of) => Math.max(all, of.length), 1);
  const inner = elementsOf(shape.slice(node.axis + 1), NOMINAL_ROWS);
  const product = node.at.length * inner * multiplyAdd;
  const reading = (most > 1 ? 2 : 1) * most * (read + inner * readNumber);
  return product <= reading && node.size * node.at.length <= mostOnes
    ? multiply(node, x, emit, shape)
    : readEach(node, sources, most, x, emit, shape);
}

function multiply({ axis, at, size, shape: result }: Node<'place'>, x: string, emit: Emitter, shape: Shape): string {
  const isLast = axis === shape.length - 1;
  const [rows, columns] = isLast ? [at.length, size] : [size, at.length];
  const ones = new Array<number>(rows * columns).fill(0);
  at.forEach((to, i) => (ones[isLast ? i * columns + to : to * columns + i] = 1));
  const matrix = emit.floats(ones, [rows, columns]);
  if (isLast) return emit.node('MatMul', [x, matrix]);
  const behind = shape.slice(axis + 1);
  if (behind.length === 1) return emit.node('MatMul', [matrix, x]);
  const folded = foldDims(behind);
  if (folded === undefined) throw new Error('the batch axis stands twice behind the axis that is placed');
  const flat = emit.node('Reshape', [x, reshapeDims([...shape.slice(0, axis + 1), folded], emit)]);
  return emit.node('Reshape', [emit.node('MatMul', [matrix, flat]), reshapeDims(result, emit)]);
}

/** An element of zeros, put behind the last, stands for the sources that a place has less than others. */
function readEach(
  { axis, at }: Node<'place'>,
  sources: readonly (readonly number[])[],
  most: number,
  x: string,
  emit: Emitter,
  shape: Shape,
): string {
  const needsZero = sources.some((of) => of.length < most);
  const after = shape.map((_, i) => Number(i === axis));
  const padded = needsZero ? emit.node('Pad', [x, emit.ints([...after.map(() => 0), ...after])]) : x;
  const from = sources.flatMap((of) => [...of, ...new Array<number>(most - of.length).fill(at.length)]);
  if (most === 1) return emit.node('Gather', [padded, emit.ints(from)], { axis: { int: axis } });
  const indices = emit.ints(from, [sources.length, most]);
  const sideBySide = emit.node('Gather', [padded, indices], { axis: { int: axis } });
  return emit.node('ReduceSum', [sideBySide, emit.ints([axis + 1])], { keepdims: { int: 0 } });
}
