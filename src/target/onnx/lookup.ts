import type { Node, Shape } from '../../graph/graph.js';
import type { Emitter } from './emitter.js';
import { ElementType } from './proto.js';

/** Rows of a table by int32 ids, [rows] or [rows, length]; a bag's rows are summed, or averaged, into its row of the batch. */
export function lowerLookup(
  node: Node<'lookup'>,
  [table = '', ids = '', offsets = '']: readonly string[],
  emit: Emitter,
  _shapes: readonly Shape[],
): string {
  const rows = emit.node('Gather', [table, ids], { axis: { int: 0 } });
  if (node.pool === undefined) return rows;
  const sums = addRows(emit.dims(node.shape), bagOfEachId(ids, offsets, emit), rows, emit);
  return node.pool === 'mean' ? emit.node('Div', [sums, bagSizes(offsets, emit)]) : sums;
}

export function lowerScatterRows(
  node: Node<'scatter_rows'>,
  inputs: readonly string[],
  emit: Emitter,
  shapes: readonly Shape[],
): string {
  const [table = '', ids = ''] = inputs;
  const dims = emit.node('Shape', [table]);
  const gradient = inputs.at(-1) ?? '';
  if (shapes[1]?.length === 2) {
    const width = shapes.at(-1)?.[2];
    if (typeof width !== 'number') throw new Error(`the rows of ${node.site} have no fixed size`);
    const flat = (value: string, sizes: readonly number[]) => emit.node('Reshape', [value, emit.ints(sizes)]);
    return addRows(dims, flat(ids, [-1]), flat(gradient, [-1, width]), emit);
  }
  if (node.pool === undefined) return addRows(dims, ids, gradient, emit);
  const offsets = inputs[2] ?? '';
  const share = node.pool === 'mean' ? emit.node('Div', [gradient, bagSizes(offsets, emit)]) : gradient;
  const ofEachId = emit.node('Gather', [share, bagOfEachId(ids, offsets, emit)], { axis: { int: 0 } });
  return addRows(dims, ids, ofEachId, emit);
}

/**
 * Zeros of shape `dims` to which row i of `values` is added at row `at[i]`. By ScatterElements: onnxruntime's ScatterND lets threads
 * race for equal rows and loses additions (seen in 1.30).
 */
function addRows(dims: string, at: string, values: string, emit: Emitter): string {
  const zeros = emit.node('Expand', [emit.float(0), dims]);
  const column = emit.node('Unsqueeze', [emit.cast(at, ElementType.int64), emit.ints([1])]);
  const indices = emit.node('Expand', [column, emit.node('Shape', [values])]);
  return emit.node('ScatterElements', [zeros, indices, values], { axis: { int: 0 }, reduction: 'add' });
}

/** [rows, 1], at least 1: an empty bag divides zeros. */
function bagSizes(offsets: string, emit: Emitter): string {
  const axis = emit.ints([0]);
  const ends = emit.node('Slice', [offsets, emit.ints([1]), emit.ints([Number.MAX_SAFE_INTEGER]), axis]);
  const starts = emit.node('Slice', [offsets, emit.ints([0]), emit.ints([-1]), axis]);
  const sizes = emit.node('Max', [emit.cast(emit.node('Sub', [ends, starts]), ElementType.float), emit.float(1)]);
  return emit.node('Unsqueeze', [sizes, emit.ints([1])]);
}

/** int64 [bag]: which row of the batch an id belongs to: the number of bags, after the first, that begin at or before it. */
function bagOfEachId(ids: string, offsets: string, emit: Emitter): string {
  const axis = emit.ints([0]);
  const length = emit.node('Shape', [ids]);
  const later = emit.node('Slice', [offsets, emit.ints([1]), emit.ints([-1]), axis]);
  const marks = emit.node(
    'ScatterElements',
    [
      emit.node('Expand', [emit.ints([0]), emit.node('Add', [length, emit.ints([1])])]),
      emit.cast(later, ElementType.int64),
      emit.node('Expand', [emit.ints([1]), emit.node('Shape', [later])]),
    ],
    { axis: { int: 0 }, reduction: 'add' },
  );
  const begun = emit.node('CumSum', [marks, emit.node('Squeeze', [axis])]);
  return emit.node('Slice', [begun, emit.ints([0]), length, axis]);
}
