import { numbers } from './algebra.js';
import type { UpdateName } from './rules.js';
import { scalarNames, slotNames, updateRules } from './rules.js';

type Floats = Float32Array | Float64Array;

/**
 * Applies an update to `count` weights in float64. Weight i is `values[weight + i]`, its slot s `values[weight + (s + 1) · slotStride + i]`,
 * its gradient `values[gradient + i]` (0 without `gradient`); scalar j is `values[scalars + j]`.
 */
export type ScalarUpdate = (
  values: Floats,
  weight: number,
  slotStride: number,
  gradient: number | undefined,
  count: number,
  scalars: number,
) => void;

/** The plain-number reading of an update: what the float64 engine runs and the kernels are tested against. */
export const scalarUpdate = (name: UpdateName): ScalarUpdate => {
  const rule = updateRules[name];
  const slots = slotNames(name);
  const scalarKeys = scalarNames(name);
  return (values, weight, slotStride, gradient, count, scalars) => {
    const at = {
      weight: 0,
      gradient: 0,
      slots: Object.fromEntries(slots.map((slot) => [slot, 0])),
      scalars: Object.fromEntries(scalarKeys.map((key, j) => [key, values[scalars + j] ?? NaN])),
    };
    for (let i = 0; i < count; i++) {
      at.weight = values[weight + i] ?? NaN;
      at.gradient = gradient === undefined ? 0 : (values[gradient + i] ?? NaN);
      for (const [s, slot] of slots.entries()) at.slots[slot] = values[weight + (s + 1) * slotStride + i] ?? NaN;
      const next = rule.update(numbers, at);
      values[weight + i] = next.weight;
      for (const [s, slot] of slots.entries()) values[weight + (s + 1) * slotStride + i] = next.slots[slot] ?? NaN;
    }
  };
};
