import type { Node, OpName, Shape } from '../../graph/graph.js';
import type { GraphWriter } from './graph-writer.js';
import type { TensorFlowOp } from './node-def.js';

/** Writes one node of the graph; `inputs` are the names of its operands, `shapes` their shapes. Returns the result's name. */
export type Write<K extends OpName> = (
  node: Node<K>,
  inputs: readonly string[],
  writer: GraphWriter,
  shapes: readonly Shape[],
) => string;

/** What a graph model is given or stores, and what only training has. */
export type NotWritten = 'input' | 'parameter' | 'state' | 'noise' | 'constant' | 'scatter_rows';

const direct =
  (op: TensorFlowOp): Write<OpName> =>
  (_node, inputs, writer) =>
    writer.node(op, inputs);

const reduction =
  (op: 'Sum' | 'Max'): Write<'sum' | 'max'> =>
  ({ axes, keepDims }, [x = ''], writer) =>
    axes.length === 0 ? x : writer.node(op, [x, writer.sizes(axes)], { keep_dims: { b: keepDims } });

/** TensorFlow's softmax is over the last axis alone: over another it is written out, the largest element subtracted first. */
const softmax =
  (op: 'Softmax' | 'LogSoftmax'): Write<'softmax' | 'log_softmax'> =>
  ({ axis, shape }, [x = ''], writer) => {
    if (axis === shape.length - 1) return writer.node(op, [x]);
    const over = (reduce: 'Max' | 'Sum', value: string): string =>
      writer.node(reduce, [value, writer.sizes([axis])], { keep_dims: { b: true } });
    const shifted = writer.node('Sub', [x, over('Max', x)]);
    const powers = writer.node('Exp', [shifted]);
    const total = over('Sum', powers);
    return op === 'Softmax'
      ? writer.node('RealDiv', [powers, total])
      : writer.node('Sub', [shifted, writer.node('Log', [total])]);
  };

