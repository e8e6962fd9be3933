import { nearestParts, type NearestName } from './nearest-parts.js';
import type { Part } from './parts.js';
import { valueParts, type ValueName } from './value-parts.js';

export type EncoderName =
  | ValueName
  | NearestName
  | 'requireColumns'
  | 'named'
  | 'required'
  | 'numbered'
  | 'rowIndex'
  | 'rowOf'
  | 'hash'
  | 'wholeBelow'
  | 'bucketOf'
  | 'readBag'
  | 'splitText'
  | 'readPlaces'
  | 'beside'
  | 'combinations'
  | 'log1p'
  | 'asFloat'
  | 'toFloat'
  | 'readVector'
  | 'cyclicTime'
  | 'binaryLabel'
  | 'classLabel'
  | 'numberLabel'
  | 'learnVocabulary'
  | 'statisticOf'
  | 'isVocabulary'
  | 'isStatistics';

/** What encoders are made of; each does as the function of its name, or nearly, in `encode/`. */
export const encoderParts: Readonly<Record<EncoderName, Part<EncoderName>>> = {
  ...valueParts,
  ...nearestParts,
  requireColumns: {
    uses: ['column', 'nearest'],
    code: `
/** Throws where a row is no object, or no row has a column that is needed: null is a value that is missing, not a column. */
function requireColumns(
  examples: readonly object[],
  needed: readonly (readonly [column: string, readers: string, isNullable: boolean])[],
): void {
  const odd = examples.findIndex((example: unknown) => typeof example !== 'object' || example === null);
  if (odd >= 0) throw new Error((examples.length === 1 ? 'the row' : 'row ' + String(odd + 1)) + ' is no object');
  const lost = needed.find(([name]) => examples.length > 0 && examples.every((example) => column(example, name) === undefined));
  if (lost === undefined) return;
  const [name, readers, isNullable] = lost;
  const there = examples
    .slice(0, 100)
    .flatMap((example) => Object.keys(example).filter((key) => column(example, key) !== undefined));
  const near = nearest(name, [...new Set(there)]);
  const help = isNullable ? ': write ' + name + ': null if it is unknown' : '';
  const who = examples.length === 1 ? 'the row has no' : 'no row has a';
  throw new Error(
    who + ' column ' + name + ', needed by ' + readers + (near === undefined ? help : ': did you mean ' + near + '?'),
  );
}`,
  },
  named: {
    uses: [],
    code: `
/** Says of an error which row, feature or label it comes from. */
function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(name + ': ' + (error instanceof Error ? error.message : String(error)), { cause: error });
  }
}`,
  },
  required: {
    uses: [],
    code: `
function required<T>(value: T | null): T {
  if (value === null) throw new Error('it is missing and has no default');
  return value;
}`,
  },
  numbered: {
    uses: [],
    code: `
/** true and false as 1 and 0. */
function numbered(value: boolean | string | null): number | null {
  const number = value === null ? NaN : Number(value);
  return Number.isNaN(number) ? null : number;
}`,
  },
  rowIndex: {
    uses: [],
    code: `
/** Rows of values that are listed: value i has row i + 1, and row 0 is kept for what is not known. */
function rowIndex(values: readonly string[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const value of values) if (!rows.has(value)) rows.set(value, rows.size + 1);
  return rows;
}`,
  },
  rowOf: {
    uses: [],
    code: `
function rowOf(rows: ReadonlyMap<string, number>, text: string | null): number {
  return text === null ? 0 : (rows.get(text) ?? 0);
}`,
  },
  hash: {
    uses: [],
    code: `
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
}`,
  },
  wholeBelow: {
    uses: ['show', 'required'],
    code: `
/** A whole number from 0 to size - 1 as it is. */
function wholeBelow(size: number, value: number | null): number {
  const number = required(value);
  if (Number.isInteger(number) && number >= 0 && number < size) return Math.abs(number);
  throw new Error(show(number) + ' is not a whole number from 0 to ' + String(size - 1));
}`,
  },
  bucketOf: {
    uses: ['required'],
    code: `
/** Number of boundaries at or below the value. */
function bucketOf(boundaries: readonly number[], value: number | null): number {
  const number = required(value);
  return boundaries.filter((boundary) => boundary <= number).length;
}`,
  },
  readBag: {
    uses: ['readText', 'splitText'],
    code: `
/** The texts of a bag, a list or a text with separators; null if there are none. */
function readBag(value: unknown, separator: string | undefined, maxLength: number | undefined): readonly string[] | null {
  const texts = Array.isArray(value) ? value.map(readText) : splitText(readText(value), separator);
  const kept = texts.filter((text) => text !== null && text !== '').slice(0, maxLength) as string[];
  return kept.length === 0 ? null : kept;
}`,
  },
  splitText: {
    uses: ['show'],
    code: `
function splitText(text: string | null, separator: string | undefined): readonly string[] {
  if (text === null) return [];
  if (separator === undefined)
    throw new Error(show(text) + ' is not a list: say its separator, as in category[](separator: "|")');
  return text.split(separator);
}`,
  },
  readPlaces: {
    uses: ['readText', 'splitText'],
    code: `
/** The texts of a list, or of a text with separators, place by place: null where one is missing. */
function readPlaces(value: unknown, separator: string | undefined): readonly (string | null)[] {
  const texts = Array.isArray(value) ? value.map(readText) : splitText(readText(value), separator);
  return texts.map((text) => (text === '' ? null : text));
}`,
  },
  beside: {
    uses: [],
    code: `
/** Values that stand beside those of another feature. Throws unless they are as many. */
function beside<T>(values: readonly T[], other: string, count: number): readonly T[] {
  if (values.length === count) return values;
  const found = String(values.length) + (values.length === 1 ? ' value' : ' values');
  throw new Error('it has ' + found + ', but ' + other + ', beside which it stands, has ' + String(count));
}`,
  },
  combinations: {
    uses: [],
    code: `
/** Every combination of one text of each part. */
function combinations(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce((lefts, rights) => lefts.flatMap((left) => rights.map((right) => left + '\\u001f' + right)));
}`,
  },
  log1p: {
    uses: ['show'],
    code: `
function log1p(value: number): number {
  if (value > -1) return Math.log1p(value);
  throw new Error('log1p needs a number above -1, not ' + show(value));
}`,
  },
  asFloat: {
    uses: ['show'],
    code: `
function asFloat(value: number): number {
  if (Number.isFinite(Math.fround(value))) return value;
  throw new Error(show(value) + ' is not a number that a float holds');
}`,
  },
  toFloat: {
    uses: [],
    code: `
const largest = 3.4028234663852886e38;

/** As a float, standardized if there is a statistic. */
function toFloat(value: number, statistic?: { readonly mean: number; readonly deviation: number }): number {
  const scaled = statistic ? (value - statistic.mean) / statistic.deviation : value;
  return Math.fround(Math.max(-largest, Math.min(largest, scaled)));
}`,
  },
  readVector: {
    uses: ['show', 'readNumber', 'asFloat'],
    code: String.raw`
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
}`,
  },
  cyclicTime: {
    uses: [],
    code: `
/** sin and cos of 2π·(time mod length)/length for each length in seconds. */
function cyclicTime(seconds: number, lengths: readonly number[]): readonly number[] {
  return lengths.flatMap((length) => {
    const phase = ((seconds % length) + length) % length;
    const angle = (2 * Math.PI * phase) / length;
    return [Math.sin(angle), Math.cos(angle)];
  });
}`,
  },
  binaryLabel: {
    uses: ['show'],
    code: `
function binaryLabel(value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  if (value === 0 || value === 1) return Math.abs(value);
  throw new Error('a binary label is 0 or 1, true or false, not ' + show(value));
}`,
  },
  classLabel: {
    uses: ['show'],
    code: `
function classLabel(classes: number, value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  if (Number.isInteger(value) && value >= 0 && value < classes) return Math.abs(value);
  throw new Error(show(value) + ' is not a class from 0 to ' + String(classes - 1));
}`,
  },
  numberLabel: {
    uses: ['asFloat', 'toFloat'],
    code: `
function numberLabel(value: number | null): number {
  if (value === null) throw new Error('the label is missing');
  return toFloat(asFloat(value));
}`,
  },
  learnVocabulary: {
    uses: [],
    code: `
/** The texts that occur often enough: most frequent first, then by code units. */
function learnVocabulary(texts: Iterable<string | null>, minCount: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0))
    .map(([text]) => text);
}`,
  },
  statisticOf: {
    uses: [],
    code: `
/** Mean and population deviation; the deviation of values that are all equal counts as 1. */
function statisticOf(values: readonly number[]): Statistic {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return { mean: first, deviation: 1 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}`,
  },
  isVocabulary: {
    uses: [],
    code: `
function isVocabulary(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}`,
  },
  isStatistics: {
    uses: [],
    code: `
/** Whether a feature has as many finite means and deviations above 0 as it has numbers. */
function isStatistics(value: unknown, width: number): boolean {
  return (
    Array.isArray(value) &&
    value.length === width &&
    value.every((of: Statistic | null) => Number.isFinite(of?.mean) && Number.isFinite(of?.deviation) && (of?.deviation ?? 0) > 0)
  );
}`,
  },
};
