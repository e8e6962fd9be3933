import { numbers } from './algebra.js';
import type { UpdateName, UpdateRule } from './rules.js';
import { scalarNames, slotNames, updateRules } from './rules.js';

type Floats = Float32Array | Float64Array;

/** Numbers that a slot of a row takes: it is kept so many times over. */
export const rowSlotWidth = 4;

/**
 * Applies an update to `count` weights in float64, for a rule of rows to one row. Slot s of a row is
 * `values[weight + slotStride + rowSlotWidth · s]`. Weight i is `values[weight + i]`, its slot s `values[weight + (s + 1) · slotStride + i]`,
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
  if (rule.row) return rowUpdate(name, rule.row.bind(rule));
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

const rowUpdate = (name: UpdateName, row: NonNullable<UpdateRule['row']>): ScalarUpdate => {
  const rule = updateRules[name];
  const slots = slotNames(name);
  const scalarKeys = scalarNames(name);
  return (values, weight, slotStride, gradient, count, scalars) => {
    const at = (i: number): number => values[i] ?? NaN;
    const gradientOf = (i: number): number => (gradient === undefined ? 0 : at(gradient + i));
    const slotAt = (s: number): number => weight + slotStride + rowSlotWidth * s;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += gradientOf(i) ** 2;
    const given = Object.fromEntries(scalarKeys.map((key, j) => [key, at(scalars + j)]));
    const old = Object.fromEntries(slots.map((slot, s) => [slot, at(slotAt(s))]));
    const next = row(numbers, { squares, slots: old, scalars: given });
    for (const [s, slot] of slots.entries()) values.fill(next.slots[slot] ?? NaN, slotAt(s), slotAt(s) + rowSlotWidth);
    const ofWeights = { slots: next.slots, scalars: { ...given, ...next.scalars } };
    for (let i = 0; i < count; i++)
      values[weight + i] = rule.update(numbers, { weight: at(weight + i), gradient: gradientOf(i), ...ofWeights }).weight;
  };
};
