import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const inDocs = readdirSync('docs').filter((file) => file.endsWith('.md'));
const architectures = readdirSync('docs/architectures').map((file) => `architectures/${file}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...[...inDocs, ...architectures].map((file) => `docs/${file}`)];

const withoutCode = (text: string): string =>
  text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]]/g, ''));

/** As GitHub makes them of headings: a heading that stands twice is numbered. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...withoutCode(readFileSync(page, 'utf8')).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(
    headings.map((anchor) => {
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${String(before)}`;
    }),
  );
}

test.each(pages)('links of %s lead somewhere', (page) => {
  const links = [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, to = '']) => to);
  const broken = links.filter((to) => {
    const [file = '', anchor] = to.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
  });
  expect(broken).toEqual([]);
});

test('the README leads to every page of docs', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(inDocs.filter((file) => !readme.includes(`](docs/${file})`))).toEqual([]);
});
