/**
 * NeuMF of the same paper: the product of two embeddings beside the MLP of two others.
 *
 * One row.
 */
export interface Example {
  readonly user_id?: string | number | boolean | null;
  readonly movie_id?: string | number | boolean | null;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly rating: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /** Row of the table `user_id`. */
  readonly userId: number;
  /** Row of the table `movie_id`. */
  readonly movieId: number;
}

export interface Labels {
  readonly liked: number;
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
  readonly vocabularies: { readonly user_id: readonly string[]; readonly movie_id: readonly string[] };
  readonly statistics: Readonly<Record<string, never>>;
}

/** Reads encoder.json. Throws where it lacks something, or a deviation is not above 0. */
export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
  for (const name of ['user_id', 'movie_id'])
    if (!isVocabulary(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);
  return state as unknown as EncoderState;
}

/** Learns vocabularies and statistics from the rows to train on. */
export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: {
      user_id: learnVocabulary(examples.map(readUserId), 1),
      movie_id: learnVocabulary(examples.map(readMovieId), 1),
    },
    statistics: {},
  };
}

function readUserId(example: Example): string | null {
  return readText(column(example, 'user_id'));
}

function readMovieId(example: Example): string | null {
  return readText(column(example, 'movie_id'));
}

function readLikedLabel(example: LabelledExample): number {
  const rating = readNumber(column(example, 'rating'));
  return binaryLabel(numbered(rating === null ? null : rating >= 4));
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(state: EncoderState): Encoder {
  const userIdRows = rowIndex(state.vocabularies.user_id);
  const movieIdRows = rowIndex(state.vocabularies.movie_id);
  const encode = (example: Example): EncodedRow => ({
    userId: named('user_id', () => rowOf(userIdRows, readUserId(example))),
    movieId: named('movie_id', () => rowOf(movieIdRows, readMovieId(example))),
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
