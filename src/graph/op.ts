import type { Builder } from './builder.js';
import type { Node, NodeId, OpAttributes, OpName, Shape } from './graph.js';

/** A value in the interpreter: row-major float64, the batch axis a number like any other. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Costs of one node for a batch of `rows` rows. */
export interface Cost {
  readonly multiplyAdds: number;
  /** Bytes read and written in float32. */
  readonly bytes: number;
}

/** Everything the compiler knows of one op. The file `ops/<name>.ts` exports one of these. */
export interface Op<K extends OpName> {
  readonly kind: K;
  /** Whether a row of the result depends on the same row of its inputs only; the result has one batch axis or none. */
  readonly rowLocal: (node: Node<K>, inputs: readonly Shape[]) => boolean;
  /** Shape of the result; throws a `ShapeError` (a bug in the compiler, never in a spec) where the inputs do not fit. */
  readonly shape: (inputs: readonly Shape[], attributes: OpAttributes[K], declared?: Shape) => Shape;
  /**
   * Gradient of each input given the gradient of the result; undefined: no gradient flows there (ids, conditions).
   * Only those listed in `wanted` are needed.
   */
  readonly gradient: (
    node: Node<K>,
    upstream: NodeId,
    builder: Builder,
    wanted: readonly boolean[],
  ) => readonly (NodeId | undefined)[];
  readonly cost: (node: Node<K>, inputs: readonly Shape[], rows: number) => Cost;
  /** Attributes in the text form, e.g. `axes=[1]`; '' for none. */
  readonly text: (node: Node<K>) => string;
  /** Float64, plain loops: the oracle. Leaves have none: the interpreter is given their values. */
  readonly evaluate?: (node: Node<K>, inputs: readonly Tensor[], rows: number) => Tensor;
}
