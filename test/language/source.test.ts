import { expect, it, test } from 'vitest';
import { lineText, mergeSpans, position, spanText } from '../../src/language/source.js';
import { source } from './trees.js';

test.each([
  ['abc', 0, 1, 1],
  ['abc', 3, 1, 4],
  ['a\nb', 1, 1, 2],
  ['a\nb', 2, 2, 1],
  ['a\r\nb', 3, 2, 1],
  ['a\rb', 2, 2, 1],
  ['\tx', 1, 1, 2],
  ['é😀x', 3, 1, 3],
  ['a\n', 2, 2, 1],
  ['abc', 99, 1, 4],
  ['abc', -1, 1, 1],
])('in %j, offset %i is at %i:%i', (text, offset, line, column) => {
  expect(position(source(text), offset)).toEqual({ line, column });
});

it('gives lines without their endings', () => {
  const text = source('one\r\ntwo\n\nfour');
  expect([1, 2, 3, 4, 5, 0].map((line) => lineText(text, line))).toEqual(['one', 'two', '', 'four', '', '']);
});

it('covers two spans with one', () => {
  const text = source('one two three');
  const span = mergeSpans({ source: text, start: 8, end: 13 }, { source: text, start: 4, end: 7 });
  expect(spanText(span)).toBe('two three');
});
