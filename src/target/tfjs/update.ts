import type { Algebra } from '../../graph/update/algebra.js';
import type { UpdateName } from '../../graph/update/rules.js';
import { scalarNames, slotNames, updateRules } from '../../graph/update/rules.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** Weights [rows, width] and what is remembered of each: slots of the same shape, or [rows, 1] for a rule of rows. */
export interface Updatable {
  readonly weight: Tensor;
  /** In the order of `slotNames`. */
  readonly slots: readonly Tensor[];
}

/** Tensors are what a rule computes with. A mean may decay into denormal numbers, which backends flush or bear. */
const tensors = (tf: TfjsNamespace): Algebra<Tensor> => ({
  constant: (value) => tf.scalar(value),
  add: (a, b) => tf.add(a, b),
  subtract: (a, b) => tf.sub(a, b),
  multiply: (a, b) => tf.mul(a, b),
  divide: (a, b) => tf.div(a, b),
  power: (base, exponent) => tf.pow(base, exponent),
  minimum: (a, b) => tf.minimum(a, b),
  maximum: (a, b) => tf.maximum(a, b),
  squareRoot: (x) => tf.sqrt(x),
  absolute: (x) => tf.abs(x),
  flush: (x) => x,
});

const named = <T>(names: readonly string[], values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, i) => [names[i] ?? '', value]));

/**
 * The tensor reading of an update; within a `tidy`, which frees what it makes on the way.
 * @param gradient [rows, width]
 * @param scalars of the step, in the order of `scalarNames`
 */
export const updateTensors = (
  tf: TfjsNamespace,
  name: UpdateName,
  { weight, slots }: Updatable,
  gradient: Tensor,
  scalars: readonly number[],
): Updatable => {
  const rule = updateRules[name];
  const algebra = tensors(tf);
  const names = slotNames(name);
  const given = {
    slots: named(names, slots),
    scalars: named(
      scalarNames(name),
      scalars.map((value) => tf.scalar(value)),
    ),
  };
  const ofRow = rule.row?.(algebra, { ...given, squares: tf.sum(tf.square(gradient), 1, true) });
  const next = rule.update(algebra, {
    weight,
    gradient,
    slots: ofRow?.slots ?? given.slots,
    scalars: { ...given.scalars, ...ofRow?.scalars },
  });
  const updated = ofRow?.slots ?? next.slots;
  return { weight: next.weight, slots: names.map((slot, s) => updated[slot] ?? slots[s] ?? weight) };
};
