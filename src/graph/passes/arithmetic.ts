import type { BinaryKind, Builder } from '../builder.js';
import type { NodeId, Shape } from '../graph.js';
import { broadcastShapes, sameShape } from '../shapes.js';
import type { Rule, Rules } from './pass.js';

function numberOf(b: Builder, id: NodeId): number | undefined {
  const node = b.node(id);
  return node.kind === 'constant' && typeof node.value === 'number' ? node.value : undefined;
}

/** `x op neutral` is `x`, where the other operand does not make it larger. */
function neutral(value: number, sides: readonly (0 | 1)[]): Rule {
  return (node, inputs, b) => {
    for (const side of sides) {
      const [constant = -1, x = -1] = [inputs[side], inputs[1 - side]];
      if (numberOf(b, constant) === value && sameShape(b.shape(x), node.shape)) return x;
    }
    return undefined;
  };
}

/**
 * An operand that was only made larger to fit need not be: the op itself broadcasts. Also takes away leading axes of 1, and
 * makes one number of a constant that repeats one.
 */
const smallerOperands: Rule = (node, inputs, b) => {
  for (const [i, id] of inputs.entries()) {
    const others = inputs.filter((_, j) => j !== i).map(b.shape);
    for (const candidate of smaller(b, id)) {
      if (!fits([...others, b.shape(candidate)], node.shape)) continue;
      return b.copy(
        node,
        inputs.map((input, j) => (j === i ? candidate : input)),
      );
    }
  }
  return undefined;
};

function fits(shapes: readonly Shape[], shape: Shape): boolean {
  return sameShape(broadcastShapes(shapes), shape);
}

function smaller(b: Builder, id: NodeId): NodeId[] {
  const node = b.node(id);
  const [x = -1] = node.inputs;
  if (node.kind === 'broadcast') return [x];
  if (node.kind === 'reshape' && onlyLeadingOnes(b.shape(x), node.shape)) return [x];
  const value = numberOf(b, id);
  return value !== undefined && node.shape.length > 0 ? [b.constant(value)] : [];
}

export function onlyLeadingOnes(shape: Shape, longer: Shape): boolean {
  const added = longer.length - shape.length;
  return added > 0 && longer.slice(0, added).every((dim) => dim === 1) && sameShape(longer.slice(added), shape);
}

/** c₁ · (c₂ · x) = (c₁ c₂) · x */
const scaleOnce: Rule<'multiply'> = (_, inputs, b) => {
  for (const side of [0, 1] as const) {
    const [outer = -1, product = -1] = [inputs[side], inputs[1 - side]];
    const factor = scalarOf(b, outer);
    const inner = b.node(product);
    if (factor === undefined || inner.kind !== 'multiply') continue;
    for (const innerSide of [0, 1] as const) {
      const [constant = -1, x = -1] = [inner.inputs[innerSide], inner.inputs[1 - innerSide]];
      const innerFactor = scalarOf(b, constant);
      if (innerFactor === undefined || !Number.isFinite(factor * innerFactor)) continue;
      return b.binary('multiply', x, b.constant(factor * innerFactor));
    }
  }
  return undefined;
};

function scalarOf(b: Builder, id: NodeId): number | undefined {
  return b.shape(id).length === 0 ? numberOf(b, id) : undefined;
}

/** x + (-y) = x - y, x - (-y) = x + y */
function withNegated(kind: BinaryKind, sides: readonly (0 | 1)[]): Rule {
  return (_, inputs, b) => {
    for (const side of sides) {
      const [negated = -1, x = -1] = [inputs[side], inputs[1 - side]];
      const node = b.node(negated);
      const [y = -1] = node.inputs;
      if (node.kind === 'negate') return b.binary(kind, x, y);
    }
    return undefined;
  };
}

/** 0 - x = -x, -1 · x = -x */
function negation(value: number, sides: readonly (0 | 1)[]): Rule {
  return (node, inputs, b) => {
    for (const side of sides) {
      const [constant = -1, x = -1] = [inputs[side], inputs[1 - side]];
      if (numberOf(b, constant) === value && sameShape(b.shape(x), node.shape)) return b.unary('negate', x);
    }
    return undefined;
  };
}

/**
 * Identities of elementwise ops. None that moves a rounding error by more than the last bit, none that forgets a NaN
 * (0 · x stays).
 */
export const arithmetic: Rules = {
  add: [neutral(0, [0, 1]), smallerOperands, withNegated('subtract', [1, 0])],
  subtract: [neutral(0, [1]), negation(0, [0]), smallerOperands, withNegated('add', [1])],
  multiply: [neutral(1, [0, 1]), negation(-1, [0, 1]), smallerOperands, scaleOnce],
  divide: [neutral(1, [1]), smallerOperands],
  maximum: [smallerOperands],
  minimum: [smallerOperands],
  greater: [smallerOperands],
  select: [smallerOperands],
  negate: [
    (_, [x = -1], b) => {
      const inner = b.node(x);
      return inner.kind === 'negate' ? inner.inputs[0] : undefined;
    },
  ],
};
