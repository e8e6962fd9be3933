import type { Span } from '../language/source.js';
import type { Initializer } from './model.js';

/**
 * The instantiated network: blocks are gone, sizes are numbers, every tensor is a node. Nodes stand in topological order.
 * The batch axis is not written; `rows` says whether a tensor differs by row.
 */
export interface Network {
  readonly nodes: readonly TensorNode[];
  readonly weights: readonly Weight[];
  /** Tensors that the network names, in order, for messages and reports. */
  readonly named: readonly { readonly name: string; readonly node: NodeId }[];
  /** Each label's logit (core shape [] for binary and number, [n] for class(n)). */
  readonly logits: readonly { readonly label: string; readonly node: NodeId }[];
}

/**
 * What inputs and outputs of the graph are called, or begin with before a dot: no weight's path begins so. A graph, an engine and a
 * file of weights tell all of them apart by name alone.
 */
export const namesOfGraph = [
  ...['dense', 'rows', 'ids', 'offsets', 'label', 'weight', 'total_weight', 'noise', 'table'],
  ...['loss', 'gradient', 'logit', 'prediction', '__proto__'],
] as const;

/** Position in `Network.nodes`. */
export type NodeId = number;

export interface Weight {
  /** Path in the expanded network, e.g. `deep.0.linear.weight`; unique, and none of the `namesOfGraph`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Made by `bias`: exempt from the train section's l2. */
  readonly isBias: boolean;
  /** Its own l2, or undefined: the train section's. */
  readonly l2?: number;
  /** In the user's text: of a weight within a library block, the call of that block. */
  readonly span: Span;
}

/** A named axis over which an expression is lifted: the `i` of `sum[i](…)`. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly size: number;
}

interface NodeBase {
  readonly id: NodeId;
  /** Axes of the value itself, without the batch axis and without indices. */
  readonly shape: readonly number[];
  /** Free indices, by ascending id: more axes, before those of `shape` in layout order. */
  readonly indices: readonly Index[];
  /** Whether the value differs by row. Layout: [rows?, ...indices, ...shape]. */
  readonly rows: boolean;
  readonly span: Span;
}

export type UnaryFunction = 'negate' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sigmoid' | 'tanh' | 'relu' | 'softplus';
export type BinaryFunction = 'add' | 'subtract' | 'multiply' | 'divide' | 'max' | 'min';
export type Reduction = 'sum' | 'mean' | 'max' | 'min' | 'log_sum_exp';

export type TensorNode = NodeBase &
  (
    | { readonly kind: 'feature'; readonly feature: string }
    | { readonly kind: 'weight'; readonly weight: string }
    | { readonly kind: 'constant'; readonly value: number }
    | { readonly kind: 'unary'; readonly function: UnaryFunction; readonly x: NodeId }
    /** Core shapes equal, or one of them is []. Indices and rows are united. */
    | { readonly kind: 'binary'; readonly function: BinaryFunction; readonly a: NodeId; readonly b: NodeId }
    /** [n, m] @ [m] or [n, m] @ [m, k] */
    | { readonly kind: 'matmul'; readonly a: NodeId; readonly b: NodeId }
    /** [n, m] → [m, n] */
    | { readonly kind: 'transpose'; readonly x: NodeId }
    /** x[i]: the leading axis becomes the free index. If x has that index already, the diagonal is meant. */
    | { readonly kind: 'lift'; readonly x: NodeId; readonly index: Index }
    /** stack[i]: the free index becomes the leading axis; of an x without it, copies. */
    | { readonly kind: 'bind'; readonly x: NodeId; readonly index: Index }
    /** Over one free index (elementwise in `shape`), or over all of `shape`. Of an x without the index: sum multiplies by its size. */
    | { readonly kind: 'reduce'; readonly reduction: Reduction; readonly x: NodeId; readonly over: Index | 'all' }
    /** Over one free index, which stays free, or over the one axis of a vector. */
    | { readonly kind: 'softmax'; readonly x: NodeId; readonly over: Index | 'vector' }
    /** x[2]: one element of the leading axis. */
    | { readonly kind: 'pick'; readonly x: NodeId; readonly at: number }
    /** x[from..to] of the leading axis. */
    | { readonly kind: 'slice'; readonly x: NodeId; readonly from: number; readonly to: number }
    /** Along the leading axis. */
    | { readonly kind: 'concat'; readonly xs: readonly NodeId[] }
    /** Adds a leading axis. */
    | { readonly kind: 'stack'; readonly xs: readonly NodeId[] }
    /** Same number of elements: flatten, unflatten, vector[1] ↔ scalar. */
    | { readonly kind: 'reshape'; readonly x: NodeId }
    /** Identity in inference; `path` names its noise. */
    | { readonly kind: 'dropout'; readonly x: NodeId; readonly rate: number; readonly path: string }
  );
