import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { deadLinks } from './site-links.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const docs = path.join(root, 'docs');
const pages = path.join(root, 'build/site-pages');

const fenced = /^```[\s\S]*?^```$/gm;
const links = /\]\((?!https?:|#)([^)\s#]+)(#[^)\s]*)?\)/g;

/** What a page links to outside of docs, as a path from the repository's root. */
const files = new Set();

/** The page that shows a file or folder of the repository. */
const pageOf = (file) => `files/${file}.md`;

const language = (file) => ({ '.rec': 'rec', '.mjs': 'js', '.ts': 'ts', '.json': 'json' })[path.extname(file)] ?? 'text';

const relative = (from, to) => {
  const found = path.posix.relative(path.posix.dirname(from), to);
  return found.startsWith('.') ? found : `./${found}`;
};

/** A page of docs with links to other files of the repository led to pages that show them. */
function withFiles(name, text) {
  const code = text.match(fenced) ?? [];
  return text
    .split(fenced)
    .map((words) =>
      words.replaceAll(links, (link, to, anchor = '') => {
        const target = path.join(docs, path.dirname(name), to);
        const file = path.relative(root, target).split(path.sep).join('/');
        if (file.startsWith('docs/') || !existsSync(target)) return link;
        files.add(file);
        return `](${relative(name, pageOf(file))}${anchor})`;
      }),
    )
    .map((words, i) => words + (code[i] ?? ''))
    .join('');
}

function filePage(file) {
  const target = path.join(root, file);
  if (!statSync(target).isDirectory())
    return `# ${path.basename(file)}\n\n\`${file}\`\n\n\`\`\`\`${language(file)}\n${readFileSync(target, 'utf8').trimEnd()}\n\`\`\`\`\n`;
  const entries = readdirSync(target).filter((name) => !name.startsWith('.'));
  const lines = entries.map((name) => {
    const within = `${file}/${name}`;
    return files.has(within) ? `- [${name}](${relative(pageOf(file), pageOf(within))})` : `- \`${name}\``;
  });
  return `# ${file}\n\n${lines.join('\n')}\n`;
}

function write(name, text) {
  const file = path.join(pages, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Writes the pages that the site is built from: those of docs, the files that they link to, and the first page. */
function gather() {
  rmSync(pages, { recursive: true, force: true });
  for (const entry of readdirSync(docs, { recursive: true })) {
    const name = entry.split(path.sep).join('/');
    if (name.endsWith('.md')) write(name, withFiles(name, readFileSync(path.join(docs, name), 'utf8')));
  }
  if (files.has('specs')) for (const name of readdirSync(path.join(root, 'specs'))) files.add(`specs/${name}`);
  for (const file of files)
    write(pageOf(file), `---\nsearch: false\noutline: false\nprev: false\nnext: false\n---\n\n${filePage(file)}`);
  cpSync(path.join(docs, 'pictures'), path.join(pages, 'pictures'), { recursive: true });
  write('index.md', readFileSync(path.join(root, 'site/index.md'), 'utf8'));
}

gather();
await build(path.join(root, 'site'));
const dead = deadLinks(path.join(root, 'build/site'), process.env.SITE_BASE);
for (const { page, to } of dead) console.error(`${page}: nothing is at ${to}`);
if (dead.length > 0) process.exitCode = 1;
