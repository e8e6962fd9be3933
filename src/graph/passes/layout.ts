import type { Builder } from '../builder.js';
import type { Node, NodeId, OpName, Shape } from '../graph.js';
import { dimAt, sameShape } from '../shapes.js';
import { onlyLeadingOnes } from './arithmetic.js';
import type { Rule, Rules } from './pass.js';

type Kind<K extends OpName> = Extract<Node, { readonly kind: K }>;

/** The node `id` if it is of this kind, with its first input. */
function inner<K extends OpName>(b: Builder, id: NodeId | undefined, kind: K): (Kind<K> & { readonly x: NodeId }) | undefined {
  if (id === undefined) return undefined;
  const node = b.node(id);
  return isKind(node, kind) ? { ...node, x: node.inputs[0] ?? -1 } : undefined;
}

function isKind<K extends OpName>(node: Node, kind: K): node is Kind<K> {
  return node.kind === kind;
}

/** The same shape as before: nothing to do. */
const unchanged: Rule = (node, [x = -1], b) => (sameShape(b.shape(x), node.shape) ? x : undefined);

const isOrdered = (axes: readonly number[]) => axes.every((axis, i) => i === 0 || axis > (axes[i - 1] ?? -1));

const transposeRules: readonly Rule<'transpose'>[] = [
  ({ permutation }, [x]) => (isOrdered(permutation) ? x : undefined),
  ({ permutation }, [x], b) => {
    const first = inner(b, x, 'transpose');
    return (
      first &&
      b.transpose(
        first.x,
        permutation.map((axis) => dimAxis(first.permutation, axis)),
      )
    );
  },
  // Only axes of 1 change their place.
  ({ permutation, shape }, [x = -1], b) =>
    isOrdered(permutation.filter((_, i) => shape[i] !== 1)) ? b.reshape(x, shape) : undefined,
];

function dimAxis(permutation: readonly number[], axis: number): number {
  return permutation[axis] ?? axis;
}

const reshapeRules: readonly Rule<'reshape'>[] = [
  unchanged,
  ({ shape }, [x], b) => {
    const first = inner(b, x, 'reshape');
    return first && b.reshape(first.x, shape);
  },
];

const broadcastRules: readonly Rule<'broadcast'>[] = [
  unchanged,
  ({ shape }, [x], b) => {
    const first = inner(b, x, 'broadcast');
    return first && b.broadcast(first.x, shape);
  },
  ({ shape }, [x], b) => {
    const first = inner(b, x, 'reshape');
    return first && onlyLeadingOnes(b.shape(first.x), first.shape) ? b.broadcast(first.x, shape) : undefined;
  },
];

/** A transpose of the last two axes is a flag. */
const transposedOperands: Rule<'matmul'> = (node, [x = -1, y = -1], b) => {
  const [a, c] = [x, y].map((id) => {
    const operand = inner(b, id, 'transpose');
    return operand && swapsLastTwo(operand.permutation) ? operand.x : undefined;
  });
  if (a === undefined && c === undefined) return undefined;
  return b.matmul(a ?? x, c ?? y, {
    transposeA: node.transposeA !== (a !== undefined),
    transposeB: node.transposeB !== (c !== undefined),
  });
};

function swapsLastTwo(permutation: readonly number[]): boolean {
  const rank = permutation.length;
  return permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
}

/** A reduction over axes of 1, or none, is a change of shape. */
const trivialReduction: Rule<'sum' | 'max'> = (node, [x = -1], b) =>
  node.axes.every((axis) => b.shape(x)[axis] === 1) ? b.reshape(x, node.shape) : undefined;

/** Sum over a, then over b: at once. */
const sumOfSum: Rule<'sum'> = (node, [x], b) => {
  const first = inner(b, x, 'sum');
  if (!first || first.keepDims || node.keepDims) return undefined;
  const rank = b.shape(first.x).length;
  const left = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !first.axes.includes(axis));
  const second = node.axes.map((axis) => left[axis] ?? axis);
  return b.sum(
    first.x,
    [...first.axes, ...second].sort((p, q) => p - q),
  );
};

