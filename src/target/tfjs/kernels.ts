import type { OpName } from '../../graph/graph.js';
import { sizesOf } from '../../graph/shapes.js';
import { asFloat } from './backend-ways.js';
import type { Kernel, Leaf } from './kernel.js';
import { operandAt } from './kernel.js';
import { around, collapseBroadcast, collapsePermutation, collapseReduction, product } from './layouts.js';
import type { Tensor, TfjsNamespace } from './namespace.js';
import { lookup, scatterRows } from './uncut.js';

type Unary = (tf: TfjsNamespace, x: Tensor) => Tensor;
type Binary = (tf: TfjsNamespace, a: Tensor, b: Tensor) => Tensor;

const unary =
  (apply: Unary): Kernel<OpName> =>
  ({ tf }, _, operands) =>
    apply(tf, operandAt(operands, 0));

/** Axes that every backend's kernels know. */
const mostAxes = 4;

/** Repeats a tensor along one axis after the other where more than four take part: tiling by more is done on the processor, or not at all. */
const spread = (tf: TfjsNamespace, x: Tensor, shape: readonly number[]): Tensor => {
  const [from = [], to = []] = collapseBroadcast([x.shape, shape]).operands;
  if (to.length <= mostAxes) return tf.reshape(tf.broadcastTo(tf.reshape(x, [...from]), [...to]), [...shape]);
  const repeated = to.reduce((so, size, axis) => {
    if (from[axis] === size) return so;
    const inner = product(from.slice(axis + 1));
    return tf.tile(tf.reshape(so, [-1, 1, inner]), [1, size, 1]);
  }, x);
  return tf.reshape(repeated, [...shape]);
};

/** Applies an elementwise kernel to operands of any rank. */
const elementwise = (tf: TfjsNamespace, operands: readonly Tensor[], apply: (...operands: Tensor[]) => Tensor): Tensor => {
  if (operands.every(({ rank }) => rank <= mostAxes)) return apply(...operands);
  const { operands: collapsed, result } = collapseBroadcast(operands.map(({ shape }) => shape));
  const isFew = collapsed.every(({ length }) => length <= mostAxes);
  return tf.tidy(() => {
    const reshaped = operands.map((operand, i) =>
      isFew ? tf.reshape(operand, [...(collapsed[i] ?? [])]) : tf.reshape(spread(tf, operand, result), [-1]),
    );
    return tf.reshape(apply(...reshaped), [...result]);
  });
};

const binary =
  (apply: Binary): Kernel<OpName> =>
  ({ tf }, _, operands) =>
    elementwise(tf, [operandAt(operands, 0), operandAt(operands, 1)], (a, b) => apply(tf, a, b));

type Reduce = (tf: TfjsNamespace, x: Tensor, axes: number[]) => Tensor;

const reduction =
  (reduce: Reduce): Kernel<'sum' | 'max'> =>
  ({ tf }, { axes, keepDims }, operands) => {
    const x = operandAt(operands, 0);
    if (axes.length === 0) return tf.clone(x);
    const kept = x.shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keepDims ? [1] : []));
    const collapsed = collapseReduction(x.shape, axes);
    return tf.tidy(() => tf.reshape(reduce(tf, tf.reshape(x, [...collapsed.shape]), [...collapsed.axes]), kept));
  };

/** The operand as [outer, size, inner] around an axis, less the largest of each line along it. */
const belowLargest = (tf: TfjsNamespace, x: Tensor, axis: number): Tensor => {
  const lines = tf.reshape(x, [...around(x.shape, axis)]);
  return tf.sub(lines, tf.max(lines, 1, true));
};

