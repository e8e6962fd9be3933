import { runInNewContext } from 'node:vm';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { doc, identifier, list, member, property, trusted, ts } from '../../../src/target/code/code.js';
import { createNames, nameTable } from '../../../src/target/code/names.js';
import { markdownText } from '../../../src/target/typescript/package-files.js';

const runs = { seed: 1, numRuns: 60 };

const hostile = [
  '*/ pwned(); /*',
  '"; pwned(); "',
  "'; pwned(); '",
  '`${pwned()}`',
  '${pwned()}',
  '\\',
  '\\"',
  '\n}); pwned(); ({',
  '\r\n\u2028\u2029pwned()',
  '</script><script>pwned()</script>',
  '__proto__',
  'constructor',
  '\0',
  '@ts-ignore',
  '@ts-expect-error',
  'https://example.org */',
  '',
  '日本語 👍 \ud800',
];
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...hostile),
  fc.tuple(fc.constantFrom(...hostile), fc.string()).map((two) => two.join('')),
);

/** Evaluates an expression where calling `pwned` is an error. */
const evaluate = (code: string): unknown => {
  const { code: script } = transformSync(`result = ${code}`, { loader: 'ts' });
  const context: { result?: unknown } = {};
  runInNewContext(script, context, { timeout: 1000 });
  return context.result;
};

describe('what is spliced into code is data', () => {
  test('texts', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(evaluate(ts`[${text}, ${list([text, 1])}]`.code)).toEqual([text, [text, 1]]);
      }),
      runs,
    );
  });

  test('names of properties', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(evaluate(ts`({ ${property(text)}: 7 })${member(text)}`.code)).toBe(7);
        expect(evaluate(ts`Object.keys({ ${property(text)}: 7 })`.code)).toEqual([text]);
      }),
      runs,
    );
  });

  test('comments', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const comment = doc(text).code;
        expect(evaluate(`(\n${comment}7)`)).toBe(7);
        expect(comment).not.toMatch(/[\0\x07\r\u2028\u2029]/);
        expect(comment).not.toMatch(/(^|[\s*/])@/m);
        expect(comment === '' || comment.trimEnd().indexOf('*/') === comment.trimEnd().length - 2).toBe(true);
      }),
      runs,
    );
  });

  test('numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(evaluate(ts`[1 -${x}, ${x}]`.code)).toEqual([1 - x, x]);
      }),
      runs,
    );
    expect(() => ts`${NaN}`).toThrow(/NaN/);
    expect(() => ts`${Infinity}`).toThrow(/Infinity/);
  });

  test('code stands as it is', () => {
    expect(ts`f(${trusted('a + b')}, ${true}, ${[trusted('x'), trusted('y')]})`.code).toBe('f(a + b, true, x\ny)');
    expect(() => identifier('a b')).toThrow(/no identifier/);
    expect(() => identifier('')).toThrow(/no identifier/);
  });
});

describe('names', () => {
  test.each([
    ['user_id', 'userId'],
    ['cross.0.linear.weight', 'cross0LinearWeight'],
    ['U', 'u'],
    ['ID', 'id'],
    ['userID', 'userID'],
    ['2nd', 'n2nd'],
    ['class', 'class2'],
    ['__proto__', 'proto'],
    ['constructor', 'constructor2'],
    ['日本', 'value'],
    ['', 'value'],
  ])('%s becomes %s', (wanted, name) => {
    expect(createNames()(wanted)).toBe(name);
  });

  test('are identifiers, each one new', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 20 }), (wanted) => {
        const names = createNames(['taken']);
        const made = wanted.map(names);
        made.forEach((name) => expect(identifier(name).code).toBe(name));
        expect(new Set([...made, 'taken']).size).toBe(made.length + 1);
      }),
      runs,
    );
  });

  test('of a table are always the same', () => {
    const name = nameTable(['a_b', 'a.b', 'a_b']);
    expect([name('a_b'), name('a.b'), name('a_b')]).toEqual(['aB', 'aB2', 'aB']);
    expect(() => name('c')).toThrow(/has no name/);
  });
});

test('text in Markdown is text', () => {
  expect(markdownText('# a <b> [c](d) `e`')).toBe('\\# a \\<b\\> \\[c\\]\\(d\\) \\`e\\`');
  expect(markdownText('a\n\n- b\n1. c\n    code')).toBe('a\n\n\\- b\n\\1. c\ncode');
  expect(markdownText('https://example.org')).not.toContain('https:');
});
