import type { Span } from '../language/source.js';
import type { Dim, DType, Graph, NodeId, Node, Shape } from './graph.js';

/** Appends nodes; equal nodes (same kind, inputs, attributes, shape) are one node. Shapes come from the ops' own rules. */
export interface Builder {
  readonly node: (id: NodeId) => Node;
  readonly shape: (id: NodeId) => Shape;
  /** Span given to the nodes made until the next call. */
  readonly at: (span: Span | undefined) => void;

  readonly input: (name: string, shape: Shape, dtype?: DType) => NodeId;
  readonly parameter: (name: string, shape: Shape) => NodeId;
  readonly noise: (name: string, shape: Shape) => NodeId;
  readonly constant: (value: number | readonly number[], shape?: Shape) => NodeId;

  readonly unary: (
    kind: 'negate' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sign' | 'sigmoid' | 'tanh' | 'relu' | 'softplus',
    x: NodeId,
  ) => NodeId;
  readonly binary: (
    kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'greater',
    a: NodeId,
    b: NodeId,
  ) => NodeId;
  readonly select: (condition: NodeId, a: NodeId, b: NodeId) => NodeId;
  readonly sum: (x: NodeId, axes: readonly number[], keepDims?: boolean) => NodeId;
  readonly max: (x: NodeId, axes: readonly number[], keepDims?: boolean) => NodeId;
  readonly softmax: (x: NodeId, axis: number) => NodeId;
  readonly logSoftmax: (x: NodeId, axis: number) => NodeId;
  readonly matmul: (a: NodeId, b: NodeId, flags?: { readonly transposeA?: boolean; readonly transposeB?: boolean }) => NodeId;
  readonly transpose: (x: NodeId, permutation: readonly number[]) => NodeId;
  readonly reshape: (x: NodeId, shape: Shape) => NodeId;
  readonly broadcast: (x: NodeId, shape: Shape) => NodeId;
  readonly concat: (xs: readonly NodeId[], axis: number) => NodeId;
  readonly slice: (x: NodeId, axis: number, from: number, to: number) => NodeId;
  readonly pad: (x: NodeId, axis: number, before: number, after: number) => NodeId;
  readonly lookup: (
    site: string,
    table: NodeId,
    ids: NodeId,
    bag?: { readonly offsets: NodeId; readonly pool: 'mean' | 'sum' },
  ) => NodeId;
  readonly scatterRows: (
    site: string,
    table: NodeId,
    ids: NodeId,
    gradient: NodeId,
    bag?: { readonly offsets: NodeId; readonly pool: 'mean' | 'sum' },
  ) => NodeId;

  readonly finish: (outputs: Readonly<Record<string, NodeId>>) => Graph;
}

export type { Dim };
