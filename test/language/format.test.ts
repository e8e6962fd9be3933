import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format, type FormatOptions } from '../../src/language/format.js';
import { parse } from '../../src/language/parser.js';
import { print } from '../../src/language/printer.js';
import { scan } from '../../src/language/scanner.js';
import { endOf } from '../../src/language/tokens.js';
import { misplacedComments } from './comment-places.js';
import { program } from './programs.js';
import { recFiles } from './rec-files.js';
import { bare, parsed, source } from './trees.js';

/** More by hand: `RECCOMPILE_PROGRAMS=100000 npx vitest run test/language/format`. */
const runs = Number(process.env.RECCOMPILE_PROGRAMS ?? 300);
const settings = { seed: Number(process.env.RECCOMPILE_PROGRAMS_SEED ?? 20240229), numRuns: runs } as const;
const patience = { timeout: 36_000_000 };

function formatted(text: string, options?: FormatOptions): string {
  const result = format(source(text), options);
  if ('problems' in result) throw new Error(`cannot be read: ${text}`);
  return result.text;
}

/** What must hold for every text without errors. */
function holds(text: string, options?: FormatOptions): void {
  const once = formatted(text, options);
  expect(misplacedComments(text, once)).toEqual([]);
  expect(bare(parse(source(once)).file)).toEqual(bare(parse(source(text)).file));
  expect(formatted(once, options)).toBe(once);
}

interface Written {
  readonly at: number;
  readonly slashes: string;
  readonly before: string;
  readonly after: string;
}

const comments = fc.array(
  fc.record({
    at: fc.nat(),
    slashes: fc.constantFrom('//', '//', '//', '////'),
    before: fc.constantFrom(' ', '\n', '\n\n', '\t\n  '),
    after: fc.constantFrom('\n', '\n\n', '\n \n\n'),
  }),
  { maxLength: 12 },
);

/** Puts comments, each with a number, after tokens of a text. */
function commented(text: string, places: readonly Written[]): string {
  const ends = [0, ...scan(source(text)).tokens.map(endOf)];
  const pieces = ends.map((end, index) => text.slice(end, ends[index + 1]));
  places.forEach(({ at, slashes, before, after }, number) => {
    const index = at % pieces.length;
    pieces[index] = `${before}${slashes} c${String(number)}${after}${pieces[index] ?? ''}`;
  });
  return pieces.join('');
}

describe.each(recFiles)('%s', (file) => {
  const text = readFileSync(file, 'utf8');

  test('is in canonical form', () => {
    expect(formatted(text)).toBe(text);
    const ofWindows = text.replaceAll('\n', '\r\n');
    expect(formatted(ofWindows)).toBe(ofWindows);
  });

  test.each([20, 60, 1000])('keeps its tree and comments in %i columns', (width) => {
    holds(text, { width });
  });

  test('keeps a comment after each token', patience, () => {
    const { tokens } = scan(source(text));
    for (const before of [' ', '\n']) {
      for (let first = 0; first < 7; first++) {
        const places = tokens.flatMap((_, at) => (at % 7 === first ? [{ at, slashes: '//', before, after: '\n' }] : []));
        holds(commented(text, places));
      }
    }
  });
});

test('random programs keep tree and comments', patience, () => {
  const width = fc.constantFrom(20, 60, 120);
  fc.assert(
    fc.property(program, comments, width, (tree, places, columns) => {
      holds(commented(print(tree), places), { width: columns });
    }),
    settings,
  );
});

test.each<[string, string, FormatOptions, string]>([
  ['the edition', 'model A {}', { pin: true }, 'edition 1\n\nmodel A {}\n'],
  ['the edition once', 'edition 1 model A {}', { pin: true }, 'edition 1\n\nmodel A {}\n'],
  [
    'line endings and the byte order mark',
    '\uFEFFmodel A {}\r\n// c',
    { pin: true },
    '\uFEFFedition 1\r\n\r\nmodel A {}\r\n// c\r\n',
  ],
])('%s', (_, text, options, wanted) => {
  expect(formatted(text, options)).toBe(wanted);
});

test('a text with errors has no canonical form', () => {
  const text = 'model A { a: }\n';
  expect(format(source(text))).toEqual({ problems: parse(source(text)).problems });
  expect(() => parsed(text)).toThrow();
});
