import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { deadLinks } from '../../scripts/site-links.mjs';

const built = (page: string): string => path.join('build/site', page);
const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `${name.slice(0, -'.md'.length)}.html`);

describe('npm run site', () => {
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['scripts/site.mjs'], { maxBuffer: 2 ** 26 });
  }, 400_000);

  test('has every page of docs, and a list that leads to each', () => {
    expect(pages.filter((page) => !existsSync(built(page)))).toEqual([]);
    const sidebar = readFileSync(built('language.html'), 'utf8');
    const address = (page: string): string => `href="/${page.replace(/(^|\/)index\.html$/, '$1')}"`;
    expect(pages.filter((page) => !sidebar.includes(address(page)))).toEqual([]);
  });

  test('has no dead links', () => {
    expect(deadLinks('build/site')).toEqual([]);
  });

  test('colours specs by the grammar of the project', () => {
    const page = readFileSync(built('language.html'), 'utf8');
    const codes = page.match(/<div class="language-rec[\s\S]*?<\/pre>/g) ?? [];
    expect(codes.length).toBeGreaterThan(20);
    const coloursIn = (code: string): ReadonlySet<string> => new Set(code.match(/--shiki-light:#\w+/g));
    expect(codes.filter((code) => coloursIn(code).size < 2)).toEqual([]);
    const [code = ''] = codes;
    const colourOf = (word: string): string | undefined =>
      new RegExp(`--shiki-light:(#\\w+)[^>]*>[^<]*\\b${word}\\b`).exec(code)?.[1];
    expect(colourOf('model')).toBeDefined();
    expect(colourOf('model')).not.toBe(colourOf('user_id'));
  });

  test('asks no other site for anything', () => {
    const files = readdirSync('build/site', { recursive: true, encoding: 'utf8' }).filter((name) => /\.(html|css)$/.test(name));
    const asking = / src="https?:|<link[^>]* href="https?:|url\(["']?https?:|@import ["']https?:/;
    expect(files.filter((name) => asking.test(readFileSync(built(name), 'utf8')))).toEqual([]);
  });
});

test('a link to a page or heading that is not there is dead', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-site-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(path.join(folder, 'b'));
  const links = ['/b/', '/b/#there', '/b/#not', '/c.html', 'b/index.html#there', '#here', '#nowhere', 'https://example.com/c'];
  writeFileSync(path.join(folder, 'a.html'), `<p id="here">${links.map((to) => `<a href="${to}">x</a>`).join('')}`);
  writeFileSync(path.join(folder, 'b/index.html'), '<h1 id="there">');
  expect(deadLinks(folder).map(({ to }) => to)).toEqual(['/b/#not', '/c.html', '#nowhere']);
});
