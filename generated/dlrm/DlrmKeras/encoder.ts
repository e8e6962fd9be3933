/**
 * The example of Keras Recommenders: stars from the products alone. 77,497 parameters besides the tables.
 *
 * One row.
 */
export interface Example {
  readonly gender?: string | number | boolean | null;
  readonly zip?: string | number | boolean | null;
  readonly occupation?: string | number | boolean | null;
  readonly movie_id?: string | number | boolean | null;
  readonly user_id?: string | number | boolean | null;
  readonly age: number | string;
  readonly timestamp: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly rating: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /** Row of the table `gender`. */
  readonly gender: number;
  /** Row of the table `zip_code`. */
  readonly zipCode: number;
  /** Row of the table `occupation`. */
  readonly occupation: number;
  /** Row of the table `movie_id`. */
  readonly movieId: number;
  /** Row of the table `user_id`. */
  readonly userId: number;
  readonly age: number;
  /** sin and cos for each of: day, week. */
  readonly seenAt: readonly number[];
}

export interface Labels {
  readonly rating: number;
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
  readonly vocabularies: {
    readonly gender: readonly string[];
    readonly zip_code: readonly string[];
    readonly occupation: readonly string[];
    readonly movie_id: readonly string[];
    readonly user_id: readonly string[];
  };
  readonly statistics: { readonly age: readonly Statistic[]; readonly seen_at: readonly Statistic[] };
}

/** Reads encoder.json. Throws where it lacks something, or a deviation is not above 0. */
export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
  for (const name of ['gender', 'zip_code', 'occupation', 'movie_id', 'user_id'])
    if (!isVocabulary(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);
  const widths: readonly (readonly [string, number])[] = [
    ['age', 1],
    ['seen_at', 4],
  ];
  for (const [name, width] of widths)
    if (!isStatistics(state.statistics?.[name], width)) throw new Error('encoder.json lacks statistics of ' + name);
  return state as unknown as EncoderState;
}

/** Learns vocabularies and statistics from the rows to train on. */
export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: {
      gender: learnVocabulary(examples.map(readGender), 1),
      zip_code: learnVocabulary(examples.map(readZipCode), 1),
      occupation: learnVocabulary(examples.map(readOccupation), 1),
      movie_id: learnVocabulary(examples.map(readMovieId), 1),
      user_id: learnVocabulary(examples.map(readUserId), 1),
    },
    statistics: {
      age: [statisticOf(examples.map(readAge))],
      seen_at: [0, 1, 2, 3].map((i) => statisticOf(examples.map((example) => readSeenAt(example)[i] ?? 0))),
    },
  };
}

function readGender(example: Example): string | null {
  return readText(column(example, 'gender'));
}

function readZipCode(example: Example): string | null {
  return readText(column(example, 'zip'));
}

function readOccupation(example: Example): string | null {
  return readText(column(example, 'occupation'));
}

function readMovieId(example: Example): string | null {
  return readText(column(example, 'movie_id'));
}

function readUserId(example: Example): string | null {
  return readText(column(example, 'user_id'));
}

function readAge(example: Example): number {
  return asFloat(required(readNumber(column(example, 'age'))));
}

function readSeenAt(example: Example): readonly number[] {
  return cyclicTime(required(readNumber(column(example, 'timestamp'))), [86400, 604800]);
}

function readRatingLabel(example: LabelledExample): number {
  return numberLabel(readNumber(column(example, 'rating')));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(state: EncoderState): Encoder {
  const genderRows = rowIndex(state.vocabularies.gender);
  const zipCodeRows = rowIndex(state.vocabularies.zip_code);
  const occupationRows = rowIndex(state.vocabularies.occupation);
  const movieIdRows = rowIndex(state.vocabularies.movie_id);
  const userIdRows = rowIndex(state.vocabularies.user_id);
  const encode = (example: Example): EncodedRow => ({
    gender: named('gender', () => rowOf(genderRows, readGender(example))),
    zipCode: named('zip_code', () => rowOf(zipCodeRows, readZipCode(example))),
    occupation: named('occupation', () => rowOf(occupationRows, readOccupation(example))),
    movieId: named('movie_id', () => rowOf(movieIdRows, readMovieId(example))),
    userId: named('user_id', () => rowOf(userIdRows, readUserId(example))),
    age: named('age', () => toFloat(readAge(example), state.statistics.age[0])),
    seenAt: named('seen_at', () => readSeenAt(example).map((x, i) => toFloat(x, state.statistics.seen_at[i]))),
  });
  return {
    encode,
    encodeLabelled: (example) => ({
      features: encode(example),
      labels: { rating: named('rating', () => readRatingLabel(example)) },
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

/** Rows of values that are listed: value i has row i + 1, and row 0 is kept for what is not known. */
function rowIndex(values: readonly string[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const value of values) if (!rows.has(value)) rows.set(value, rows.size + 1);
  return rows;
}

function rowOf(rows: ReadonlyMap<string, number>, text: string | null): number {
  return text === null ? 0 : (rows.get(text) ?? 0);
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

/** sin and cos of 2π·(time mod length)/length for each length in seconds. */
function cyclicTime(seconds: number, lengths: readonly number[]): readonly number[] {
  return lengths.flatMap((length) => {
    const phase = ((seconds % length) + length) % length;
    const angle = (2 * Math.PI * phase) / length;
    return [Math.sin(angle), Math.cos(angle)];
  });
}

function numberLabel(value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  return toFloat(asFloat(value));
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

/** Mean and population deviation; the deviation of values that are all equal counts as 1. */
function statisticOf(values: readonly number[]): Statistic {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return { mean: first, deviation: 1 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

function isVocabulary(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** Whether a feature has as many finite means and deviations above 0 as it has numbers. */
function isStatistics(value: unknown, width: number): boolean {
  return (
    Array.isArray(value) &&
    value.length === width &&
    value.every((of: Statistic | null) => Number.isFinite(of?.mean) && Number.isFinite(of?.deviation) && (of?.deviation ?? 0) > 0)
  );
}
