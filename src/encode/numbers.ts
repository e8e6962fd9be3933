import type { LabelEncoder, NumberEncoder, TimeEncoder } from './program.js';
import { cyclicTime, unitsPerSecond } from './time.js';
import { isInvalid, readTime, show, type ColumnValue, type Invalid } from './values.js';

export interface Statistic {
  readonly mean: number;
  readonly deviation: number;
}

const missing: Invalid = { invalid: 'it is missing and has no default' };
const largest = 3.4028234663852886e38;

/** A number before it is standardized. */
export function numberValue(encoder: NumberEncoder, given: number | null): number | Invalid {
  const value = given ?? encoder.default;
  if (value === undefined) return missing;
  const result = encoder.transforms.includes('log1p') ? Math.log1p(value) : value;
  if (Number.isFinite(Math.fround(result))) return result;
  return {
    invalid: Number.isFinite(result)
      ? `${show(value)} is too large for a float`
      : `log1p needs a number above -1, not ${show(value)}`,
  };
}

/** The components of a time before they are standardized; a number counts the encoder's unit, else it is seconds. */
export function timeComponents(encoder: TimeEncoder, given: number | null): readonly number[] | Invalid {
  const seconds = given === null ? readTime(encoder.default) : given / unitsPerSecond[encoder.unit ?? 'second'];
  if (seconds === null) return missing;
  return isInvalid(seconds) ? seconds : cyclicTime(seconds, encoder.cycles);
}

/** As a float: what lies beyond the largest becomes it, and -0, which not every format can write, becomes 0. */
export function standardized(value: number, statistic: Statistic | undefined): number {
  const scaled = statistic ? (value - statistic.mean) / statistic.deviation : value;
  return Math.fround(Math.max(-largest, Math.min(largest, scaled))) + 0;
}

/** Takes all values twice, in the same order: `add` those of the first pass, then `square` those of the second. */
export interface StatisticOfValues {
  readonly add: (value: number) => void;
  readonly square: (value: number) => void;
  readonly finish: () => Statistic;
}

/**
 * Mean and population deviation, in two passes in order; the deviation of values that are all equal counts as 1. They are compared: the
 * mean of 0.1, 0.1, 0.1 is another number than 0.1, and dividing by that difference would blow up every other value.
 */
export function createStatistic(): StatisticOfValues {
  let count = 0;
  let first = 0;
  let sum = 0;
  let squares = 0;
  let isConstant = true;
  return {
    add: (value) => {
      if (count === 0) first = value;
      count += 1;
      sum += value;
      isConstant &&= value === first;
    },
    square: (value) => {
      squares += (value - sum / count) ** 2;
    },
    finish: () => {
      if (isConstant) return { mean: first, deviation: 1 };
      const deviation = Math.sqrt(squares / count);
      return { mean: sum / count, deviation: deviation > 0 ? deviation : 1 };
    },
  };
}

/** What a label's value is for the loss: 0 or 1, a class, or a number. */
export function labelValue(encoder: LabelEncoder, value: ColumnValue | null): number | Invalid {
  if (value === null) return { invalid: 'the label is missing' };
  const number = typeof value === 'string' ? NaN : Number(value);
  switch (encoder.task) {
    case 'binary':
      return number === 0 || number === 1
        ? Math.abs(number)
        : { invalid: `a binary label is 0 or 1, true or false, not ${show(value)}` };
    case 'class': {
      const classes = encoder.classes ?? 0;
      return Number.isInteger(number) && number >= 0 && number < classes
        ? Math.abs(number)
        : { invalid: `${show(value)} is not a class from 0 to ${String(classes - 1)}` };
    }
    case 'number':
      return Number.isFinite(Math.fround(number)) ? number : { invalid: `${show(value)} is not a number that a float holds` };
    default:
      return encoder.task satisfies never;
  }
}
