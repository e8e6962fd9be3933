import type { Span } from '../language/source.js';
import type { Initializer } from './model.js';

/**
 * The instantiated network: blocks are gone, sizes are numbers, every tensor is a node. Nodes stand in topological order.
 * The batch axis is not written; `rows` says whether a tensor differs by row.
 */
export interface Network {
  readonly nodes: readonly TensorNode[];
  readonly weights: readonly Weight[];
  /** Running statistics: saved and read like weights, never trained. */
  readonly states: readonly State[];
  /** The lookups of embedding tables, in the order they were made. */
  readonly sites: readonly Site[];
  /** Tensors that the network names, in order, for messages and reports. */
  readonly named: readonly { readonly name: string; readonly node: NodeId }[];
  /** Each label's logit (core shape [] for binary and number, [n] for class(n)), and the loss of a row, [], where it has its own. */
  readonly logits: readonly { readonly label: string; readonly node: NodeId; readonly loss?: NodeId }[];
  /** What `outputs:` lists besides labels, by name. */
  readonly outputs: readonly { readonly name: string; readonly node: NodeId }[];
}

/**
 * What inputs and outputs of the graph are called, or begin with before a dot: no weight's path begins so. A graph, an engine and a
 * file of weights tell all of them apart by name alone.
 */
export const namesOfGraph = [
  ...['dense', 'rows', 'ids', 'offsets', 'mask', 'code', 'frequency', 'label', 'weight', 'total_weight', 'noise'],
  ...['table', 'embeddings'],
  ...['loss', 'gradient', 'state', 'logit', 'prediction', 'output', '__proto__'],
] as const;

/** Position in `Network.nodes`. */
export type NodeId = number;

export interface Weight {
  /** Path in the expanded network, e.g. `deep.0.linear.weight`; unique, and none of the `namesOfGraph`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** A bias, or the scale or shift of a norm: exempt from the train section's l2. */
  readonly isBias: boolean;
  /** Its own l2, or undefined: the train section's. */
  readonly l2?: number;
  /** Keeps the values it starts with. */
  readonly frozen?: true;
  /** In the user's text: of a weight within a library block, the call of that block. */
  readonly span: Span;
}

/** A running statistic: a parameter that no gradient reaches; the step gives its next value. */
export interface State {
  /** Path, as of a weight: `deep.0.batch_norm.mean`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What every element starts with. */
  readonly initial: number;
}

/** One place where a table is looked up. */
export interface Site {
  /** The feature's name where the feature itself is meant; a path for `embed` and `sequence`. Unique. */
  readonly name: string;
  readonly feature: string;
  readonly table: string;
  readonly dim: number;
  /** One id a row; several pooled; or several side by side: [length, dim], ragged. */
  readonly form: 'row' | 'mean' | 'sum' | 'sequence';
  /** Places of a sequence: the feature's `max_length`. */
  readonly length?: number;
}

/**
 * An axis of which each row has only the first so many places: those of a multivalent feature's values, or, for `batch(x)`,
 * the rows of the batch, less padding. A reduction over it takes only the places that are there; over none it gives 0.
 */
export type Ragged =
  { readonly ragged: 'sequence'; readonly feature: string; readonly length: number } | { readonly ragged: 'batch' };

/** A ragged size equals itself only, and stands in the first axis of a shape only. */
export type Size = number | Ragged;

/** Whether each row has its own number of places: which there are differs by row, and so does what is made of them. */
export const isSequence = (size: Size | undefined): size is Extract<Ragged, { ragged: 'sequence' }> =>
  typeof size === 'object' && size.ragged === 'sequence';

export const sameSize = (a: Size | undefined, b: Size | undefined): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.ragged === 'batch' ? b.ragged === 'batch' : b.ragged === 'sequence' && a.feature === b.feature;
};

