import type { SyntaxProblem } from '../language/problems.js';

/** What other languages write, and what stands for it here. */
const habits: Readonly<Record<string, string>> = {
  '#': 'a comment begins with `//`',
  "'": 'a text stands in double quotes: "ratings.csv"',
  '`': 'a text stands in double quotes: "ratings.csv"',
  ';': 'entries and statements need nothing between them',
  '&&': 'write `and`',
  '||': 'write `or`',
  '!': 'write `not`',
  '|': 'write `or`',
  '&': 'write `and`',
  '^': 'there is no power: write `x * x`',
};

/** What to do about a syntax problem, where it looks like a habit from another language. */
export function habitHelp({ code, found, expected = [] }: SyntaxProblem): string | undefined {
  const text = found?.startsWith('"') ? found.slice(1, -1) : undefined;
  if (text === undefined) return undefined;
  if (code === 'unexpected-character') return Object.hasOwn(habits, text) ? habits[text] : undefined;
  if (code !== 'expected') return undefined;
  if (text === '=') {
    if (expected.some((e) => e === '":"' || e === '")"')) return 'a key and its value stand with `:` between them';
    if (expected.includes('a section')) return 'to compare, write `==` or `>=`';
  }
  if (text === ':' && expected.includes('"="')) return 'a statement of a network stands with `=`';
  return undefined;
}
