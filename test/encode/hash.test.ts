import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur3, murmur3Bytes } from '../../src/encode/hash.js';
import { createTextIndex } from '../../src/encode/text-index.js';

describe('murmur3', () => {
  // Vectors of the reference implementation, as published with its test suites.
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['aa', 0x9747b28c, 0x5d211726],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('%j with seed %i', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash);
  });

  test('of a text is that of its bytes', () => {
    const text = fc
      .array(fc.constantFrom('a', 'Z9', '\0', '~~~', '\x80', 'é', '東', '😀', '\ud800'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(), (given, seed) => {
        const bytes = new TextEncoder().encode(given);
        expect(murmur3(given, seed)).toBe(murmur3Bytes(bytes, 0, bytes.length, seed));
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});

describe('text index', () => {
  test('numbers texts as they come, through every growth', () => {
    const index = createTextIndex();
    const texts = Array.from({ length: 5000 }, (_, i) => `${i % 2 ? 'é' : '😀'}${String(i)}`);
    expect(texts.map(index.add)).toEqual(texts.map((_, i) => i));
    expect(texts.map(index.add)).toEqual(texts.map((_, i) => i));
    expect(texts.map((_, i) => index.text(i))).toEqual(texts);
    expect([index.find('absent'), index.find(texts[4999] ?? ''), index.size()]).toEqual([-1, 4999, 5000]);
  });

  test('finds texts in ASCII among others that begin alike', () => {
    const index = createTextIndex();
    const texts = Array.from({ length: 300 }, (_, i) => String(i * 7)).flatMap((text) => [text, `${text}é`]);
    texts.forEach(index.add);
    expect(texts.map(index.find)).toEqual(texts.map((_, i) => i));
    expect(['1', '70 ', '7\u0130', '\u0107'].map(index.find)).toEqual([-1, -1, -1, -1]);
  });

  test('keeps a byte order mark, the empty text and NUL apart', () => {
    const index = createTextIndex();
    expect(['\ufeffa', 'a', '', '\0'].map(index.add)).toEqual([0, 1, 2, 3]);
    expect(index.text(0)).toBe('\ufeffa');
  });
});
