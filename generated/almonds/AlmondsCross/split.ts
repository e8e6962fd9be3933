import type { RawRow } from './rows.js';

export type SplitName = 'train' | 'valid' | 'test';

const splits = new Map<string | null, SplitName>([
  ['train', 'train'],
  ['valid', 'valid'],
  ['test', 'test'],
]);

/** What each row is for, by its place in the file from 0; undefined where it is left out. */
export function splitRows(rows: readonly (readonly [place: number, row: RawRow])[]): readonly (SplitName | undefined)[] {
  return rows.map(([, row]) => splits.get(readText(column(row, 'part'))));
}

/** A column's value, which an object inherits from nobody. */
function column(example: object, name: string): unknown {
  return Object.hasOwn(example, name) ? (example as Readonly<Record<string, unknown>>)[name] : undefined;
}

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : ((JSON.stringify(value) as string | undefined) ?? String(value));
  return text.length > 60 ? text.slice(0, 57) + '…' : text;
}

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
