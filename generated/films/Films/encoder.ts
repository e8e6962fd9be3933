/**
 * Ranks films for a user: categories, bags, buckets, numbers and times in one model.
 *
 * One row.
 */
export interface Example {
  /** Who looks at the film. */
  readonly user_id?: string | number | boolean | null;
  readonly film_id?: string | number | boolean | null;
  readonly device?: string | number | boolean | null;
  readonly zip?: string | number | boolean | null;
  readonly slot: number | string;
  /** What the film is about. */
  readonly genres?: string | number | boolean | readonly (string | number | boolean | null)[] | null;
  readonly seen?: readonly (string | number | boolean | null)[] | null;
  readonly age: number | string;
  readonly price?: number | string | null;
  readonly title: readonly (number | string)[] | string;
  readonly seen_at: string;
  readonly bought_at: number | string;
  readonly hour: number | string;
}

/** A row to learn from: it has what the labels are made of as well. */
export interface LabelledExample extends Example {
  readonly stars: number | string | null;
}

/** A row's features as the network takes them. */
export interface EncodedRow {
  /**
   * Who looks at the film.
   * Row of the table `user_id`.
   */
  readonly userId: number;
  /** Row of the table `films`. */
  readonly filmId: number;
  /** Row of the table `device`. */
  readonly device: number;
  /** Row of the table `zip_code`. */
  readonly zipCode: number;
  /** Row of the table `slot`. */
  readonly slot: number;
  /**
   * What the film is about.
   * Rows of the table `genres`.
   */
  readonly genres: readonly number[];
  /** Rows of the table `films`. */
  readonly seen: readonly number[];
  /** Row of the table `age`. */
  readonly age: number;
  readonly price: number;
  /** 3 numbers. */
  readonly title: readonly number[];
  /** sin and cos for each of: day, week. */
  readonly seenAt: readonly number[];
  /** sin and cos for each of: hour. */
  readonly boughtAt: readonly number[];
  /** Row of the table `user_genre`. */
  readonly userGenre: number;
  readonly late: number;
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
  readonly vocabularies: {
    readonly user_id: readonly string[];
    readonly film_id: readonly string[];
    readonly genres: readonly string[];
  };
  readonly statistics: { readonly price: readonly Statistic[]; readonly bought_at: readonly Statistic[] };
}

/** Reads encoder.json. Throws where it lacks something, or a deviation is not above 0. */
export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
  for (const name of ['user_id', 'film_id', 'genres'])
    if (!isVocabulary(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);
  const widths: readonly (readonly [string, number])[] = [
    ['price', 1],
    ['bought_at', 2],
  ];
  for (const [name, width] of widths)
    if (!isStatistics(state.statistics?.[name], width)) throw new Error('encoder.json lacks statistics of ' + name);
  return state as unknown as EncoderState;
}

/** Learns vocabularies and statistics from the rows to train on. */
export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: {
      user_id: learnVocabulary(examples.map(readUserId), 1),
      film_id: learnVocabulary(examples.map(readFilmId), 2),
      genres: learnVocabulary(examples.flatMap(readGenres), 1),
    },
    statistics: {
      price: [statisticOf(examples.map(readPrice))],
      bought_at: [0, 1].map((i) => statisticOf(examples.map((example) => readBoughtAt(example)[i] ?? 0))),
    },
  };
}

function readUserId(example: Example): string | null {
  return readText(column(example, 'user_id'));
}

function readFilmId(example: Example): string | null {
  return readText(column(example, 'film_id'));
}

function readDevice(example: Example): string | null {
  return readText(column(example, 'device')) ?? 'web';
}

function readZipCode(example: Example): string | null {
  return readText(column(example, 'zip'));
}

function readSlot(example: Example): number {
  return wholeBelow(24, readNumber(column(example, 'slot')));
}

function readGenres(example: Example): readonly string[] {
  return readBag(column(example, 'genres'), '|', undefined) ?? [];
}

function readSeen(example: Example): readonly string[] {
  return readBag(column(example, 'seen'), undefined, 3) ?? [];
}

function readAge(example: Example): number {
  return bucketOf([18, 25, 35, 45], readNumber(column(example, 'age')));
}

function readPrice(example: Example): number {
  return asFloat(log1p(readNumber(column(example, 'price')) ?? 3));
}

function readTitle(example: Example): readonly number[] {
  return readVector(column(example, 'title'), 3);
}

function readSeenAt(example: Example): readonly number[] {
  return cyclicTime(required(readTime(column(example, 'seen_at'))), [86400, 604800]);
}

