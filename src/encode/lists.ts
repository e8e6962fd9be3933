import type { Many } from '../model/model.js';
import { isInvalid, readNumber, readText, show, type Invalid, type Reading } from './values.js';

/**
 * The canonical texts of a bag, in their order: of a list its elements, of a text the parts between separators; null if there is none.
 * Missing elements are left out, or null where places count.
 */
export function readBag(value: unknown, many: Many, keepsPlaces: boolean): Reading<readonly (string | null)[]> {
  const items = Array.isArray(value) ? readItems(value) : splitText(value, many.separator);
  if (items === null || isInvalid(items)) return items;
  const kept = keepsPlaces ? items : items.filter((text) => text !== null);
  return kept.length === 0 ? null : kept;
}

function readItems(values: readonly unknown[]): readonly (string | null)[] | Invalid {
  const items: (string | null)[] = [];
  for (const value of values) {
    const text = readText(value);
    if (isInvalid(text)) return text;
    items.push(text);
  }
  return items;
}

function splitText(value: unknown, separator: string | undefined): Reading<readonly (string | null)[]> {
  const text = readText(value);
  if (text === null || isInvalid(text)) return text;
  if (separator === undefined)
    return { invalid: `${show(value)} is not a list: say its separator, as in category[](separator: "|")` };
  return text.split(separator).map((part) => (part === '' ? null : part));
}

/**
 * The numbers of a vector: of a list, or of a text with commas, semicolons or spaces between them, which may stand in brackets.
 */
export function readVector(value: unknown, size: number): readonly number[] | Invalid {
  const items = typeof value === 'string' ? vectorText(value) : value;
  if (items === null || items === undefined) return { invalid: 'it is missing' };
  if (!Array.isArray(items)) return { invalid: `${show(value)} is not a list of numbers` };
  if (items.length !== size) return { invalid: `it has ${String(items.length)} numbers instead of ${String(size)}` };
  const numbers: number[] = [];
  for (const item of items as readonly unknown[]) {
    const number = readNumber(item);
    if (isInvalid(number)) return number;
    if (number === null || !Number.isFinite(Math.fround(number)))
      return { invalid: `${show(item)} is not a number that a float holds` };
    numbers.push(number);
  }
  return numbers;
}

function vectorText(text: string): readonly string[] | null {
  const inner = /^[ \t]*(?:\[([^\][]*)\]|([^\][]*))[ \t]*$/.exec(text);
  const body = (inner?.[1] ?? inner?.[2] ?? text).replace(/^[ \t]+|[ \t]+$/g, '');
  return body === '' ? null : body.split(/[ \t]*[,;][ \t]*|[ \t]+/);
}
