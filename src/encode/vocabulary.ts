import { createTextIndex } from './text-index.js';

/** Counts of distinct texts, in any order. */
export type TextCounts = Iterable<readonly [text: string, count: number]>;

/** The values of a vocabulary: most frequent first, then by code units, so that it depends on nothing but the counts. */
export function learnVocabulary(counts: TextCounts, minCount: number): readonly string[] {
  return [...counts]
    .filter(([, count]) => count > 0 && count >= minCount)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0))
    .map(([text]) => text);
}

/** Row of a text in its table: value i has row i + 1, anything else row 0. */
export function createVocabulary(values: readonly string[]): (text: string) => number {
  const index = createTextIndex(values.length);
  for (const value of values) index.add(value);
  return (text) => index.find(text) + 1;
}

/**
 * A vocabulary as a file: UTF-8, a JSON string a line in row order after the reserved row 0, so that line i (from 1) is row i.
 */
export function writeVocabulary(values: readonly string[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Undefined if the text is not such a file. */
export function readVocabulary(text: string): readonly string[] | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '') return undefined;
  const values = lines.map(parseLine);
  return values.every((value) => value !== undefined) ? values : undefined;
}

function parseLine(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
