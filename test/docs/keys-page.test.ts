import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page } from '../../scripts/docs/keys-page.js';
import { keyTables, modelItems } from '../../src/model/key-tables.js';

const text = page();

test('the page has a heading for each section and every key of it, once', () => {
  expect([...text.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)).toEqual(Object.keys(modelItems));
  for (const [name, part] of text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0], section] as const)) {
    const own = keyTables().find(({ title }) => title === name);
    for (const { key } of own?.rows ?? []) expect(part.split(`| \`${key}\``).length, `${String(name)}.${key}`).toBeGreaterThan(1);
    expect(own).toBeDefined();
  }
  const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings.filter((heading) => heading === '`glorot_uniform`')).toHaveLength(1);
});

test('a key has its meaning, what it takes, its default and where that is from', () => {
  expect(text).toContain('| `epochs` | Times that every training row is seen. | a whole number ≥ 1 and ≤ 1000000 | `10` |  |');
  expect(text).toContain('| `path` *1st* | ');
  expect(text).toContain('| `units` | Sizes of its layers. | a list of whole numbers | *required* |\n');
  expect(text).toMatch(/\| `init` \|[^\n]*\| `glorot_uniform` \| Keras 3 Dense \|/);
  expect(text).toContain('Takes `stacked`, `parallel`. Default: `stacked`. Source: DCN-V2, figure 1.');
});

test('docs/keys.md is there, and the language leads to it', () => {
  expect(readFileSync('docs/keys.md', 'utf8')).toContain('<!-- Written by `npm run generated` from ');
  expect(readFileSync('docs/language.md', 'utf8')).toContain('](keys.md)');
});
