import { isoPattern } from '../../encode/time.js';
import { falsePattern, numberPattern, truePattern } from '../../encode/values.js';
import type { Part } from './parts.js';

export type ValueName = 'column' | 'show' | 'patterns' | 'readText' | 'readNumber' | 'readBoolean' | 'secondsOfIso' | 'readTime';

/** Reading of raw values as encode/values.ts and encode/time.ts do it. Null is missing; what cannot be read is thrown. */
export const valueParts: Readonly<Record<ValueName, Part<ValueName>>> = {
  column: {
    uses: [],
    code: `
/** A column's value, which an object inherits from nobody. */
function column(example: object, name: string): unknown {
  return Object.hasOwn(example, name) ? (example as Readonly<Record<string, unknown>>)[name] : undefined;
}`,
  },
  show: {
    uses: [],
    code: `
function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : ((JSON.stringify(value) as string | undefined) ?? String(value));
  return text.length > 60 ? text.slice(0, 57) + '…' : text;
}`,
  },
  patterns: {
    uses: [],
    code: String.raw`
const blank = /^[ \t]*$/;
const numberText = /^(?:${numberPattern})$/;`,
  },
  readText: {
    uses: ['show'],
    code: `
/** The text of a category; null where it is missing. Numbers must be whole, and exact as a double. */
function readText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value === '' ? null : value;
    case 'number':
      if (Number.isSafeInteger(value)) return String(value);
      if (!Number.isFinite(value)) return null;
      throw new Error(
        Number.isInteger(value)
          ? show(value) + ' is too large to be exact: write such an id as text'
          : show(value) + ' is not a whole number: a category is a text, a whole number or true or false',
      );
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      if (value === undefined || value === null) return null;
      throw new Error(show(value) + ' is not one value');
  }
}`,
  },
  readNumber: {
    uses: ['show', 'patterns'],
    code: `
/** A number, or its text; null where it is missing. */
function readNumber(value: unknown): number | null {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'string': {
      if (blank.test(value)) return null;
      const number = numberText.test(value) ? Number(value) : NaN;
      if (Number.isFinite(number)) return number;
      break;
    }
    case 'bigint':
      return Number(value);
    default:
      if (value === undefined || value === null) return null;
  }
  throw new Error(show(value) + ' is not a number');
}`,
  },
  readBoolean: {
    uses: ['show', 'readNumber'],
    code: String.raw`
/** true and false in any case, 1 and 0; null where it is missing. */
function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (/^(?:${truePattern})$/.test(value)) return true;
    if (/^(?:${falsePattern})$/.test(value)) return false;
  }
  const number = readNumber(value);
  if (number === null) return null;
  if (number === 0 || number === 1) return number === 1;
  throw new Error(show(value) + ' is neither true or false nor 1 or 0');
}`,
  },
  secondsOfIso: {
    uses: [],
    code: String.raw`
const iso =
  /^(?:${isoPattern})$/;

/** Seconds since 1970 in UTC, to the microsecond; undefined if the text is no time. */
function secondsOfIso(text: string): number | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const field = (i: number): number => Number((match[i] as string | undefined) ?? 0);
  const midnight = new Date(0);
  midnight.setUTCFullYear(field(1), field(2) - 1, field(3));
  const exists = midnight.getUTCMonth() === field(2) - 1 && midnight.getUTCDate() === field(3);
  if (field(1) < 1 || !exists) return undefined;
  const zone = (match[8] as string | undefined) ?? 'Z';
  const digits = zone.replace(/[^0-9]/g, '');
  const sign = zone.startsWith('-') ? -1 : 1;
  const offset = digits === '' ? 0 : sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
  const whole = midnight.getTime() / 1000 + field(4) * 3600 + field(5) * 60 + field(6) - offset * 60;
  return whole + Number(((match[7] as string | undefined) ?? '').padEnd(6, '0').slice(0, 6)) / 1e6;
}`,
  },
  readTime: {
    uses: ['show', 'patterns', 'secondsOfIso'],
    code: `
/** ISO 8601 text as seconds since 1970; null where it is missing. */
function readTime(value: unknown): number | null {
  if (value === null || value === undefined || (typeof value === 'string' && blank.test(value))) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime() / 1000;
  const seconds = typeof value === 'string' ? secondsOfIso(value) : undefined;
  if (seconds !== undefined) return seconds;
  throw new Error(
    typeof value === 'number' || (typeof value === 'string' && numberText.test(value))
      ? show(value) + ' is a number: say its unit, as in time(unit: second)'
      : show(value) + ' is not a time such as 2024-05-31 or 2024-05-31T18:30:00Z',
  );
}`,
  },
};
