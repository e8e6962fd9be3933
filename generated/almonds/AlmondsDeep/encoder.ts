/**
 * 167,425 parameters.
 *
 * One row.
 */
export interface Example {
  readonly age: number | string;
  readonly employed: number | string;
  readonly rum: number | string;
  readonly soda: number | string;
  readonly almonds: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly clicks: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  readonly age: number;
  readonly employed: number;
  readonly rum: number;
  readonly soda: number;
  readonly almonds: number;
}

export interface Labels {
  readonly clicks: number;
}

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Labels;
}

function readAge(example: Example): number {
  const age = readNumber(column(example, 'age'));
  return asFloat(required(age === null || !Number.isFinite(age / 68) ? null : age / 68));
}

function readEmployed(example: Example): number {
  const employed = readNumber(column(example, 'employed'));
  return asFloat(required(employed === null || !Number.isFinite(employed / 2) ? null : employed / 2));
}

function readRum(example: Example): number {
  const rum = readNumber(column(example, 'rum'));
  return asFloat(required(rum === null || !Number.isFinite(rum / 2) ? null : rum / 2));
}

function readSoda(example: Example): number {
  const soda = readNumber(column(example, 'soda'));
  return asFloat(required(soda === null || !Number.isFinite(soda / 2) ? null : soda / 2));
}

function readAlmonds(example: Example): number {
  const almonds = readNumber(column(example, 'almonds'));
  return asFloat(required(almonds === null || !Number.isFinite(almonds / 2) ? null : almonds / 2));
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
    age: named('age', () => toFloat(readAge(example))),
    employed: named('employed', () => toFloat(readEmployed(example))),
    rum: named('rum', () => toFloat(readRum(example))),
    soda: named('soda', () => toFloat(readSoda(example))),
    almonds: named('almonds', () => toFloat(readAlmonds(example))),
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