/** A named axis over which an expression is lifted: the `i` of `sum[i](…)`. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly size: Size;
}

interface NodeBase {
  readonly id: NodeId;
  /** Axes of the value itself, without the batch axis and without indices. */
  readonly shape: readonly Size[];
  /** Free indices, by ascending id: more axes, before those of `shape` in layout order. */
  readonly indices: readonly Index[];
  /** Whether the value differs by row. Layout: [rows?, ...indices, ...shape]. */
  readonly rows: boolean;
  readonly span: Span;
}

export type UnaryFunction = 'negate' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sigmoid' | 'tanh' | 'relu' | 'softplus';
export type BinaryFunction = 'add' | 'subtract' | 'multiply' | 'divide' | 'max' | 'min';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type Reduction = 'sum' | 'mean' | 'max' | 'min' | 'log_sum_exp';

export type TensorNode = NodeBase &
  /** The numbers of a feature that is no category: [width]. */
  (
    | { readonly kind: 'feature'; readonly feature: string }
    /** [dim], or [length, dim] of a sequence, whose first axis is ragged. */
    | { readonly kind: 'lookup'; readonly site: string }
    /** The integer of a row's category: []. */
    | { readonly kind: 'code'; readonly feature: string }
    /** log of the category's share of the training rows: []; in losses only. */
    | { readonly kind: 'log_frequency'; readonly feature: string }
    /** The observed value of a label: []; in losses only. */
    | { readonly kind: 'target'; readonly label: string }
    | { readonly kind: 'weight'; readonly weight: string }
    | { readonly kind: 'constant'; readonly value: number }
    | { readonly kind: 'unary'; readonly function: UnaryFunction; readonly x: NodeId }
    /** Core shapes equal, or one of them is []. Indices and rows are united. */
    | { readonly kind: 'binary'; readonly function: BinaryFunction; readonly a: NodeId; readonly b: NodeId }
    /** 1 where it holds, else 0; shapes as for `binary`. */
    | { readonly kind: 'compare'; readonly comparison: Comparison; readonly a: NodeId; readonly b: NodeId }
    /** a where the condition is not 0, else b; each of the three has the shape of the result or []. */
    | { readonly kind: 'where'; readonly condition: NodeId; readonly a: NodeId; readonly b: NodeId }
    /** [n, m] @ [m] or [n, m] @ [m, k] */
    | { readonly kind: 'matmul'; readonly a: NodeId; readonly b: NodeId }
    /** [n, m] → [m, n] */
    | { readonly kind: 'transpose'; readonly x: NodeId }
    /** x[i]: the leading axis becomes the free index, which x has not yet. */
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
    /** Elements `at` of the leading axis, in that order; one may stand several times. */
    | { readonly kind: 'take'; readonly x: NodeId; readonly at: readonly number[] }
    /** Along the leading axis. */
    | { readonly kind: 'concat'; readonly xs: readonly NodeId[] }
    /** Adds a leading axis. */
    | { readonly kind: 'stack'; readonly xs: readonly NodeId[] }
    /** Same number of elements: flatten, unflatten, vector[1] ↔ scalar. */
    | { readonly kind: 'reshape'; readonly x: NodeId }
    /** Identity in inference; `path` names its noise. */
    | { readonly kind: 'dropout'; readonly x: NodeId; readonly rate: number; readonly path: string }
    /** The batch axis written out: [batch, ...shape of x], the same for every row. */
    | { readonly kind: 'batch'; readonly x: NodeId }
    /**
     * (x - μ) / √(σ² + ε) for each element of `shape`, over the rows and the free indices: of the batch while training, which
     * moves the states `mean` and `variance` by `momentum`; those of the states in inference.
     */
    | {
        readonly kind: 'batch_norm';
        readonly x: NodeId;
        readonly mean: string;
        readonly variance: string;
        readonly epsilon: number;
        readonly momentum: number;
      }
  );

/** The nodes that a node is computed from. */
export function operandsOf(node: TensorNode): readonly NodeId[] {
  if ('xs' in node) return node.xs;
  if ('condition' in node) return [node.condition, node.a, node.b];
  if ('x' in node) return [node.x];
  return 'a' in node ? [node.a, node.b] : [];
}
