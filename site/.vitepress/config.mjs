import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { sidebar } from './sidebar.mjs';

const grammar = JSON.parse(readFileSync(new URL('../../grammar/rec.tmLanguage.json', import.meta.url), 'utf8'));

/** As GitHub makes anchors of headings, so that the same links hold in the repository and here. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

/** A spec that the page shows as wrong says so. */
function markWrong(md) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, i, ...rest) => {
    const code = fence(tokens, i, ...rest);
    return /^rec\b.*\bwrong\b/.test(tokens[i].info) ? `<div class="wrong">${code}</div>` : code;
  };
}

export default defineConfig({
  title: 'reccompile',
  description: 'A language and compiler for ranking models',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
  srcDir: '../build/site-pages',
  outDir: '../build/site',
  cacheDir: '../build/site-cache',
  lastUpdated: false,
  cleanUrls: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    attrs: { disable: true },
    languages: [{ ...grammar, name: 'rec' }],
    anchor: { slugify },
    config: markWrong,
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Language', link: '/language' },
      { text: 'Keys', link: '/keys' },
      { text: 'Architectures', link: '/architectures/' },
    ],
    sidebar,
  },
});
