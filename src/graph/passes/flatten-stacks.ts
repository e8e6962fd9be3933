import type { Builder } from '../builder.js';
import type { NodeId, Shape } from '../graph.js';
import { dimAt, sameShape } from '../shapes.js';
import { applyRules, untilStable, type Pass, type Rule } from './pass.js';
import { simplifying } from './simplify.js';

/** What a reshape was made from, if it only puts an axis of 1 before axis `axis` of that. */
function unstacked(b: Builder, id: NodeId, axis: number): NodeId | undefined {
  const node = b.node(id);
  const [x = -1] = node.inputs;
  if (node.kind !== 'reshape') return undefined;
  const inner = b.shape(x);
  return axis < inner.length && sameShape(node.shape, [...inner.slice(0, axis), 1, ...inner.slice(axis)]) ? x : undefined;
}

/** Vectors put one below the other lie one after the other: [rows, 1, k] n times on axis 1 is [rows, n·k] in another shape. */
const stackAsConcat: Rule<'concat'> = (node, inputs, b) => {
  const pieces = inputs.flatMap((id) => unstacked(b, id, node.axis) ?? []);
  const [first = -1] = pieces;
  if (pieces.length < inputs.length || pieces.length < 2 || typeof b.shape(first)[node.axis] !== 'number') return undefined;
  if (!pieces.every((id) => sameShape(b.shape(id), b.shape(first)))) return undefined;
  return b.reshape(b.concat(pieces, node.axis), node.shape);
};

/** One of the vectors of such a stack is a slice of the row of all of them. */
const sliceOfStack: Rule<'reshape'> = (node, [x = -1], b) => {
  const slice = b.node(x);
  if (slice.kind !== 'slice' || slice.to !== slice.from + 1) return undefined;
  const { axis, from } = slice;
  const [stack = -1] = slice.inputs;
  const shape: Shape = b.shape(stack);
  const [count, size] = [dimAt(shape, axis), shape[axis + 1]];
  if (typeof count !== 'number' || typeof size !== 'number') return undefined;
  if (!sameShape(node.shape, [...shape.slice(0, axis), ...shape.slice(axis + 1)])) return undefined;
  const flat = b.reshape(stack, [...shape.slice(0, axis), count * size, ...shape.slice(axis + 2)]);
  return b.slice(flat, axis, from * size, (from + 1) * size);
};

/** Stacks as concats, with nothing between them and the tensors they are made of. */
export const flattenStacks: Pass = untilStable(
  'flatten-stacks',
  applyRules({
    ...simplifying,
    concat: [stackAsConcat, ...(simplifying.concat ?? [])],
    reshape: [sliceOfStack, ...(simplifying.reshape ?? [])],
  }),
);
