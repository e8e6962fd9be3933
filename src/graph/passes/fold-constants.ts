import type { Builder } from '../builder.js';
import type { Node, NodeId, OpName } from '../graph.js';
import type { Tensor } from '../op.js';
import { opOf } from '../ops/index.js';
import { elementsOf, isSymbolic, sizesOf } from '../shapes.js';
import { rewrite, type Pass } from './pass.js';

/** Larger results stay computed: they would only make what is written longer. */
const LARGEST = 4096;

/** Ops that make one repeated number of one repeated number, whatever the shape. */
const KEEP_UNIFORM: ReadonlySet<OpName> = new Set<OpName>([
  ...(['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'greater', 'select'] as const),
  ...(['negate', 'exp', 'log', 'sqrt', 'abs', 'sign', 'sigmoid', 'tanh', 'relu', 'softplus'] as const),
  ...(['transpose', 'reshape', 'broadcast', 'slice', 'take'] as const),
]);

/** Ops that only move elements; of one repeated number there is nothing to compute. */
const MOVES: ReadonlySet<OpName> = new Set<OpName>(['transpose', 'reshape', 'broadcast', 'slice', 'take']);

/** Computes what depends on constants only, unless it is not finite: no code can be relied on to write that. */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run: (graph) => rewrite(graph, (node, inputs, b) => fold(node, inputs, b)),
};

function fold(node: Node, inputs: readonly NodeId[], b: Builder): NodeId | undefined {
  if (inputs.length === 0) return undefined;
  const constants = inputs.flatMap((id) => {
    const input = b.node(id);
    return input.kind === 'constant' ? [input] : [];
  });
  if (constants.length < inputs.length) return undefined;
  const uniform = constants.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  if (KEEP_UNIFORM.has(node.kind) && uniform.length === inputs.length) {
    const one = { ...node, shape: [] };
    const rank0 = MOVES.has(node.kind) ? uniform[0] : evaluate(one, uniform.map(scalar))?.data[0];
    return rank0 === undefined || !Number.isFinite(rank0) ? undefined : b.constant(rank0, node.shape);
  }
  if (isSymbolic(node.shape) || elementsOf(node.shape, 1) > LARGEST || constants.some(({ shape }) => isSymbolic(shape)))
    return undefined;
  const values = constants.map((constant) => evaluate(constant, []));
  const known = values.filter((value) => value !== undefined);
  const result = known.length === values.length ? evaluate(node, known) : undefined;
  return result?.data.every(Number.isFinite) === true ? b.constant([...result.data], sizesOf(node.shape, 1)) : undefined;
}

function scalar(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

function evaluate<K extends OpName>(node: Node<K>, inputs: readonly Tensor[]): Tensor | undefined {
  return opOf<K>(node.kind).evaluate?.(node, inputs, 1);
}
