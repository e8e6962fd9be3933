/**
 * Of what was bought before, no more than how many it were.
 *
 * One row.
 */
export interface Example {
  /** The article shown. */
  readonly article?: string | number | boolean | null;
  /** Articles bought before. */
  readonly bought?: readonly (string | number | boolean | null)[] | null;
  readonly price: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly taken: boolean | number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
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
  readonly vocabularies: { readonly article: readonly string[] };
  readonly statistics: Readonly<Record<string, never>>;
}

/** Reads encoder.json. Throws where it lacks something, or a deviation is not above 0. */
export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
  for (const name of ['article'])
    if (!isVocabulary(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);
  return state as unknown as EncoderState;
}

/** Learns vocabularies and statistics from the rows to train on. */
export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: { article: learnVocabulary(examples.map(readArticle), 1) },
    statistics: {},
  };
}

function readArticle(example: Example): string | null {
  return readText(column(example, 'article'));
}

function readBought(example: Example): readonly string[] {
  return readBag(column(example, 'bought'), undefined, 4) ?? [];
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
  const encode = (example: Example): EncodedRow => ({
    article: named('article', () => rowOf(articleRows, readArticle(example))),
    bought: named('bought', () => readBought(example).map((text) => rowOf(articleRows, text))),
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
