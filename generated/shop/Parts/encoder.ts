/**
 * A factorization machine with tables of its own for the linear part, pairs of fields, and rules for the parts.
 *
 * One row.
 */
export interface Example {
  readonly user?: string | number | boolean | null;
  /** The article shown. */
  readonly article?: string | number | boolean | null;
  /** Articles bought before. */
  readonly bought?: readonly (string | number | boolean | null)[] | null;
  readonly shelf?: string | number | boolean | readonly (string | number | boolean | null)[] | null;
  readonly place: number | string;
  readonly price: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly taken: boolean | number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /** Row of the table `user`. */
  readonly user: number;
  /**
   * The article shown.
   * Row of the table `articles`.
   */
  readonly article: number;
  /**
   * Articles bought before.
   * Rows of the table `articles`.
   */
  readonly bought: readonly number[];
  /** Rows of the table `shelf`. */
  readonly shelf: readonly number[];
  /** Row of the table `place`. */
  readonly place: number;
  readonly price: number;
}

export interface Labels {
  readonly taken: number;
}

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Labels;
}

export interface Statistic {
  readonly mean: number;
  readonly deviation: number;
}

/** What training rows teach the encoder: the content of encoder.json. */
export interface EncoderState {
  /** Values of each vocabulary, in row order after row 0. */
  readonly vocabularies: { readonly article: readonly string[]; readonly shelf: readonly string[] };
  readonly statistics: Readonly<Record<string, never>>;
}

/** Reads encoder.json. Throws where it lacks something, or a deviation is not above 0. */
export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
  for (const name of ['article', 'shelf'])
    if (!isVocabulary(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);
  return state as unknown as EncoderState;
}

/** Learns vocabularies and statistics from the rows to train on. */
export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: {
      article: learnVocabulary(examples.map(readArticle), 1),
      shelf: learnVocabulary(examples.flatMap(readShelf), 1),
    },
    statistics: {},
  };
}

function readUser(example: Example): string | null {
  return readText(column(example, 'user'));
}

function readArticle(example: Example): string | null {
  return readText(column(example, 'article'));
}

function readBought(example: Example): readonly string[] {
  return readBag(column(example, 'bought'), undefined, 4) ?? [];
}

function readShelf(example: Example): readonly string[] {
  return readBag(column(example, 'shelf'), '|', undefined) ?? [];
}

function readPlace(example: Example): number {
  return wholeBelow(5, readNumber(column(example, 'place')));
}

function readPrice(example: Example): number {
  return asFloat(required(readNumber(column(example, 'price'))));
}

function readTakenLabel(example: LabelledExample): number {
  return binaryLabel(numbered(readBoolean(column(example, 'taken'))));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(state: EncoderState): Encoder {
  const articleRows = rowIndex(state.vocabularies.article);
  const shelfRows = rowIndex(state.vocabularies.shelf);
  const encode = (example: Example): EncodedRow => ({
    user: named('user', () => hash(readUser(example), 12)),
    article: named('article', () => rowOf(articleRows, readArticle(example))),
    bought: named('bought', () => readBought(example).map((text) => rowOf(articleRows, text))),
    shelf: named('shelf', () => readShelf(example).map((text) => rowOf(shelfRows, text))),
    place: named('place', () => readPlace(example)),
    price: named('price', () => toFloat(readPrice(example))),
  });
  return {
    encode,
    encodeLabelled: (example) => ({
      features: encode(example),
      labels: { taken: named('taken', () => readTakenLabel(example)) },
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

/** Rows of values that are listed: value i has row i + 1, and row 0 is kept for what is not known. */
function rowIndex(values: readonly string[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const value of values) if (!rows.has(value)) rows.set(value, rows.size + 1);
  return rows;
}

function rowOf(rows: ReadonlyMap<string, number>, text: string | null): number {
  return text === null ? 0 : (rows.get(text) ?? 0);
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

/** A whole number from 0 to size - 1 as it is. */
function wholeBelow(size: number, value: number | null): number {
  const number = required(value);
  if (Number.isInteger(number) && number >= 0 && number < size) return Math.abs(number);
  throw new Error(show(number) + ' is not a whole number from 0 to ' + String(size - 1));
}

/** The texts of a bag, a list or a text with separators; null if there are none. */
function readBag(value: unknown, separator: string | undefined, maxLength: number | undefined): readonly string[] | null {
  const texts = Array.isArray(value) ? value.map(readText) : splitText(readText(value), separator);
  const kept = texts.filter((text) => text !== null && text !== '').slice(0, maxLength) as string[];
  return kept.length === 0 ? null : kept;
}

function splitText(text: string | null, separator: string | undefined): readonly string[] {
  if (text === null) return [];
  if (separator === undefined)
    throw new Error(show(text) + ' is not a list: say its separator, as in category[](separator: "|")');
  return text.split(separator);
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

/** The texts that occur often enough: most frequent first, then by code units. */
function learnVocabulary(texts: Iterable<string | null>, minCount: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0))
    .map(([text]) => text);
}

function isVocabulary(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
