import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blocksPage, docOf, linked } from '../../scripts/docs/blocks-page.js';
import { builtins } from '../../src/model/instantiate/builtins.js';
import { standardBlocks } from '../../src/std/index.js';

const named = (doc: string) =>
  ({ name: { kind: 'name', text: 'b', span: { source: { path: '', text: '' }, start: 0, end: 0 } }, doc }) as const;

describe('what a doc comment says', () => {
  test('is an equation, its source and an explanation', () => {
    expect(docOf(named(' x / |x|  [DIN §5.3, Dice]\n First line.\n Second.'))).toEqual({
      equation: 'x / |x|',
      words: '',
      source: 'DIN §5.3, Dice',
      explanation: 'First line.\nSecond.',
    });
  });
  test('may put words after the equation', () => {
    expect(docOf(named('W X: `count` rows'))).toEqual({ equation: 'W X', words: '`count` rows', explanation: '' });
  });
  test('keeps brackets of the equation', () => {
    expect(docOf(named('[v_1; …; v_n]')).equation).toBe('[v_1; …; v_n]');
  });
  test('cannot be empty', () => {
    expect(() => docOf(named(''))).toThrow('block b has no doc comment');
  });
});

test('sources are links to papers that are known', () => {
  expect(linked('PNN, inner products; DLRM')).toBe(
    '[PNN](https://arxiv.org/abs/1611.00144), inner products; [DLRM](https://arxiv.org/abs/1906.00091)',
  );
  expect(() => linked('Nobody 1999')).toThrow('[Nobody 1999]');
});

test('the page has every block and every built-in function, and links every spec that shows one', () => {
  const specs = readdirSync('specs')
    .filter((file) => file.endsWith('.rec'))
    .map((file) => ({ path: file, text: readFileSync(`specs/${file}`, 'utf8') }));
  const page = blocksPage(specs);
  for (const name of standardBlocks.keys()) expect(page, name).toContain(`\n### ${name}\n`);
  for (const name of Object.keys(builtins)) expect(page, name).toMatch(new RegExp(`\`${name}[(\`]`));
  const used = page.split('\n### ').flatMap((section) => /^(\w+)[\s\S]*Used by: .*spec/.exec(section)?.[1] ?? []);
  expect(used.toSorted()).toEqual([...standardBlocks.keys()].toSorted());
  expect(page).toMatch(/### cross_full\n[\s\S]*?specs [^;]*\[dcn-v2\]\(\.\.\/specs\/dcn-v2\.rec\)/);
});
