import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const attributes = / (id|href|src)="([^"]*)"/g;

function attributesOf(file) {
  const found = [...readFileSync(file, 'utf8').matchAll(attributes)].map(([, name, value]) => ({ name, value }));
  return {
    ids: new Set(found.filter(({ name }) => name === 'id').map(({ value }) => value)),
    links: found.filter(({ name }) => name !== 'id').map(({ value }) => value),
  };
}

/**
 * Links of a built site to pages, headings and files that it does not have. Links to other sites are left alone.
 *
 * @param {string} folder
 * @param {string} base what addresses begin with
 * @returns {readonly { page: string, to: string }[]}
 */
export function deadLinks(folder, base = '/') {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => name.split(path.sep).join('/'));
  const attributesBy = new Map(pages.map((page) => [page, attributesOf(path.join(folder, page))]));
  const isDead = (page, to) => {
    const [address = '', anchor] = decodeURI(to).replaceAll('&amp;', '&').split('#');
    const from = address.startsWith(base) ? address.slice(base.length) : path.posix.join(path.posix.dirname(page), address);
    const target = address === '' ? page : /(^|\/)$/.test(from) ? `${from}index.html` : from;
    const there = attributesBy.get(target);
    if (!there) return !existsSync(path.join(folder, target));
    return anchor !== undefined && anchor !== '' && !there.ids.has(anchor);
  };
  return [...attributesBy].flatMap(([page, { links }]) =>
    links.filter((to) => !/^(\w+:|\/\/)/.test(to) && isDead(page, to)).map((to) => ({ page, to })),
  );
}