const matmul: Kernel<'matmul'> = ({ tf }, { transposeA, transposeB }, operands) => {
  const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
  if (a.rank === 2 && b.rank === 2) return tf.matMul(a, b, transposeA, transposeB);
  const batch = (a.rank > 2 ? a : b).shape.slice(0, -2);
  const n = a.shape.at(transposeA ? -1 : -2) ?? 1;
  const k = b.shape.at(transposeB ? -2 : -1) ?? 1;
  const folded = ({ shape }: Tensor): [number, number, number] => [
    product(shape.slice(0, -2)),
    shape.at(-2) ?? 1,
    shape.at(-1) ?? 1,
  ];
  return tf.tidy(() => {
    const isOneProduct = b.rank === 2 && !transposeA;
    const multiplied = isOneProduct
      ? tf.matMul(tf.reshape(a, [-1, a.shape.at(-1) ?? 1]), b, false, transposeB)
      : tf.matMul(tf.reshape(a, folded(a)), tf.reshape(b, folded(b)), transposeA, transposeB);
    return tf.reshape(multiplied, [...batch, n, k]);
  });
};

const transpose: Kernel<'transpose'> = ({ tf }, { permutation }, operands) => {
  const x = operandAt(operands, 0);
  const collapsed = collapsePermutation(x.shape, permutation);
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  if (collapsed.shape.length <= 1) return tf.reshape(x, shape);
  return tf.tidy(() => tf.reshape(tf.transpose(tf.reshape(x, [...collapsed.shape]), [...collapsed.permutation]), shape));
};

const broadcast: Kernel<'broadcast'> = ({ tf, rows }, node, operands) =>
  tf.tidy(() => spread(tf, operandAt(operands, 0), sizesOf(node.shape, rows)));

/** An operand as a matrix whose rows end with one line along an axis each, or several. */
const asLines = (tf: TfjsNamespace, x: Tensor, axis: number): Tensor => {
  const [outer, size, inner] = around(x.shape, axis);
  return tf.reshape(x, [outer, size * inner]);
};

const concat: Kernel<'concat'> = ({ tf, rows }, node, operands) =>
  tf.tidy(() =>
    tf.reshape(
      tf.concat(
        operands.map((x) => asLines(tf, x, node.axis)),
        1,
      ),
      sizesOf(node.shape, rows),
    ),
  );

const sliceOf = (tf: TfjsNamespace, x: Tensor, axis: number, from: number, to: number): Tensor => {
  const [outer, , inner] = around(x.shape, axis);
  const shape = x.shape.map((size, i) => (i === axis ? to - from : size));
  return tf.tidy(() => tf.reshape(tf.slice(asLines(tf, x, axis), [0, from * inner], [outer, (to - from) * inner]), shape));
};

const pad: Kernel<'pad'> = ({ tf, rows }, node, operands) => {
  const x = operandAt(operands, 0);
  const [, , inner] = around(x.shape, node.axis);
  return tf.tidy(() => {
    const padded = tf.pad(asLines(tf, x, node.axis), [
      [0, 0],
      [node.before * inner, node.after * inner],
    ]);
    return tf.reshape(padded, sizesOf(node.shape, rows));
  });
};

const take: Kernel<'take'> = ({ tf, rows, keep }, node, operands) => {
  const x = operandAt(operands, 0);
  const { axis, at } = node;
  const [first = 0] = at;
  if (at.every((one, i) => one === first + i)) return sliceOf(tf, x, axis, first, first + at.length);
  const places = keep(node, () => tf.tensor1d([...at], 'int32'));
  return tf.tidy(() => tf.reshape(tf.gather(tf.reshape(x, [...around(x.shape, axis)]), places, 1), sizesOf(node.shape, rows)));
};

