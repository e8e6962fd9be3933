import type { Node, OpName } from '../../graph/graph.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** What a kernel may use besides its operands. */
export interface Surroundings {
  readonly tf: TfjsNamespace;
  /** Rows of the batch. */
  readonly rows: number;
  /** A tensor that is the same in every run of the node it belongs to: made once, and not the kernel's to free. */
  readonly keep: (node: Node, make: () => Tensor) => Tensor;
}

/** Computes a node from its operands. What it returns is new, though it may share its numbers with an operand. */
export type Kernel<K extends OpName> = (at: Surroundings, node: Node<K>, operands: readonly Tensor[]) => Tensor;

/** Ops whose values a run is given. */
export type Leaf = 'input' | 'parameter' | 'state' | 'noise';

/** The operand at a place; throws where there is none. */
export const operandAt = (operands: readonly Tensor[], place: number): Tensor => {
  const operand = operands[place];
  if (operand === undefined) throw new Error(`operand ${place} is missing`);
  return operand;
};
