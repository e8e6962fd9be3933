/**
 * One cross layer, as TensorFlow Recommenders starts it, says the formula exactly: 16 parameters.
 *
 * One row.
 */
export interface Example {
  readonly country: number | string;
  readonly bananas: number | string;
  readonly cookbooks: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly clicks: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  readonly country: number;
  readonly bananas: number;
  readonly cookbooks: number;
}

export interface Labels {
  readonly clicks: number;
}

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Labels;
}

function readCountry(example: Example): number {
  const country = readNumber(column(example, 'country'));
  return asFloat(required(country === null || !Number.isFinite(country / 200) ? null : country / 200));
}

function readBananas(example: Example): number {
  const bananas = readNumber(column(example, 'bananas'));
  return asFloat(required(bananas === null || !Number.isFinite(bananas / 24) ? null : bananas / 24));
}

function readCookbooks(example: Example): number {
  const cookbooks = readNumber(column(example, 'cookbooks'));
  return asFloat(required(cookbooks === null || !Number.isFinite(cookbooks / 6) ? null : cookbooks / 6));
}

function readClicksLabel(example: LabelledExample): number {
  return numberLabel(readNumber(column(example, 'clicks')));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(): Encoder {
  const encode = (example: Example): EncodedRow => ({
    country: named('country', () => toFloat(readCountry(example))),
    bananas: named('bananas', () => toFloat(readBananas(example))),
    cookbooks: named('cookbooks', () => toFloat(readCookbooks(example))),
  });
  return {
    encode,
    encodeLabelled: (example) => ({
      features: encode(example),
      labels: { clicks: named('clicks', () => readClicksLabel(example)) },
    }),
  };
}

/** A column's value, which an object inherits from nobody. */
function column(example: object, name: string): unknown {
  return Object.hasOwn(example, name) ? (example as Readonly<Record<string, unknown>>)[name] : undefined;
}

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
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

/** Says of an error which feature or label it comes from. */
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

function numberLabel(value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  return toFloat(asFloat(value));
}