/** Where no two elements share a place each is looked up, or a zero; else a product with a matrix of 0 and 1 adds them. */
const place: Kernel<'place'> = ({ tf, rows, keep }, node, operands) => {
  const x = operandAt(operands, 0);
  const { axis, at, size } = node;
  const [outer, count, inner] = around(x.shape, axis);
  const shape = sizesOf(node.shape, rows);
  if (new Set(at).size === at.length) {
    const sources = Array.from({ length: size }, (_, to) => (at.includes(to) ? at.indexOf(to) : count));
    const places = keep(node, () => tf.tensor1d(sources, 'int32'));
    return tf.tidy(() => {
      const padded = tf.concat([tf.reshape(x, [outer, count, inner]), tf.zeros([outer, 1, inner])], 1);
      return tf.reshape(tf.gather(padded, places, 1), shape);
    });
  }
  const matrix = keep(node, () => {
    const values = new Float32Array(size * count);
    at.forEach((to, from) => (values[to * count + from] = 1));
    return tf.tensor2d(values, [size, count]);
  });
  return tf.tidy(() => {
    if (inner === 1) return tf.reshape(tf.matMul(tf.reshape(x, [outer, count]), matrix, false, true), shape);
    return tf.reshape(tf.matMul(tf.reshape(matrix, [1, size, count]), tf.reshape(x, [outer, count, inner])), shape);
  });
};

/** The kernel of wasm takes numbers below 1.2e-7 for 0, with which a relu that is just above it would have no gradient. */
const sign: Unary = (tf, x) => (tf.getBackend() === 'wasm' ? tf.tidy(() => tf.sub(tf.step(x), tf.step(tf.neg(x)))) : tf.sign(x));

const constant: Kernel<'constant'> = ({ tf, rows, keep }, node) => {
  const shape = sizesOf(node.shape, rows);
  const { value } = node;
  return tf.clone(
    keep(node, () => (typeof value === 'number' ? tf.fill(shape, value) : tf.tensor([...value], shape, 'float32'))),
  );
};

/** One op of the graph → calls that all backends have kernels for. Operands are float32, ids int32. */
export const kernels = {
  constant,

  add: binary((tf, a, b) => tf.add(a, b)),
  subtract: binary((tf, a, b) => tf.sub(a, b)),
  multiply: binary((tf, a, b) => tf.mul(a, b)),
  divide: binary((tf, a, b) => tf.div(a, b)),
  maximum: binary((tf, a, b) => tf.maximum(a, b)),
  minimum: binary((tf, a, b) => tf.minimum(a, b)),
  greater: binary((tf, a, b) => tf.tidy(() => asFloat(tf, tf.greater(a, b)))),
  select: ({ tf }, _, operands) =>
    elementwise(tf, [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)], (condition, a, b) =>
      tf.tidy(() => tf.where(tf.notEqual(condition, 0), a, b)),
    ),
  negate: unary((tf, x) => tf.neg(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  abs: unary((tf, x) => tf.abs(x)),
  sign: unary(sign),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  relu: unary((tf, x) => tf.relu(x)),
  softplus: unary((tf, x) => tf.softplus(x)),

  sum: reduction((tf, x, axes) => tf.sum(x, axes)),
  max: reduction((tf, x, axes) => tf.max(x, axes)),
  softmax: ({ tf }, { axis }, operands) => {
    const x = operandAt(operands, 0);
    return tf.tidy(() => {
      const powers = tf.exp(belowLargest(tf, x, axis));
      return tf.reshape(tf.div(powers, tf.sum(powers, 1, true)), x.shape);
    });
  },
  log_softmax: ({ tf }, { axis }, operands) => {
    const x = operandAt(operands, 0);
    return tf.tidy(() => {
      const below = belowLargest(tf, x, axis);
      return tf.reshape(tf.sub(below, tf.log(tf.sum(tf.exp(below), 1, true))), x.shape);
    });
  },

  matmul,
  transpose,
  reshape: ({ tf, rows }, node, operands) => tf.reshape(operandAt(operands, 0), sizesOf(node.shape, rows)),
  broadcast,
  concat,
  slice: ({ tf }, { axis, from, to }, operands) => sliceOf(tf, operandAt(operands, 0), axis, from, to),
  pad,
  take,
  place,

  lookup,
  scatter_rows: scatterRows,
} satisfies { readonly [K in Exclude<OpName, Leaf>]: Kernel<K> };

export const kernelOf = <K extends Exclude<OpName, Leaf>>(kind: K): Kernel<K> => {
  const table: { readonly [P in Exclude<OpName, Leaf>]: Kernel<P> } = kernels;
  return table[kind];
};