const concatRules: readonly Rule<'concat'>[] = [
  (_, inputs) => (inputs.length === 1 ? inputs[0] : undefined),
  ({ axis }, inputs, b) => {
    const flat = inputs.flatMap((id) => {
      const piece = inner(b, id, 'concat');
      return piece?.axis === axis ? piece.inputs : [id];
    });
    return flat.length > inputs.length ? b.concat(flat, axis) : undefined;
  },
  // Neighbouring slices of one tensor.
  ({ axis }, inputs, b) => {
    for (let i = 1; i < inputs.length; i++) {
      const [first, second] = [inner(b, inputs[i - 1], 'slice'), inner(b, inputs[i], 'slice')];
      if (first?.axis !== axis || second?.axis !== axis || first.x !== second.x || first.to !== second.from) continue;
      return b.concat([...inputs.slice(0, i - 1), b.slice(first.x, axis, first.from, second.to), ...inputs.slice(i + 1)], axis);
    }
    return undefined;
  },
];

const sliceRules: readonly Rule<'slice'>[] = [
  unchanged,
  ({ axis, from, to }, [x], b) => {
    const first = inner(b, x, 'slice');
    return first?.axis === axis ? b.slice(first.x, axis, first.from + from, first.from + to) : undefined;
  },
  ({ axis, from, to }, [x], b) => {
    const first = inner(b, x, 'take');
    return first?.axis === axis ? b.take(first.x, axis, first.at.slice(from, to)) : undefined;
  },
  // Of one piece of a concat.
  ({ axis, from, to }, [x], b) => {
    const whole = inner(b, x, 'concat');
    if (whole?.axis !== axis) return undefined;
    let start = 0;
    for (const piece of whole.inputs) {
      const size = sizeAlong(b.shape(piece), axis);
      if (from >= start && to <= start + size) return b.slice(piece, axis, from - start, to - start);
      start += size;
    }
    return undefined;
  },
];

const padRules: readonly Rule<'pad'>[] = [
  unchanged,
  ({ axis, before, after }, [x], b) => {
    const first = inner(b, x, 'pad');
    return first?.axis === axis ? b.pad(first.x, axis, first.before + before, first.after + after) : undefined;
  },
];

const takeRules: readonly Rule<'take'>[] = [
  ({ axis, at }, [x = -1], b) => {
    const run = runOf(at);
    return run && b.slice(x, axis, run.from, run.to);
  },
  ({ axis, at }, [x], b) => {
    const first = inner(b, x, 'take');
    return first?.axis === axis ? b.take(first.x, axis, picked(first.at, at)) : undefined;
  },
];

const placeRules: readonly Rule<'place'>[] = [
  ({ axis, at, size }, [x = -1], b) => {
    const run = runOf(at);
    return run && b.pad(x, axis, run.from, size - run.to);
  },
  ({ axis, at, size }, [x], b) => {
    const first = inner(b, x, 'place');
    return first?.axis === axis ? b.place(first.x, axis, picked(at, first.at), size) : undefined;
  },
];

/** Neighbouring positions in order. */
function runOf(at: readonly number[]): { readonly from: number; readonly to: number } | undefined {
  const [from = 0] = at;
  return at.every((position, i) => position === from + i) ? { from, to: from + at.length } : undefined;
}

function picked(list: readonly number[], at: readonly number[]): number[] {
  return at.map((i) => list[i] ?? -1);
}

/** Pads that meet end to end are a concat: what slicing a tensor into pieces leaves of its gradient. */
const touchingPads: Rule<'add'> = (_, [x, y], b) => {
  const [first, second] = [inner(b, x, 'pad'), inner(b, y, 'pad')];
  if (!first || second?.axis !== first.axis || !sameShape(first.shape, second.shape)) return undefined;
  const { axis } = first;
  const [low, high] = first.before < second.before ? [first, second] : [second, first];
  if (low.before + sizeAlong(b.shape(low.x), axis) !== high.before) return undefined;
  return b.pad(b.concat([low.x, high.x], axis), axis, low.before, high.after);
};

function sizeAlong(shape: Shape, axis: number): number {
  return Number(dimAt(shape, axis));
}

/** Identities of ops that move or reduce. */
export const layout: Rules = {
  transpose: transposeRules,
  reshape: reshapeRules,
  broadcast: broadcastRules,
  matmul: [transposedOperands],
  sum: [trivialReduction, sumOfSum],
  max: [trivialReduction],
  concat: concatRules,
  slice: sliceRules,
  pad: padRules,
  take: takeRules,
  place: placeRules,
  add: [touchingPads],
};
