/**
 * Weights that start in every way there is.
 *
 * One row.
 */
export interface Example {
  readonly user: number | string;
  readonly price: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly liked: boolean | number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /** Row of the table `user`. */
  readonly user: number;
  readonly price: number;
}

export interface Labels {
  readonly liked: number;
}

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Labels;
}

function readUser(example: Example): number {
  return wholeBelow(10, readNumber(column(example, 'user')));
}

function readPrice(example: Example): number {
  return asFloat(required(readNumber(column(example, 'price'))));
}

function readLikedLabel(example: LabelledExample): number {
  return binaryLabel(numbered(readBoolean(column(example, 'liked'))));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(): Encoder {
  const encode = (example: Example): EncodedRow => ({
    user: named('user', () => readUser(example)),
    price: named('price', () => toFloat(readPrice(example))),
  });
  return {
    encode,
    encodeLabelled: (example) => ({
      features: encode(example),
      labels: { liked: named('liked', () => readLikedLabel(example)) },
    }),
  };
}

/** A column's value, which an object inherits from nobody. */
function column(example: object, name: string): unknown {
  return Object.hasOwn(example, name) ? (example as Readonly<Record<string, unknown>>)[name] : undefined;
}

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : ((JSON.stringify(value) as string | undefined) ?? String(value));
  return text.length > 60 ? text.slice(0, 57) + '…' : text;
}

const blank = /^[ \t]*$/;
const numberText = /^(?:[ \t]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*)$/;

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
}

/** true and false in any case, 1 and 0; null where it is missing. */
function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (/^(?:[ \t]*[Tt][Rr][Uu][Ee][ \t]*)$/.test(value)) return true;
    if (/^(?:[ \t]*[Ff][Aa][Ll][Ss][Ee][ \t]*)$/.test(value)) return false;
  }
  const number = readNumber(value);
  if (number === null) return null;
  if (number === 0 || number === 1) return number === 1;
  throw new Error(show(value) + ' is neither true or false nor 1 or 0');
}

/** Says of an error which row, feature or label it comes from. */
function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(name + ': ' + (error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

function required<T>(value: T | null): T {
  if (value === null) throw new Error('it is missing and has no default');
  return value;
}

/** true and false as 1 and 0. */
function numbered(value: boolean | string | null): number | null {
  const number = value === null ? NaN : Number(value);
  return Number.isNaN(number) ? null : number;
}

/** A whole number from 0 to size - 1 as it is. */
function wholeBelow(size: number, value: number | null): number {
  const number = required(value);
  if (Number.isInteger(number) && number >= 0 && number < size) return Math.abs(number);
  throw new Error(show(number) + ' is not a whole number from 0 to ' + String(size - 1));
}

function asFloat(value: number): number {
  if (Number.isFinite(Math.fround(value))) return value;
  throw new Error(show(value) + ' is not a number that a float holds');
}

const largest = 3.4028234663852886e38;

/** As a float, standardized if there is a statistic. */
function toFloat(value: number, statistic?: { readonly mean: number; readonly deviation: number }): number {
  const scaled = statistic ? (value - statistic.mean) / statistic.deviation : value;
  return Math.fround(Math.max(-largest, Math.min(largest, scaled)));
}

function binaryLabel(value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  if (value === 0 || value === 1) return Math.abs(value);
  throw new Error('a binary label is 0 or 1, true or false, not ' + show(value));
}
