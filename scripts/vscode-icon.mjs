import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** Draws the extension's icon from its SVG: the marketplace takes PNG only. */
const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'editors/vscode/icons');
const size = 256;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
try {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${readFileSync(path.join(folder, 'rec.svg'), 'utf8')}</body>`);
  writeFileSync(path.join(folder, 'rec.png'), await page.screenshot({ omitBackground: true }));
} finally {
  await browser.close();
}
