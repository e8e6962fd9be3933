import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { architecturePages } from '../../scripts/docs/architecture-pages.js';

const specs = readdirSync('specs')
  .filter((file) => file.endsWith('.rec'))
  .map((file) => ({ path: file, text: readFileSync(`specs/${file}`, 'utf8') }));
const pages = architecturePages(specs, readFileSync('docs/library.md', 'utf8'));
const names = [...pages.keys()].filter((name) => name !== 'index');

/** Data sets and toys, which are no architectures. */
const others = ['almonds', 'blender', 'movielens', 'movielens-100k', 'movielens-1m'];

test('every spec of an architecture has a page, to which the index leads', () => {
  const inSpecs = specs.map(({ path }) => path.replace('.rec', ''));
  expect(names.toSorted()).toEqual(inSpecs.filter((name) => !others.includes(name)).toSorted());
  for (const name of names) expect(pages.get('index')).toContain(`](${name}.md)`);
  expect(readdirSync('docs/architectures').toSorted()).toEqual([...pages.keys()].map((name) => `${name}.md`).toSorted());
});

test.each(names)('the page of %s has its use, its blocks, its spec and its cost', (name) => {
  const page = pages.get(name) ?? '';
  expect(page).toMatch(/\n\*\*When to use it\.\*\* .{40}/);
  expect(page).toContain(specs.find(({ path }) => path === `${name}.rec`)?.text.trimEnd());
  expect(page).toMatch(/\n## Blocks\n[\s\S]*\n```rec\nblock /);
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toMatch(/\| [\d,]+ \| [\d,]+ \|$/);
});

test('a paper has its title and address', () => {
  expect(pages.get('deepfm')).toContain('](https://arxiv.org/abs/1703.04247) (Guo et al., IJCAI 2017)');
  expect(pages.get('mmoe')).toContain('--label clicked --label bought --template mmoe');
});
