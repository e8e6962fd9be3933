import { describe, expect, it, test } from 'vitest';
import { scan } from '../../src/language/scanner.js';
import { endOf } from '../../src/language/tokens.js';
import { parseExpression } from '../../src/language/parser.js';
import { source, told } from './trees.js';

const images = (text: string): string[] => scan(source(text)).tokens.map(({ tokenType, image }) => `${tokenType.name} ${image}`);

describe('tokens', () => {
  test.each([
    ['2..4', ['Number 2', 'Dots ..', 'Number 4']],
    ['..3', ['Dots ..', 'Number 3']],
    ['2.5..', ['Number 2.5', 'Dots ..']],
    ['1_000.5e-3', ['Number 1_000.5e-3']],
    ['1e-3', ['Number 1e-3']],
    ['1.T', ['Number 1', 'Dot .', 'Identifier T']],
    ['a.T', ['Identifier a', 'Dot .', 'Identifier T']],
    ['a->b', ['Identifier a', 'Arrow ->', 'Identifier b']],
    ['a<=b', ['Identifier a', 'LessOrEqual <=', 'Identifier b']],
    ['a==-b', ['Identifier a', 'EqualTo ==', 'Minus -', 'Identifier b']],
    ['_ _a a_', ['Word__ _', 'Identifier _a', 'Identifier a_']],
    ['model models format for', ['Word_model model', 'Identifier models', 'Identifier format', 'Word_for for']],
    ['"a // b"', ['String "a // b"']],
    ['"a\\"b"', ['String "a\\"b"']],
    ['"a\nb', ['UnterminatedString "a', 'Identifier b']],
    ['\uFEFFa\u00A0b', ['Identifier a', 'Identifier b']],
  ])('%j', (text, expected) => {
    expect(images(text)).toEqual(expected);
  });

  it('are where they stand', () => {
    const text = 'ab  "c" // d\n12';
    expect(scan(source(text)).tokens.map((token) => text.slice(token.startOffset, endOf(token)))).toEqual(['ab', '"c"', '12']);
  });
});

test('comments keep their text and know whether they have a line of their own', () => {
  const { comments } = scan(source('// a \n  /// b\r\nc // d\n//'));
  expect(comments.map(({ text, ownLine }) => [text, ownLine])).toEqual([
    [' a', true],
    ['/ b', true],
    [' d', false],
    ['', true],
  ]);
});

test('characters that mean nothing are reported once for a run of them, and left out', () => {
  const { tokens, problems } = scan(source('a é€ b ?'));
  expect(tokens.map(({ image }) => image)).toEqual(['a', 'b']);
  expect(problems.map(told)).toEqual([
    'unexpected-character at "é€", found "é€", expected -',
    'unexpected-character at "?", found "?", expected -',
  ]);
});

describe('literals', () => {
  test.each([
    ['1_000', 1000],
    ['0.5', 0.5],
    ['1e-3', 0.001],
    ['1_0.2_5E+2', 1025],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['"\\n\\t\\r\\"\\\\\\u00e9"', '\n\t\r"\\é'],
    ['"a // b"', 'a // b'],
    ['true', true],
    ['false', false],
  ])('%s', (text, value) => {
    expect(parseExpression(source(text))).toMatchObject({ expression: { value }, problems: [] });
  });

  it('keep how a number was written', () => {
    expect(parseExpression(source('1_000')).expression).toMatchObject({ kind: 'number', text: '1_000' });
  });
});
