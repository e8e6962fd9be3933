import { isInvalid, readBoolean, readNumber, readTime } from '../encode/values.js';

/** What the values of a column are, as some of them tell. */
export type Guess =
  | { readonly kind: 'integer' | 'float' | 'boolean' | 'time' | 'text' | 'empty' }
  | { readonly kind: 'list'; readonly separator?: string }
  | { readonly kind: 'vector'; readonly size: number }
  /** `what` says what it is, as in `it holds objects`. */
  | { readonly kind: 'other'; readonly what: string };

/** Share of the values that decides: a few may be broken. */
const most = 0.99;

/** Values that are a text, number or truth, a list of them, or null where nothing is known of them. */
export function guessKind(values: readonly unknown[]): Guess {
  if (values.length === 0) return { kind: 'empty' };
  const share = (holds: (value: unknown) => boolean): number => values.filter(holds).length / values.length;
  if (share(Array.isArray) >= most) return guessItems(values.filter((value) => Array.isArray(value)) as readonly unknown[][]);
  const isObject = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);
  if (share(isObject) >= most) return { kind: 'other', what: 'it holds objects; write what is in them as columns of their own' };
  if (share((value) => typeof value === 'object') > 1 - most)
    return { kind: 'other', what: 'it holds objects or lists beside other values' };
  if (share(isCode) > 0) return { kind: 'text' };
  if (share((value) => typeof readNumber(value) === 'number') >= most) {
    return { kind: values.every((value) => isWholeOr(value)) ? 'integer' : 'float' };
  }
  if (share((value) => typeof readBoolean(value) === 'boolean') >= most) return { kind: 'boolean' };
  if (share((value) => typeof readTime(value) === 'number') >= most) return { kind: 'time' };
  return guessText(values.filter((value) => typeof value === 'string'));
}

/** `02138` is a code, not a number. */
const isCode = (value: unknown): boolean => typeof value === 'string' && /^[+-]?0[0-9]+$/.test(value);

const isWholeOr = (value: unknown): boolean => {
  const number = readNumber(value);
  return isInvalid(number) || number === null || Number.isInteger(number);
};

function guessItems(lists: readonly (readonly unknown[])[]): Guess {
  const items = lists.flatMap((list) => list.filter((item) => item !== null));
  const [first] = lists;
  if (items.some((item) => typeof item === 'object')) return { kind: 'other', what: 'its lists hold lists or objects' };
  const areNumbers = items.length > 0 && items.every((item) => typeof item === 'number');
  if (!areNumbers || items.every((item) => Number.isInteger(item))) return { kind: 'list' };
  const size = first?.length ?? 0;
  const sameSize = lists.filter((list) => list.length === size).length / lists.length >= most;
  return sameSize ? { kind: 'vector', size } : { kind: 'other', what: 'its lists of numbers have different lengths' };
}

function guessText(texts: readonly string[]): Guess {
  const vector = guessVector(texts);
  if (vector) return vector;
  const [example] = texts.filter((text) => decimalComma.test(text));
  if (example !== undefined && hasDecimalCommas(texts))
    return { kind: 'other', what: `its numbers have a decimal comma (${example.trim()}); written with a point they are numbers` };
  const inBrackets = texts.filter((text) => /^\s*[[{].*[\]}]\s*$/s.test(text)).length / texts.length;
  if (inBrackets >= most) return { kind: 'other', what: 'its texts are lists or objects in brackets' };
  const separator = separators.find((one) => isSeparated(texts, one));
  return separator ? { kind: 'list', separator: separator.text } : { kind: 'text' };
}

const decimalComma = /^\s*[+-]?\d{1,3}(\.?\d{3})*\d*,\d+\s*$/;
const wholeNumber = /^\s*[+-]?\d+\s*$/;

/** Whether texts are numbers, with one comma at most, and most of them with one. */
function hasDecimalCommas(texts: readonly string[]): boolean {
  const commas = texts.filter((text) => decimalComma.test(text)).length;
  const whole = texts.filter((text) => wholeNumber.test(text)).length;
  return commas > texts.length / 2 && commas + whole >= most * texts.length;
}

/** Numbers with commas, semicolons or spaces between them, perhaps in brackets, equally many in every text. */
function guessVector(texts: readonly string[]): Guess | undefined {
  const vectors = texts.map((text) =>
    text
      .replace(/^\s*\[|\]\s*$/g, '')
      .trim()
      .split(/[ \t]*[,;][ \t]*|[ \t]+/),
  );
  const size = vectors[0]?.length ?? 0;
  if (size < 2) return undefined;
  const fitting = vectors.filter((parts) => parts.length === size && parts.every((part) => typeof readNumber(part) === 'number'));
  const hasFractions = fitting.some((parts) => parts.some((part) => !Number.isInteger(Number(part))));
  return hasFractions && fitting.length / vectors.length >= most ? { kind: 'vector', size } : undefined;
}

interface Separator {
  readonly text: string;
  /** What every part is like; a longer part is a sentence. */
  readonly part: RegExp;
  /** Most distinct parts for each distinct text: a name such as `Bach, Johann` has as many. */
  readonly parts: number;
}

const separators: readonly Separator[] = [
  { text: '|', part: /^[^|]{0,60}$/, parts: Infinity },
  { text: ';', part: /^\S(.{0,38}\S)?$/, parts: 1 },
  { text: '; ', part: /^\S(.{0,38}\S)?$/, parts: 1 },
  { text: ', ', part: /^\S(.{0,38}\S)?$/, parts: 0.7 },
  { text: ',', part: /^\S(.{0,38}\S)?$/, parts: 0.7 },
  { text: ' ', part: /^[0-9]+$/, parts: 1 },
];

/** Whether texts are lists: some have several parts, and parts come again in other texts. */
function isSeparated(texts: readonly string[], { text: separator, part, parts: mostParts }: Separator): boolean {
  const lists = texts.map((text) => text.split(separator));
  if (lists.filter((list) => list.length > 1).length / lists.length < 0.05) return false;
  const parts = lists.flat().filter((one) => one !== '');
  if (parts.filter((one) => part.test(one)).length / Math.max(1, parts.length) < most) return false;
  const distinct = new Set(parts).size;
  return distinct <= 0.8 * parts.length && distinct <= mostParts * new Set(texts).size;
}
