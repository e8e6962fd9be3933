import type { ColumnType } from '../model/row-expression.js';
import { secondsOfIso } from './time.js';

/** A value of an expression: time is seconds since 1970, UTC. */
export type ColumnValue = string | number | boolean;

/** Why a value cannot be read, as a sentence without a full stop. */
export interface Invalid {
  readonly invalid: string;
}

/** A value, or null where it is missing, or why it is none. */
export type Reading<T> = T | null | Invalid;

export function isInvalid(reading: unknown): reading is Invalid {
  return typeof reading === 'object' && reading !== null && Object.hasOwn(reading, 'invalid');
}

/**
 * The one grammar of a number written as text, for JavaScript and RE2 alike: sign, digits, fraction, exponent, and spaces or
 * tabs around it. No hexadecimal, no separators, no `NaN`, no `Infinity`.
 */
export const numberPattern = '[ \\t]*[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?[ \\t]*';
export const truePattern = '[ \\t]*[Tt][Rr][Uu][Ee][ \\t]*';
export const falsePattern = '[ \\t]*[Ff][Aa][Ll][Ss][Ee][ \\t]*';

const numberText = new RegExp(`^(?:${numberPattern})$`);
const trueText = new RegExp(`^(?:${truePattern})$`);
const falseText = new RegExp(`^(?:${falsePattern})$`);
const blank = /^[ \t]*$/;

/** What reads a raw value (of a csv field, of JSON, of a plain object) as each type that a spec implies. */
export const readers: Readonly<Record<ColumnType, (value: unknown) => Reading<ColumnValue>>> = {
  text: readText,
  number: readNumber,
  boolean: readBoolean,
  time: readTime,
};

export const readAs = (value: unknown, type: ColumnType): Reading<ColumnValue> => readers[type](value);

/** The canonical text of a category. Empty text is missing. Numbers must be whole, and exact as a double. */
export function readText(value: unknown): Reading<string> {
  switch (typeof value) {
    case 'string':
      return value === '' ? null : value;
    case 'number':
      return canonicalNumber(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return null;
    default:
      return value === null ? null : { invalid: `${show(value)} is not one value` };
  }
}

/** The canonical text of a number that stands for a category. */
export function canonicalNumber(value: number): Reading<string> {
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isFinite(value)) return null;
  return {
    invalid: Number.isInteger(value)
      ? `${show(value)} is too large to be exact: write such an id as text`
      : `${show(value)} is not a whole number: a category is a text, a whole number or true or false`,
  };
}

export function readNumber(value: unknown): Reading<number> {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'string': {
      if (blank.test(value)) return null;
      const number = numberText.test(value) ? Number(value) : NaN;
      return Number.isFinite(number) ? number : { invalid: `${show(value)} is not a number` };
    }
    case 'bigint':
      return Number(value);
    case 'undefined':
      return null;
    default:
      return value === null ? null : { invalid: `${show(value)} is not a number` };
  }
}

/** true and false in any case, 1 and 0. */
export function readBoolean(value: unknown): Reading<boolean> {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (trueText.test(value)) return true;
    if (falseText.test(value)) return false;
  }
  const number = readNumber(value);
  if (number === null) return null;
  if (number === 0 || number === 1) return number === 1;
  return { invalid: `${show(value)} is neither true or false nor 1 or 0` };
}

/** ISO 8601 text, as seconds since 1970. */
export function readTime(value: unknown): Reading<number> {
  if (value === null || value === undefined || (typeof value === 'string' && blank.test(value))) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime() / 1000;
  const seconds = typeof value === 'string' ? secondsOfIso(value) : undefined;
  if (seconds !== undefined) return seconds;
  return {
    invalid:
      typeof value === 'number' || (typeof value === 'string' && numberText.test(value))
        ? `${show(value)} is a number: say its unit, as in time(unit: second)`
        : `${show(value)} is not a time such as 2024-05-31 or 2024-05-31T18:30:00Z`,
  };
}

/** A raw value as a message shows it. */
export function show(value: unknown): string {
  const text = json(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function json(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    const text: unknown = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
    return typeof text === 'string' ? text : `a ${typeof value}`;
  } catch {
    return `a ${typeof value}`;
  }
}
