import type { Node, OpName, Shape } from '../../graph/graph.js';
import type { Emitter } from './emitter.js';
import { lowerLookup, lowerScatterRows } from './lookup.js';
import { lowerPlace } from './place.js';
import { ElementType } from './proto.js';
import { reshapeDims } from './reshape.js';

/** Writes one node of the graph; `inputs` are the names of its operands, `shapes` their shapes. Returns the result's name. */
export type Lower<K extends OpName> = (
  node: Node<K>,
  inputs: readonly string[],
  emit: Emitter,
  shapes: readonly Shape[],
) => string;

/** Ops that the writer makes inputs of the model, or initializers, and never nodes. */
export type Leaf = 'input' | 'parameter' | 'state' | 'noise' | 'constant';

const direct =
  (opType: string): Lower<OpName> =>
  (_node, inputs, emit) =>
    emit.node(opType, inputs);

/** @param inputSince the opset since which its axes are an input */
const reduction =
  (opType: string, inputSince: number): Lower<'sum' | 'max'> =>
  (node, inputs, emit) => {
    if (node.axes.length === 0) return emit.node('Identity', inputs);
    const keepdims = { int: node.keepDims ? 1 : 0 };
    if (emit.opset >= inputSince) return emit.node(opType, [...inputs, emit.ints(node.axes)], { keepdims });
    return emit.node(opType, inputs, { axes: { ints: node.axes }, keepdims });
  };

/** One op of the graph → nodes of opset 17. Kernels that are faster for particular inputs are in `rewrites.ts`. */
export const operators = {
  add: direct('Add'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('Div'),
  maximum: direct('Max'),
  minimum: direct('Min'),
  greater: (_node, inputs, emit) => emit.cast(emit.node('Greater', inputs), ElementType.float),
  select: (_node, [condition = '', a = '', b = ''], emit) => emit.node('Where', [emit.cast(condition, ElementType.bool), a, b]),
  negate: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  relu: direct('Relu'),
  softplus: direct('Softplus'),

  sum: reduction('ReduceSum', 13),
  max: reduction('ReduceMax', 18),
  softmax: (node, inputs, emit) => emit.node('Softmax', inputs, { axis: { int: node.axis } }),
  log_softmax: (node, inputs, emit) => emit.node('LogSoftmax', inputs, { axis: { int: node.axis } }),

  matmul: (node, inputs, emit, shapes) => {
    if (shapes.every((shape) => shape.length === 2)) return emit.node('Gemm', inputs, gemmFlags(node));
    const flags = [node.transposeA, node.transposeB];
    return emit.node(
      'MatMul',
      inputs.map((input, i) =>
        flags[i] ? emit.node('Transpose', [input], { perm: { ints: lastTwo(shapes[i] ?? []) } }) : input,
      ),
    );
  },
  transpose: (node, inputs, emit) => emit.node('Transpose', inputs, { perm: { ints: node.permutation } }),
  reshape: (node, inputs, emit) => emit.node('Reshape', [...inputs, reshapeDims(node.shape, emit)]),
  broadcast: (node, inputs, emit) => emit.node('Expand', [...inputs, emit.dims(node.shape)]),
  concat: (node, inputs, emit) => emit.node('Concat', inputs, { axis: { int: node.axis } }),
  slice: (node, inputs, emit) =>
    emit.node('Slice', [...inputs, emit.ints([node.from]), emit.ints([node.to]), emit.ints([node.axis])]),
  pad: (node, inputs, emit) => {
    const at = (amount: number) => node.shape.map((_, axis) => (axis === node.axis ? amount : 0));
    return emit.node('Pad', [...inputs, emit.ints([...at(node.before), ...at(node.after)])]);
  },
  take: (node, inputs, emit) => emit.node('Gather', [...inputs, emit.ints(node.at)], { axis: { int: node.axis } }),
  place: lowerPlace,

  lookup: lowerLookup,
  scatter_rows: lowerScatterRows,
} satisfies { readonly [K in Exclude<OpName, Leaf>]: Lower<K> };

export function gemmFlags(node: Node<'matmul'>): { transA: { int: number }; transB: { int: number } } {
  return { transA: { int: Number(node.transposeA) }, transB: { int: Number(node.transposeB) } };
}

function lastTwo(shape: Shape): number[] {
  const axes = shape.map((_, axis) => axis);
  return [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
}
