/**
 * Which of three shelves a book stands on.
 *
 * One row.
 */
export interface Example {
  readonly author?: string | number | boolean | null;
  readonly topic?: string | number | boolean | null;
  readonly pages: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly shelf: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /** Row of the table `author`. */
  readonly author: number;
  /** Row of the table `topic`. */
  readonly topic: number;
  readonly pages: number;
}

export interface Labels {
  readonly shelf: number;
}

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Labels;
}

function readAuthor(example: Example): string | null {
  return readText(column(example, 'author'));
}

function readTopic(example: Example): string | null {
  return readText(column(example, 'topic'));
}

function readPages(example: Example): number {
  return asFloat(required(readNumber(column(example, 'pages'))));
}

function readShelfLabel(example: LabelledExample): number {
  return classLabel(3, readNumber(column(example, 'shelf')));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(): Encoder {
  const encode = (example: Example): EncodedRow => ({
    author: named('author', () => hash(readAuthor(example), 20)),
    topic: named('topic', () => hash(readTopic(example), 10)),
    pages: named('pages', () => toFloat(readPages(example))),
  });
  return {
    encode,
    encodeLabelled: (example) => ({
      features: encode(example),
      labels: { shelf: named('shelf', () => readShelfLabel(example)) },
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
}

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

const utf8 = new TextEncoder();

/** MurmurHash3_x86_32 (A. Appleby, SMHasher) of the UTF-8 of a text, modulo the number of rows; missing hashes as the empty text. */
function hash(text: string | null, rows: number): number {
  const bytes = utf8.encode(text ?? '');
  const blocks = bytes.length & ~3;
  const at = (i: number): number => bytes[i];
  let h = 0;
  for (let i = 0; i < blocks; i += 4) {
    h ^= scramble(at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | at(i);
  h ^= scramble(tail) ^ bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % rows;
}

function scramble(k: number): number {
  const x = Math.imul(k, 0xcc9e2d51);
  return Math.imul((x << 15) | (x >>> 17), 0x1b873593);
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

function classLabel(classes: number, value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  if (Number.isInteger(value) && value >= 0 && value < classes) return Math.abs(value);
  throw new Error(show(value) + ' is not a class from 0 to ' + String(classes - 1));
}
