import type { Codes } from '../model/model.js';
import { murmur3 } from './hash.js';
import { isInvalid, readNumber, show, type Invalid } from './values.js';
import { createVocabulary } from './vocabulary.js';

/** Row of its table for the canonical text of a category, or null where it is missing. */
export type Coder = (text: string | null) => number | Invalid;

/** `vocabulary` gives the values of a learned vocabulary. */
export function createCoder(codes: Codes, vocabulary: (name: string) => readonly string[]): Coder {
  switch (codes.kind) {
    case 'vocabulary':
      return listed(vocabulary(codes.name));
    case 'values':
      return listed(codes.values);
    case 'hash':
      return (text) => murmur3(text ?? '') % codes.buckets;
    case 'size':
    case 'buckets':
      return (text) => {
        const number = readNumber(text);
        return isInvalid(number) ? number : codeOfNumber(codes, number);
      };
    default:
      return codes satisfies never;
  }
}

/** Row of a table that is indexed by a number. */
export function codeOfNumber(codes: Extract<Codes, { kind: 'size' | 'buckets' }>, value: number | null): number | Invalid {
  if (value === null) return { invalid: 'it is missing and has no default' };
  switch (codes.kind) {
    case 'size':
      return Number.isInteger(value) && value >= 0 && value < codes.size
        ? Math.abs(value)
        : { invalid: `${show(value)} is not a whole number from 0 to ${String(codes.size - 1)}` };
    case 'buckets':
      return bucketOf(codes.boundaries, value);
    default:
      return codes satisfies never;
  }
}

function listed(values: readonly string[]): Coder {
  const row = createVocabulary(values);
  return (text) => (text === null ? 0 : row(text));
}

/** Number of boundaries at or below the value. */
function bucketOf(boundaries: readonly number[], value: number): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
