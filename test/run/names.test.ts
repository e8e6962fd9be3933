import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileName } from '../../src/run/names.js';

describe('file names', () => {
  test.each([
    ['user_id', 'user_id'],
    ['cross.2-w', 'cross.2-w'],
    ['userId', 'user%49d'],
    ['../x', '%2e.%2fx'],
    ['..', '%2e%2e'],
    ['.', '%2e'],
    ['', '%'],
    ['a.', 'a%2e'],
    ['con', '%63on'],
    ['con.x', '%63on.x'],
    ['CON', '%43%4f%4e'],
    ['lpt1', '%6cpt1'],
    ['console', 'console'],
    ['-rf', '%2drf'],
    ['50%', '50%25'],
    ['a b', 'a%20b'],
    ['C:\\x', '%43%3a%5cx'],
    ['größe', 'gr%c3%b6%c3%9fe'],
    ['\0', '%00'],
  ])('%j → %s', (name, file) => {
    expect(fileName(name)).toBe(file);
  });

  test('long names are cut, and still differ', () => {
    const [a, b] = ['a', 'b'].map((end) => fileName('x'.repeat(500) + end));
    expect(a).toHaveLength(120);
    expect(a).not.toBe(b);
  });

  test('are one harmless path segment, and different for different names', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(fileName(a)).toMatch(/^[a-z0-9_%][a-z0-9_%.-]*$/);
        expect(fileName(a)).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
        if (a !== b) expect(fileName(a)).not.toBe(fileName(b));
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});
