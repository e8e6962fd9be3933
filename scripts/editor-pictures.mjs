import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { packageExtension } from './package-vscode.mjs';

/**
 * Pictures of the extension in a real editor, for docs/editors.md: `node scripts/editor-pictures.mjs PATH/TO/code-server/out/node/entry.js`.
 * The editor gets a folder of its own, and nothing of the user's settings.
 */
const [entry] = process.argv.slice(2);
if (entry === undefined) throw new Error('name the entry.js of code-server');
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const pictures = path.join(root, 'docs/pictures');
const port = 8124;

const broken = `import { MovieLens } from "./movielens.rec"

/// Second-order interactions beside a deep network.
model Ranker extends MovieLens {
  features {
    tag: category(min_cont: 5)
  }
  embeddings {
    user_id: { dim: 64 }
  }
  network {
    v = fields(user_id, movie_id, genres)
    deep = mlp(flatten(v), [128, 64], dropout: 0.2)
    liked = fm(v) + linear(deep, 1)
  }
}
`;

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.activityBar.location': 'hidden',
  'workbench.statusBar.visible': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'window.commandCenter': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'editor.minimap.enabled': false,
  'editor.fontSize': 14,
  'breadcrumbs.enabled': false,
  'update.mode': 'none',
  'extensions.autoUpdate': false,
};

const word = (page, text, nth = 0) =>
  page
    .locator('.view-line span span')
    .filter({ hasText: new RegExp(`^\\s*${text}\\s*$`) })
    .nth(nth);

const shots = [
  { name: 'editor-highlighting', file: 'din.rec', height: 620 },
  {
    name: 'editor-hover',
    file: 'deepfm.rec',
    height: 420,
    act: async (page) => {
      await word(page, 'fm').hover();
      await page.waitForSelector('.monaco-hover:not(.hidden) .hover-contents');
    },
  },
  {
    name: 'editor-errors',
    file: 'ranker.rec',
    height: 700,
    act: async (page) => {
      await page.keyboard.press('Control+Shift+M');
      await page.waitForSelector('.markers-panel .monaco-list-row');
    },
  },
  {
    name: 'editor-completion',
    file: 'ranker.rec',
    height: 540,
    act: async (page) => {
      await word(page, '64').first().click();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Control+Space');
      await page.waitForSelector('.suggest-widget.visible .monaco-list-row');
    },
  },
];

const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-editor-'));
const at = (name) => path.join(folder, name);
const common = ['--user-data-dir', at('user'), '--extensions-dir', at('extensions')];
let server;
let browser;
try {
  await packageExtension(at('rec.vsix'), at('staged'));
  mkdirSync(at('user/User'), { recursive: true });
  writeFileSync(at('user/User/settings.json'), JSON.stringify(settings));
  mkdirSync(at('specs'));
  for (const file of ['movielens.rec', 'din.rec', 'deepfm.rec']) cpSync(path.join(root, 'specs', file), at(`specs/${file}`));
  writeFileSync(at('specs/ranker.rec'), broken);
  const installed = spawnSync(process.execPath, [entry, ...common, '--install-extension', at('rec.vsix')], { encoding: 'utf8' });
  if (installed.status !== 0) throw new Error(installed.stderr);
  server = spawn(
    process.execPath,
    [entry, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', ...common],
    {
      stdio: 'ignore',
    },
  );
  for (let tries = 0; ; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)) break;
    if (tries === 60) throw new Error('code-server does not answer');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  mkdirSync(pictures, { recursive: true });
  for (const { name, file, height, act } of shots) {
    const page = await browser.newPage({ viewport: { width: 900, height } });
    const payload = JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${port}${at(`specs/${file}`)}`]]);
    await page.goto(`http://127.0.0.1:${port}/?folder=${at('specs')}&payload=${encodeURIComponent(payload)}`);
    await page.waitForSelector('.monaco-editor .view-line', { timeout: 120_000 });
    await page.keyboard.press('Control+B');
    // The server has answered when it has said what a model costs, or what is wrong.
    await page.waitForSelector('.codelens-decoration span, .squiggly-error', { timeout: 120_000 });
    await page.waitForTimeout(3000);
    await act?.(page);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: path.join(pictures, `${name}.png`) });
    await page.close();
    console.log(`docs/pictures/${name}.png: ${(readFileSync(path.join(pictures, `${name}.png`)).length / 1024).toFixed(0)} KiB`);
  }
} finally {
  await browser?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
