import { readFileSync } from 'node:fs';
import { check, format as formatWith, type Options } from 'prettier';
import { describe, expect, test } from 'vitest';
import { format } from '../../src/language/format.js';
import * as plugin from '../../src/prettier/index.js';
import { recFiles } from '../language/rec-files.js';

const settings: Options = { plugins: [plugin], filepath: 'spec.rec' };

const ours = (text: string, width?: number): string => {
  const formatted = format({ path: 'spec.rec', text }, width === undefined ? {} : { width });
  if ('problems' in formatted) throw new Error('the spec has errors');
  return formatted.text;
};

describe.each(recFiles)('%s', (file) => {
  const text = readFileSync(file, 'utf8');

  test.each([undefined, 60])('has the same form by prettier and by fmt in %s columns', async (width) => {
    const formatted = await formatWith(text, { ...settings, ...(width !== undefined && { printWidth: width }) });
    expect(formatted).toBe(ours(text, width));
  });
});

test('texts that are not in canonical form are noticed', async () => {
  expect(await check('model A { }', settings)).toBe(false);
  expect(await check('model A {}\n', settings)).toBe(true);
});

test('line endings are what prettier is told', async () => {
  const text = 'model A {\r\n  metrics: [auc] // c\r\n}\r\n';
  expect(await formatWith(text, { ...settings, endOfLine: 'crlf' })).toBe(ours(text));
  expect(await formatWith(text, settings)).toBe(ours(text).replaceAll('\r\n', '\n'));
});

test('a syntax error has its place', async () => {
  await expect(formatWith('model A {\n  a: ]\n}\n', settings)).rejects.toMatchObject({
    name: 'SyntaxError',
    message: expect.stringMatching(/\(2:6\)/) as string,
    loc: { start: { line: 2, column: 6 } },
  });
});

test('code in Markdown is formatted', async () => {
  const text = '# A\n\n- so\n\n  ```rec\n  model A { metrics: [auc] // c\n  }\n  ```\n';
  const formatted = await formatWith(text, { plugins: [plugin], filepath: 'a.md' });
  expect(formatted).toBe('# A\n\n- so\n\n  ```rec\n  model A {\n    metrics: [auc]  // c\n  }\n  ```\n');
});
