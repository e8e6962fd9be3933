import type { Ragged, Size } from '../../model/network.js';
import { binary, maxOver, select, sumOver, type Label, type Labelled } from '../labelled.js';
import type { Context } from './context.js';

/** Less than any value, and finite: differences of it are no NaN. */
const LOWEST = -1e30;

export interface Mask {
  readonly label: Label;
  /** 1 where a row has the place, else 0. */
  readonly present: Labelled;
}

export interface Axis {
  readonly label: Label;
  readonly size: Size;
}

/** The ragged axes among these, with their masks. */
export function masksOf(context: Context, axes: readonly Axis[]): Mask[] {
  return axes.flatMap(({ label, size }) =>
    typeof size === 'number' ? [] : [{ label, present: presence(context, size, label) }],
  );
}

function presence({ b }: Context, size: Ragged, label: Label): Labelled {
  return size.ragged === 'batch'
    ? presentRows(b, label)
    : { node: b.input(`mask.${size.feature}`, ['rows', size.length]), labels: ['rows', label] };
}

/** 1 for the rows of the batch, 0 for its padding. */
export function presentRows(b: Context['b'], label: Label): Labelled {
  return { node: b.binary('greater', b.input('weight', ['rows']), b.constant(0)), labels: [label] };
}

/** The number of places present, at least 1. */
export function countOf({ b }: Context, { label, present }: Mask): Labelled {
  return binary(b, 'maximum', sumOver(b, present, new Set([label])), { node: b.constant(1), labels: [] });
}

/** The places that are not present made lower than any other. */
export function lowered({ b }: Context, x: Labelled, masks: readonly Mask[]): Labelled {
  return masks.reduce((value, { present }) => select(b, present, value, { node: b.constant(LOWEST), labels: [] }), x);
}

/** `x`, and 0 for the rows that have no place along one of the axes. */
export function zeroOfNone({ b }: Context, x: Labelled, masks: readonly Mask[]): Labelled {
  return masks.reduce((value, { label, present }) => {
    const some = maxOver(b, present, new Set([label]));
    return select(b, some, value, { node: b.constant(0), labels: [] });
  }, x);
}