function readBoughtAt(example: Example): readonly number[] {
  return cyclicTime(required(readNumber(column(example, 'bought_at'))), [3600]);
}

function readUserGenre(example: Example): readonly string[] {
  return combinations([[readUserId(example) ?? ''], [readDevice(example) ?? '']]);
}

function readLate(example: Example): number {
  const hour = readNumber(column(example, 'hour'));
  return asFloat(required(hour === null || !Number.isFinite((hour + 0.5) / 24) ? null : (hour + 0.5) / 24));
}

function readLikedLabel(example: LabelledExample): number {
  const stars = readNumber(column(example, 'stars'));
  return binaryLabel(numbered(stars === null ? null : stars >= 4));
}

/** Whether a row is one to train on. */
export function isKept(example: LabelledExample): boolean {
  const stars = readNumber(column(example, 'stars'));
  return (stars === null ? null : stars !== 3) === true;
}

export interface Encoder {
  /** Throws an error that names the feature if a value is missing or cannot be read. */
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export function createEncoder(state: EncoderState): Encoder {
  const userIdRows = rowIndex(state.vocabularies.user_id);
  const filmIdRows = rowIndex(state.vocabularies.film_id);
  const deviceRows = rowIndex(['ios', 'android', 'web']);
  const genresRows = rowIndex(state.vocabularies.genres);
  const encode = (example: Example): EncodedRow => ({
    userId: named('user_id', () => rowOf(userIdRows, readUserId(example))),
    filmId: named('film_id', () => rowOf(filmIdRows, readFilmId(example))),
    device: named('device', () => rowOf(deviceRows, readDevice(example))),
    zipCode: named('zip_code', () => hash(readZipCode(example), 50)),
    slot: named('slot', () => readSlot(example)),
    genres: named('genres', () => readGenres(example).map((text) => rowOf(genresRows, text))),
    seen: named('seen', () => readSeen(example).map((text) => rowOf(filmIdRows, text))),
    age: named('age', () => readAge(example)),
    price: named('price', () => toFloat(readPrice(example), state.statistics.price[0])),
    title: named('title', () => readTitle(example).map((x) => toFloat(x))),
    seenAt: named('seen_at', () => readSeenAt(example).map((x) => toFloat(x))),
    boughtAt: named('bought_at', () => readBoughtAt(example).map((x, i) => toFloat(x, state.statistics.bought_at[i]))),
    userGenre: named('user_genre', () => hash(readUserGenre(example)[0] ?? null, 30)),
    late: named('late', () => toFloat(readLate(example))),
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

const iso =
  /^(?:[ \t]*([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?[ \t]*)$/;

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
}

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

/** Number of boundaries at or below the value. */
function bucketOf(boundaries: readonly number[], value: number | null): number {
  const number = required(value);
  return boundaries.filter((boundary) => boundary <= number).length;
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

/** Every combination of one text of each part. */
function combinations(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce((lefts, rights) => lefts.flatMap((left) => rights.map((right) => left + '\u001f' + right)));
}

function log1p(value: number): number {
  if (value > -1) return Math.log1p(value);
  throw new Error('log1p needs a number above -1, not ' + show(value));
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

/** The numbers of a list, or of a text with commas, semicolons or spaces between them, which may stand in brackets. */
function readVector(value: unknown, size: number): readonly number[] {
  const items: unknown = typeof value === 'string' ? vectorText(value) : value;
  if (items === null || items === undefined) throw new Error('it is missing');
  if (!Array.isArray(items)) throw new Error(show(value) + ' is not a list of numbers');
  if (items.length !== size) throw new Error('it has ' + String(items.length) + ' numbers instead of ' + String(size));
  return items.map((item) => asFloat(readNumber(item) ?? NaN));
}

function vectorText(text: string): readonly string[] | null {
  const inner = /^[ \t]*(?:\[([^\][]*)\]|([^\][]*))[ \t]*$/.exec(text);
  const body = (inner?.[1] ?? inner?.[2] ?? text).replace(/^[ \t]+|[ \t]+$/g, '');
  return body === '' ? null : body.split(/[ \t]*[,;][ \t]*|[ \t]+/);
}

/** sin and cos of 2π·(time mod length)/length for each length in seconds. */
function cyclicTime(seconds: number, lengths: readonly number[]): readonly number[] {
  return lengths.flatMap((length) => {
    const phase = ((seconds % length) + length) % length;
    const angle = (2 * Math.PI * phase) / length;
    return [Math.sin(angle), Math.cos(angle)];
  });
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
