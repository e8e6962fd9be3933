import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMovieLens } from '../../scripts/movielens.mjs';
import { buildPage } from './build.mjs';
import { launch } from './chromium.mjs';
import { serveFolder } from './serve.mjs';

/** Random splits differ by ±0.006: docs/benchmarks.md. */
const allowed = 0.01;

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    network: { type: 'string', default: 'Cross' },
    picture: { type: 'string', default: path.join(root, 'build', 'browser.png') },
    dark: { type: 'boolean', default: false },
  },
});

const data = findMovieLens('ml-100k');
if (data === undefined) throw new Error('MovieLens 100K is not here: set RECCOMPILE_DATA to a folder that has ml-100k/u.data');
const files = readdirSync(path.join(data, 'ml-100k')).filter((file) => ['u.data', 'u.user', 'u.item'].includes(file));

const server = await serveFolder(await buildPage());
const browser = await launch({ gpu: true });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme: values.dark ? 'dark' : 'light' });
  page.setDefaultTimeout(3_600_000);
  await page.goto(server.url);
  await page.setInputFiles(
    '#files',
    files.map((file) => path.join(data, 'ml-100k', file)),
  );
  await page.check(`input[value=${values.network}]`);
  await page.check(`input[value=${values.backend}]`);
  await page.click('#start');
  await page.waitForSelector('#best li, .bad:visible');
  const [state, speed, rmse, verdict] = await page.locator('#training-state, #speed, #rmse, #verdict').allTextContents();
  console.log(`${values.network} on ${values.backend}: ${state} ${speed} rows a second.`);
  console.log(`test RMSE ${rmse} ${verdict}`);
  await page.screenshot({ path: values.picture, fullPage: true });
  const published = Number(/Published: ([\d.]+)/.exec(verdict)?.[1]);
  if (!(Math.abs(Number(rmse) - published) <= allowed)) process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
