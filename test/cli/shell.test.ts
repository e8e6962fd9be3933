import { expect, test } from 'vitest';
import { shellWord } from '../../src/cli/shell.js';

test.each([
  ['specs/a_b-1.rec', 'specs/a_b-1.rec', 'specs/a_b-1.rec'],
  ['a b.rec', `'a b.rec'`, '"a b.rec"'],
  ['$(id)', `'$(id)'`, `'$(id)'`],
  ['`id`', "'`id`'", "'`id`'"],
  ['%PATH%', `'%PATH%'`, `'%PATH%'`],
  ["it's", String.raw`'it'\''s'`, `"it's"`],
  [`it's $5`, String.raw`'it'\''s $5'`, `'it''s $5'`],
  ['"quoted"', `'"quoted"'`, `'"quoted"'`],
  ['a\nb\u001b\\', String.raw`$'a\u000ab\u001b\\'`, undefined],
  ['', `''`, '""'],
])('%j is one word', (word, posix, windows) => {
  expect(shellWord(word, 'linux')).toBe(posix);
  if (windows !== undefined) expect(shellWord(word, 'win32')).toBe(windows);
});
