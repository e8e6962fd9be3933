import type { Span } from '../language/source.js';

/**
 * One axis: a known size, the batch axis, or the batch axis folded with n others (`rows*n`, only between two reshapes).
 * Only graphs before `cut-tables` have the others: the rows of a table before its vocabulary is known, the ids of all bags
 * of a batch, and the offsets where bags begin and end.
 */
export type Dim = number | 'rows' | `rows*${number}` | `V(${string})` | `ids(${string})` | 'rows+1';
export type Shape = readonly Dim[];
export type DType = 'float' | 'int';
/** Position in `Graph.nodes`. */
export type NodeId = number;

/**
 * What each kind of node carries besides its inputs, shape and span: one entry an op, one file an op in `ops/`.
 * Binary elementwise ops broadcast as NumPy does; everything else takes exact shapes.
 */
export interface OpAttributes {
  // Leaves
  /** Given by the host each step: a batch of rows, labels, weights. */
  input: { readonly name: string; readonly dtype: DType };
  /** Trained; `name` is the weight's path, or `table.<name>`. */
  parameter: { readonly name: string };
  /** A running statistic: read like a parameter, never optimized; the step gives its next value as an output. */
  state: { readonly name: string };
  /** Uniform in [0, 1), filled by the host from (seed, step, row, name). */
  noise: { readonly name: string };
  /** One number, or one for each element in row-major order. */
  constant: { readonly value: number | readonly number[] };

  // Elementwise
  add: object;
  subtract: object;
  multiply: object;
  divide: object;
  maximum: object;
  minimum: object;
  /** 1 where a > b, else 0. */
  greater: object;
  /** Inputs condition, a, b: a where condition ≠ 0, else b. */
  select: object;
  negate: object;
  exp: object;
  log: object;
  sqrt: object;
  abs: object;
  sign: object;
  sigmoid: object;
  tanh: object;
  relu: object;
  softplus: object;

  // Reductions; axes ascending, all distinct
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  softmax: { readonly axis: number };
  log_softmax: { readonly axis: number };

  // Shapes and products
  /** Batched: [...batch, n, m] × [...batch, m, k] after the flags; the batch axes are equal, or absent on one side. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  transpose: { readonly permutation: readonly number[] };
  /** The new shape is the node's own `shape`. */
  reshape: object;
  /** NumPy broadcast to the node's own `shape`. */
  broadcast: object;
  concat: { readonly axis: number };
  /** Elements from ≤ i < to of one axis. */
  slice: { readonly axis: number; readonly from: number; readonly to: number };
  /** The transpose of `slice`: zeros before and after along one axis. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  /** Elements `at` of one axis, in that order; one may stand several times. */
  take: { readonly axis: number; readonly at: readonly number[] };
  /** The transpose of `take`: element i of the axis is added to place `at[i]` of `size`; the other places are 0. */
  place: { readonly axis: number; readonly at: readonly number[]; readonly size: number };

  // Embeddings
  /**
   * Inputs: table [V, k] and ids [rows], or [rows, length] of a sequence: one row each → [rows, k] or [rows, length, k]. `pool` absent.
   * With `pool`: inputs table, ids [ids(feature)], offsets [rows+1]: bag r holds the ids from offsets[r] to offsets[r + 1],
   * and its rows are pooled; an empty bag is zeros.
   */
  lookup: { readonly site: string; readonly pool?: 'mean' | 'sum' };
  /** Inputs as lookup's and, last, the gradient of its result: the gradient of the table. Only the uncut graph has it. */
  scatter_rows: { readonly site: string; readonly pool?: 'mean' | 'sum' };
}

export type OpName = keyof OpAttributes;

interface NodeBase {
  readonly id: NodeId;
  readonly inputs: readonly NodeId[];
  readonly shape: Shape;
  /** Where in the spec it comes from. */
  readonly span?: Span;
  /** What its cost is booked on: a name of the network, `embeddings` or `loss`. */
  readonly part?: string;
}

/** A plain record; `kind` says which op, and the op's attributes stand beside it. */
export type Node<K extends OpName = OpName> = { [P in K]: NodeBase & { readonly kind: P } & OpAttributes[P] }[K];

/** Nodes in topological order, and the ones that a caller wants, by name. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: Readonly<Record<string, NodeId>>;
}
