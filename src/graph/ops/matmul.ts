import type { Builder } from '../builder.js';
import { contract, type Label, type Labelled } from '../contract.js';
import type { Node, NodeId, Shape } from '../graph.js';
import type { Op, Tensor } from '../op.js';
import { dimAt, elementsOf, isBatch, printShape, sameShape, shapeError } from '../shapes.js';
import { at, moved } from './elementwise.js';
import { gather, operand, product, zeros } from './loops.js';

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matmul: Op<'matmul'> = {
  kind: 'matmul',
  rowLocal: (node, inputs) => !isBatch(sizes(at(inputs, 0), at(inputs, 1), node).m),
  shape: (inputs, flags) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    const fail = () => shapeError(`matmul of ${printShape(a)} and ${printShape(b)} ${textOf(flags)}`);
    if (a.length < 2 || b.length < 2) throw fail();
    const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
    const { n, m, k } = sizes(a, b, flags);
    const batchFits = batchA.length === 0 || batchB.length === 0 || sameShape(batchA, batchB);
    if (!batchFits || m !== dimAt(b, b.length - (flags.transposeB ? 1 : 2))) throw fail();
    return [...(batchA.length > 0 ? batchA : batchB), n, k];
  },
  gradient: (node, g, b, wanted) => gradients(node, g, b, wanted),
  cost: (node, inputs, rows) => {
    const { m } = sizes(at(inputs, 0), at(inputs, 1), node);
    return { multiplyAdds: elementsOf(node.shape, rows) * elementsOf([m], rows), bytes: moved(node, inputs, rows) };
  },
  text: textOf,
  evaluate: (node, inputs) => multiply(node, operand(inputs, 0), operand(inputs, 1)),
};

function textOf({ transposeA, transposeB }: Flags): string {
  return [...(transposeA ? ['transposeA'] : []), ...(transposeB ? ['transposeB'] : [])].join(' ');
}

/** [n, m] × [m, k] after the flags. */
function sizes(a: Shape, b: Shape, { transposeA, transposeB }: Flags) {
  const [rankA, rankB] = [a.length, b.length];
  return {
    n: dimAt(a, rankA - (transposeA ? 1 : 2)),
    m: dimAt(a, rankA - (transposeA ? 2 : 1)),
    k: dimAt(b, rankB - (transposeB ? 2 : 1)),
  };
}

/**
 * Σ over the axes that the operand lacks: each gradient is a product of the upstream one and the other operand again, in the
 * layout of its operand, so flags take the place of transposes and the batch of a shared operand folds into the contracted axis.
 */
function gradients(node: Node<'matmul'>, g: NodeId, builder: Builder, wanted: readonly boolean[]): (NodeId | undefined)[] {
  const [a, b] = [at(node.inputs, 0), at(node.inputs, 1)];
  const batch = (rank: number): Label[] => Array.from({ length: rank - 2 }, (_, axis) => `batch${axis}`);
  const label = (id: NodeId, first: Label, second: Label, flipped: boolean): Labelled => {
    const rank = builder.shape(id).length;
    return { node: id, labels: [...batch(rank), ...(flipped ? [second, first] : [first, second])] };
  };
  const left = label(a, 'n', 'm', node.transposeA);
  const right = label(b, 'm', 'k', node.transposeB);
  const upstream = label(g, 'n', 'k', false);
  return [left, right].map((x, i) => {
    if (!wanted[i]) return undefined;
    const other = i === 0 ? right : left;
    const contracted = upstream.labels.filter((one) => !x.labels.includes(one));
    return contract(builder, upstream, other, new Set(contracted), x.labels).node;
  });
}

function multiply(flags: Flags, a: Tensor, b: Tensor): Tensor {
  const batchShape = (a.shape.length > 2 ? a : b).shape.slice(0, -2);
  const { n, m, k } = sizes(a.shape, b.shape, flags) as { n: number; m: number; k: number };
  const result = zeros([...batchShape, n, k]);
  const x = flags.transposeA ? swapLastTwo(a) : a.data;
  const y = flags.transposeB ? b.data : swapLastTwo(b);
  for (let i = 0; i < product(batchShape); i++) {
    const left = a.shape.length > 2 ? x.subarray(i * n * m, (i + 1) * n * m) : x;
    const right = b.shape.length > 2 ? y.subarray(i * m * k, (i + 1) * m * k) : y;
    multiplyRows(left, right, result.data.subarray(i * n * k, (i + 1) * n * k), n, m, k);
  }
  return result;
}

function swapLastTwo({ shape, data }: Tensor): Float64Array {
  const [n = 1, m = 1] = shape.slice(-2);
  const batch = product(shape.slice(0, -2));
  return gather({ shape, data }, [batch, m, n], [n * m, 1, m]).data;
}

/** Every row of `x` [n, m] times every row of `y` [k, m]; two by four at a time, which keeps a processor's pipelines full. */
function multiplyRows(x: Float64Array, y: Float64Array, out: Float64Array, n: number, m: number, k: number): void {
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let l = 0; l < m; l++) sum += x[i * m + l]! * y[j * m + l]!;
    out[i * k + j] = sum;
  };
  const [evenN, fourK] = [n - (n % 2), k - (k % 4)];
  for (let i = 0; i < evenN; i += 2) {
    for (let j = 0; j < fourK; j += 4) block(x, y, out, i, j, m, k);
    for (let j = fourK; j < k; j++) [i, i + 1].forEach((row) => dot(row, j));
  }
  for (let i = evenN; i < n; i++) for (let j = 0; j < k; j++) dot(i, j);
}

function block(x: Float64Array, y: Float64Array, out: Float64Array, i: number, j: number, m: number, k: number): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  const x0 = i * m;
  const x1 = x0 + m;
  const y0 = j * m;
  for (let l = 0; l < m; l++) {
    const p = x[x0 + l]!;
    const q = x[x1 + l]!;
    const c0 = y[y0 + l]!;
    const c1 = y[y0 + m + l]!;
    const c2 = y[y0 + 2 * m + l]!;
    const c3 = y[y0 + 3 * m + l]!;
    a0 += p * c0;
    a1 += p * c1;
    a2 += p * c2;
    a3 += p * c3;
    b0 += q * c0;
    b1 += q * c1;
    b2 += q * c2;
    b3 += q * c3;
  }
  const to = i * k + j;
  [a0, a1, a2, a3].forEach((sum, c) => (out[to + c] = sum));
  [b0, b1, b2, b3].forEach((sum, c) => (out[to + k + c] = sum));
}
