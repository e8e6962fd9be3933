import type { Builder } from '../builder.js';
import { contract, type Label, type Labelled } from '../contract.js';
import type { Node, NodeId, Shape } from '../graph.js';
import type { Op, Tensor } from '../op.js';
import { dimAt, elementsOf, isBatch, printShape, sameShape, shapeError } from '../shapes.js';
import { at, moved } from './elementwise.js';
import { operand, product, zeros } from './loops.js';

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
  for (let i = 0; i < product(batchShape); i++) {
    const x = a.shape.length > 2 ? a.data.subarray(i * n * m, (i + 1) * n * m) : a.data;
    const y = b.shape.length > 2 ? b.data.subarray(i * m * k, (i + 1) * m * k) : b.data;
    multiplyOne(flags, x, y, result.data.subarray(i * n * k, (i + 1) * n * k), n, m, k);
  }
  return result;
}

/** The inner loop runs along memory in `y` and, but for a transposed right side, in the result. */
function multiplyOne(flags: Flags, x: Float64Array, y: Float64Array, out: Float64Array, n: number, m: number, k: number): void {
  const [stepN, stepM] = flags.transposeA ? [1, n] : [m, 1];
  for (let i = 0; i < n; i++) {
    if (flags.transposeB) {
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let l = 0; l < m; l++) sum += x[i * stepN + l * stepM]! * y[j * m + l]!;
        out[i * k + j] = sum;
      }
      continue;
    }
    for (let l = 0; l < m; l++) {
      const factor = x[i * stepN + l * stepM]!;
      for (let j = 0; j < k; j++) out[i * k + j]! += factor * y[l * k + j]!;
    }
  }
}