/** One op of the graph → nodes of TensorFlow. */
export const operators = {
  add: direct('AddV2'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('RealDiv'),
  maximum: direct('Maximum'),
  minimum: direct('Minimum'),
  greater: (_node, inputs, writer) => writer.asFloat(writer.node('Greater', inputs), 'DT_BOOL'),
  select: (_node, [condition = '', a = '', b = ''], writer) =>
    writer.node('SelectV2', [writer.node('NotEqual', [condition, writer.float(0)]), a, b]),
  negate: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  relu: direct('Relu'),
  softplus: direct('Softplus'),

  sum: reduction('Sum'),
  max: reduction('Max'),
  softmax: softmax('Softmax'),
  log_softmax: softmax('LogSoftmax'),

  matmul: ({ transposeA, transposeB }, inputs, writer, shapes) =>
    shapes.every(({ length }) => length === 2)
      ? writer.node('MatMul', inputs, { transpose_a: { b: transposeA }, transpose_b: { b: transposeB } })
      : writer.node('BatchMatMulV2', inputs, { adj_x: { b: transposeA }, adj_y: { b: transposeB } }),
  transpose: ({ permutation }, [x = ''], writer) => writer.node('Transpose', [x, writer.sizes(permutation)]),
  reshape: ({ shape }, [x = ''], writer) => writer.node('Reshape', [x, writer.newShape(shape)]),
  broadcast: ({ shape }, [x = ''], writer, [from = []]) => writeBroadcast(x, from, shape, writer),
  concat: ({ axis }, inputs, writer) =>
    writer.node('ConcatV2', [...inputs, writer.sizes([axis], [])], { N: { i: String(inputs.length) } }),
  slice: ({ axis, from, to, shape }, [x = ''], writer) => {
    const begin = shape.map((_, i) => (i === axis ? from : 0));
    const size = shape.map((_, i) => (i === axis ? to - from : -1));
    return writer.node('Slice', [x, writer.sizes(begin), writer.sizes(size)]);
  },
  pad: ({ axis, before, after, shape }, [x = ''], writer) => {
    const paddings = shape.flatMap((_, i) => (i === axis ? [before, after] : [0, 0]));
    return writer.node('Pad', [x, writer.sizes(paddings, [shape.length, 2])]);
  },
  take: ({ axis, at }, [x = ''], writer) => writer.node('GatherV2', [x, writer.positions(at), writer.sizes([axis], [])]),
  place: writePlace,
  lookup: writeLookup,
} satisfies { readonly [K in Exclude<OpName, NotWritten>]: Write<K> };

/**
 * Sums with zeros: unlike BroadcastTo they need no shape, which would have to be read back from the device for every batch.
 * Axes of size 1 are given to x first, which an elementwise op takes for missing ones.
 */
export function writeBroadcast(x: string, from: Shape, to: Shape, writer: GraphWriter): string {
  const had = to.map((_, axis) => from[axis - to.length + from.length] ?? 1);
  if (had.every((dim, axis) => dim === to[axis])) {
    return from.length === to.length ? x : writer.node('Reshape', [x, writer.newShape(to)]);
  }
  const fixed = to.map((dim) => (typeof dim === 'number' ? dim : 1));
  const symbolic = to.flatMap((dim, axis) => (typeof dim !== 'number' && had[axis] === 1 ? [{ dim, axis }] : []));
  const [first, second] = symbolic;
  if (second !== undefined || (first !== undefined && first.dim !== 'rows')) {
    return writer.node('BroadcastTo', [x, writer.shape(to)]);
  }
  const zeros = writer.floats(new Array<number>(fixed.reduce((product, size) => product * size, 1)).fill(0), fixed);
  const spread = writer.node('AddV2', [x, zeros]);
  if (first === undefined) return spread;
  const column = to.map((_, axis) => (axis === first.axis ? -1 : 1));
  return writer.node('AddV2', [spread, writer.node('Reshape', [writer.zeroOfEachRow(), writer.sizes(column)])]);
}

/** The elements of each place are read side by side and summed; a zero behind the last element stands for those that a place lacks. */
function writePlace({ axis, at, size, shape }: Node<'place'>, [x = '']: readonly string[], writer: GraphWriter): string {
  const sources = Array.from({ length: size }, (): number[] => []);
  at.forEach((to, from) => sources[to]?.push(from));
  const most = sources.reduce((all, { length }) => Math.max(all, length), 1);
  const paddings = shape.flatMap((_, i) => (i === axis ? [0, 1] : [0, 0]));
  const padded = sources.some(({ length }) => length < most)
    ? writer.node('Pad', [x, writer.sizes(paddings, [shape.length, 2])])
    : x;
  const inPlaces = (i: number): string =>
    writer.node('GatherV2', [padded, writer.positions(sources.map((of) => of[i] ?? at.length)), writer.sizes([axis], [])]);
  return Array.from({ length: most }, (_, i) => inPlaces(i)).reduce((sum, next) => writer.node('AddV2', [sum, next]));
}

/**
 * Rows of a table by ids, [rows] or [rows, length]. Those of a bag come as ids padded to [rows, places] and, in the place of offsets, a
 * mask [rows, places] of zeros and ones: a product with it sums the rows that are there.
 */
function writeLookup(
  { pool, shape }: Node<'lookup'>,
  [table = '', ids = '', mask = '']: readonly string[],
  writer: GraphWriter,
): string {
  const rows = writer.node('GatherV2', [table, ids, writer.sizes([0], [])]);
  if (pool === undefined) return rows;
  const ones = writer.node('ExpandDims', [mask, writer.sizes([1], [])]);
  const flags = { adj_x: { b: false }, adj_y: { b: false } };
  const sums = writer.node('Reshape', [writer.node('BatchMatMulV2', [ones, rows], flags), writer.newShape(shape)]);
  if (pool === 'sum') return sums;
  const counts = writer.node('Sum', [mask, writer.sizes([1])], { keep_dims: { b: true } });
  return writer.node('RealDiv', [sums, writer.node('Maximum', [counts, writer.float(1)])]);
}
